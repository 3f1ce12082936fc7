//! Sub-indications and deciding checks → why, and what to do next, in plain words of both languages.

use super::Language;
use crate::validation::{CheckId, Indication, SubIndication};

/// What follows from an indication alone, for the file as a whole.
pub fn next_step(language: Language, indication: Indication) -> &'static str {
    let l = language;
    match indication {
        Indication::TotalPassed => l.pick(
            "Có thể dùng văn bản này. Lưu kết quả này cùng với tệp.",
            "The document can be used. Keep this report together with the file.",
        ),
        Indication::TotalFailed => l.pick(
            "Không dùng tệp này. Đề nghị bên gửi phát hành lại bản gốc.",
            "Do not use this file. Ask the sender for the original.",
        ),
        Indication::Indeterminate => l.pick(
            "Chưa dùng tệp này. Bổ sung căn cứ còn thiếu rồi kiểm tra lại.",
            "Do not use this file yet. Add what is missing, then check again.",
        ),
        Indication::NoSignatureFound => l.pick(
            "Không coi tệp này là bản đã ký số. Nếu lẽ ra phải có chữ ký, hãy hỏi bên gửi.",
            "Do not take this file for a signed one. If it should be signed, ask the sender.",
        ),
    }
}

/// How to get back what one signature signed, counted from 1.
pub fn extract_hint(language: Language, number: usize) -> String {
    match language {
        Language::Vi => format!(
            "Cần xem lại bản đúng như lúc ký: kyso extract TỆP --signature {number} --out BẢN-ĐÃ-KÝ.pdf (chỉ để đối chiếu)."
        ),
        Language::En => format!(
            "To see the file as it was signed: kyso extract FILE --signature {number} --out SIGNED.pdf (to compare with, no more)."
        ),
    }
}

/// Remarks wait to be read.
pub fn read_remarks(language: Language) -> &'static str {
    language.pick(
        "Trước khi dùng, đọc các lưu ý trong kết quả này.",
        "Read the remarks of this report first.",
    )
}

/// Why, in one plain sentence. `check`: the first check that decided it.
pub fn why(language: Language, sub: SubIndication, check: Option<CheckId>) -> &'static str {
    use SubIndication as S;
    let l = language;
    match sub {
        S::FormatFailure => match check {
            Some(CheckId::LaterChanges) => l.pick(
                "sau khi ký, tệp bị thay đổi ngoài mức cho phép",
                "after signing, the file was changed beyond what is permitted",
            ),
            Some(CheckId::LaterSignatures) => l.pick(
                "một chữ ký được thêm sau đó không đạt, nên phần nó thêm vào không được chấp nhận",
                "a signature that was added later does not pass, so what it added is not accepted",
            ),
            Some(CheckId::Cms | CheckId::CmsPadding | CheckId::SignedAttributes) => l.pick(
                "dữ liệu bên trong chữ ký sai quy định",
                "the data inside the signature breaks the rules",
            ),
            Some(
                CheckId::ByteRange
                | CheckId::ByteRangeGap
                | CheckId::RevisionEnd
                | CheckId::ByteRangeNesting,
            ) => l.pick(
                "phạm vi mà chữ ký khai là đã ký không đúng quy định",
                "the range that the signature claims to cover breaks the rules",
            ),
            Some(CheckId::OwnRevision) => l.pick(
                "chữ ký không còn như khi được tạo ra",
                "the signature is not as it was when it was made",
            ),
            _ => l.pick(
                "cấu trúc của tệp hoặc của chữ ký sai quy định",
                "the structure of the file or of the signature breaks the rules",
            ),
        },
        S::HashFailure => l.pick(
            "nội dung tệp không còn giống nội dung đã ký",
            "the content of the file is not what was signed",
        ),
        S::SigCryptoFailure => l.pick(
            "giá trị chữ ký không khớp với chứng thư của người ký",
            "the signature value does not fit the signer's certificate",
        ),
        S::Revoked => l.pick(
            "đã chứng minh được là ký sau khi chứng thư bị thu hồi",
            "it is proven to be signed after the certificate was revoked",
        ),
        S::Expired => l.pick(
            "đã chứng minh được là ký sau khi chứng thư hết hạn",
            "it is proven to be signed after the certificate had ended",
        ),
        S::NotYetValid => l.pick(
            "đã chứng minh được là ký trước khi chứng thư bắt đầu có hiệu lực",
            "it is proven to be signed before the certificate began",
        ),
        S::SigConstraintsFailure => match check {
            Some(CheckId::LaterSignatures) => l.pick(
                "một chữ ký được thêm sau đó chưa kết luận được, nên chữ ký này cũng chưa",
                "a signature that was added later is not decided, so neither is this one",
            ),
            Some(CheckId::SubFilter) => l.pick(
                "dạng chữ ký này không được chính sách chấp nhận",
                "the policy does not accept this form of signature",
            ),
            _ => l.pick(
                "thông tin kèm theo chữ ký không đáp ứng chính sách",
                "what the signature carries does not satisfy the policy",
            ),
        },
        S::ChainConstraintsFailure | S::CertificateChainGeneralFailure => l.pick(
            "chuỗi chứng thư không đáp ứng quy định",
            "the chain of certificates breaks a rule",
        ),
        S::CryptoConstraintsFailure => l.pick(
            "thuật toán hoặc khóa quá yếu",
            "an algorithm or a key is too weak",
        ),
        S::CryptoConstraintsFailureNoPoe => l.pick(
            "thuật toán nay đã quá yếu, và không có gì chứng minh chữ ký có từ khi nó còn đủ mạnh",
            "an algorithm is too weak today, and nothing proves that the signature is older",
        ),
        S::OutOfBoundsNoPoe | S::OutOfBoundsNotRevoked => l.pick(
            "chứng thư đã hết hạn (hoặc chưa có hiệu lực), và không có gì chứng minh đã ký khi còn hạn",
            "the certificate is outside its period, and nothing proves that it was inside when it signed",
        ),
        S::PolicyProcessingError | S::SignaturePolicyNotAvailable => l.pick(
            "không đọc được chính sách chữ ký",
            "the signature policy cannot be read",
        ),
        S::TimestampOrderFailure => l.pick(
            "các mốc thời gian trong tệp mâu thuẫn nhau",
            "the times in the file contradict each other",
        ),
        S::NoSigningCertificateFound => l.pick(
            "không tìm thấy chứng thư của người ký",
            "the signer's certificate was not found",
        ),
        S::NoCertificateChainFound | S::NoCertificateChainFoundNoPoe => l.pick(
            "chứng thư của người ký không dẫn đến tổ chức nào mà người kiểm tra tin cậy",
            "the signer's certificate leads to nobody whom the checker trusts",
        ),
        S::RevokedNoPoe => l.pick(
            "chứng thư của người ký đã bị thu hồi, và không có gì chứng minh chữ ký có trước đó",
            "the signer's certificate is revoked, and nothing proves that the signature is older",
        ),
        S::RevokedCaNoPoe => l.pick(
            "chứng thư của tổ chức cấp đã bị thu hồi, và không có gì chứng minh chữ ký có trước đó",
            "a CA's certificate is revoked, and nothing proves that the signature is older",
        ),
        S::RevocationOutOfBoundsNoPoe => l.pick(
            "dữ liệu thu hồi không còn dùng được và không có gì chứng minh nó có từ trước",
            "the revocation data is outside its period, and nothing proves that it is older",
        ),
        S::NoPoe => l.pick(
            "không có gì chứng minh thời điểm ký",
            "nothing proves when it was signed",
        ),
        S::TryLater => l.pick(
            "chưa biết chứng thư có bị thu hồi hay không",
            "it is not known whether a certificate is revoked",
        ),
        S::SignedDataNotFound => l.pick(
            "một bước kiểm tra không thực hiện được",
            "a check could not be run",
        ),
    }
}

/// What a reader should do next. `check`: the first check that decided it.
pub fn advice(language: Language, sub: SubIndication, check: Option<CheckId>) -> &'static str {
    use SubIndication as S;
    let l = language;
    match sub {
        S::FormatFailure => match check {
            Some(CheckId::LaterChanges | CheckId::LaterSignatures) => l.pick(
                "Không dùng tệp này; đề nghị bên gửi gửi lại bản gốc. Bản đúng như lúc ký có thể lấy ra bằng kyso extract.",
                "Do not use this file; ask the sender for the original. The file as it was signed can be taken out with kyso extract.",
            ),
            _ => l.pick(
                "Không dùng tệp này; đề nghị bên gửi phát hành lại bản gốc.",
                "Do not use this file; ask the sender for the original.",
            ),
        },
        S::HashFailure => l.pick(
            "Nội dung đã bị thay đổi sau khi ký. Không dùng tệp này; đề nghị bên gửi phát hành lại.",
            "The content was changed after signing. Do not use this file; ask the sender for the original.",
        ),
        S::SigCryptoFailure => l.pick(
            "Giá trị chữ ký không khớp với chứng thư số. Không dùng tệp này.",
            "The signature does not fit the certificate. Do not use this file.",
        ),
        S::Revoked | S::Expired | S::NotYetValid => l.pick(
            "Chữ ký được tạo ngoài thời gian chứng thư số có hiệu lực. Không dùng tệp này.",
            "The signature was made while its certificate was not in force. Do not use this file.",
        ),
        S::NoCertificateChainFound | S::NoCertificateChainFoundNoPoe => l.pick(
            "Chưa biết tin cậy ai: thêm chứng thư gốc (--trust) và chứng thư trung gian (--pool) rồi kiểm tra lại.",
            "It is not known whom to trust: add the root (--trust) and intermediate certificates (--pool), then check again.",
        ),
        S::TryLater | S::RevocationOutOfBoundsNoPoe => l.pick(
            "Thiếu tình trạng thu hồi: thêm CRL hoặc OCSP mới (--evidence) rồi kiểm tra lại.",
            "The revocation status is missing: add a current CRL or OCSP response (--evidence), then check again.",
        ),
        S::RevokedNoPoe | S::RevokedCaNoPoe => l.pick(
            "Chứng thư số đã bị thu hồi và không chứng minh được chữ ký có trước đó: hỏi bên ký.",
            "The certificate is revoked and nothing proves that the signature is older: ask the signer.",
        ),
        S::OutOfBoundsNoPoe | S::OutOfBoundsNotRevoked => l.pick(
            "Chứng thư số ngoài thời hạn và không có dấu thời gian chứng minh lúc ký: kiểm tra với --at hoặc hỏi bên ký.",
            "The certificate is out of its period and no time-stamp proves when it signed: check with --at, or ask the signer.",
        ),
        S::CryptoConstraintsFailure | S::CryptoConstraintsFailureNoPoe => l.pick(
            "Thuật toán quá yếu theo chính sách: đề nghị ký lại; với hồ sơ cũ, xem chính sách vn-legacy.",
            "An algorithm is too weak for the policy: ask for a new signature; for old archives see the policy vn-legacy.",
        ),
        S::NoSigningCertificateFound => l.pick(
            "Không xác định được chứng thư của người ký: thêm chứng thư đó (--pool) nếu có.",
            "The signer's certificate cannot be determined: add it (--pool) if you have it.",
        ),
        S::SigConstraintsFailure => match check {
            Some(CheckId::LaterSignatures) => l.pick(
                "Bổ sung căn cứ cho chữ ký thêm sau (xem kết quả của nó) rồi kiểm tra lại.",
                "Add what is missing for the later signature (see its result), then check again.",
            ),
            _ => l.pick(
                "Đề nghị bên ký ký lại theo đúng dạng được chấp nhận, hoặc kiểm tra theo chính sách phù hợp (--policy).",
                "Ask the signer for a signature of an accepted form, or check under the policy that fits (--policy).",
            ),
        },
        S::ChainConstraintsFailure | S::CertificateChainGeneralFailure => l.pick(
            "Hỏi tổ chức cấp chứng thư; kiểm tra xem đã dùng đúng chứng thư gốc (--trust) và trung gian (--pool) chưa.",
            "Ask the issuing CA; check that the right root (--trust) and intermediate certificates (--pool) were given.",
        ),
        S::PolicyProcessingError | S::SignaturePolicyNotAvailable => l.pick(
            "Lấy chính sách chữ ký từ bên ký rồi kiểm tra lại.",
            "Get the signature policy from the signer, then check again.",
        ),
        S::TimestampOrderFailure => l.pick(
            "Không dựa vào các mốc thời gian này; hỏi bên ký.",
            "Do not rely on these times; ask the signer.",
        ),
        S::NoPoe => l.pick(
            "Đề nghị bên ký bổ sung dấu thời gian, hoặc hỏi bên ký.",
            "Ask the signer for a time-stamp.",
        ),
        S::SignedDataNotFound => l.pick(
            "Xem bước kiểm tra chưa thực hiện được ở bên dưới; kiểm tra lại hoặc hỏi người quản trị.",
            "See below which check could not run; check again, or ask your administrator.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody is left without a reason and a next step, in either language.
    #[test]
    fn ok_every_sub_indication_says_why_and_what_now() {
        let checks = CheckId::ALL.iter().copied().map(Some).chain([None]);
        for check in checks {
            for sub in SubIndication::ALL {
                for text in [why, advice] {
                    let (vi, en) = (
                        text(Language::Vi, *sub, check),
                        text(Language::En, *sub, check),
                    );
                    assert!(!vi.is_empty() && !en.is_empty() && vi != en, "{sub}");
                }
            }
        }
    }
}
