//! Codes → sentences, in Vietnamese and English: the one message catalogue.

/// `format!` with the literal of a language; stands above the modules, which use it too.
macro_rules! say {
    ($language:expr, $vi:literal, $en:literal $(, $($argument:tt)*)?) => {
        match $language {
            Language::Vi => format!($vi $(, $($argument)*)?),
            Language::En => format!($en $(, $($argument)*)?),
        }
    };
}

#[cfg(feature = "fs")]
pub mod archive;
pub mod certificate;
pub mod compare;
pub mod exchange;
pub mod network;
pub mod page;
pub mod portal;
mod refusal;
pub mod release;
pub mod remark;
pub mod signing;
mod technical;
pub mod token;
pub mod verdict;

pub use technical::{change_path, error_text};

use serde::{Deserialize, Serialize};

use crate::error::{
    AnchorProblem, Asn1Fault, Error, ErrorKind, FileOperation, FileReason, KeyFault, PdfFault,
    PkiFault, RecordFault, ReleaseFault, SigningFault,
};

use crate::signature::{ChangeLevel, Fault, Kind};
use crate::validation::{CheckId, Indication, Integrity, Reason, Said};

/// The language of sentences; codes and names of the standards stay as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    #[default]
    En,
}

impl Language {
    /// Picks the sentence of this language.
    pub fn pick<'t>(self, vi: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }
}

/// One line that says what an indication means for the reader.
pub fn indication(language: Language, indication: Indication) -> &'static str {
    match indication {
        Indication::TotalPassed => language.pick("chữ ký hợp lệ", "the signature is valid"),
        Indication::TotalFailed => {
            language.pick("chữ ký KHÔNG hợp lệ", "the signature is NOT valid")
        }
        Indication::Indeterminate => language.pick(
            "chưa đủ căn cứ để kết luận",
            "not enough is known to decide",
        ),
        Indication::NoSignatureFound => {
            language.pick("không có chữ ký số nào", "there is no digital signature")
        }
    }
}

/// The name of a check.
pub fn check(language: Language, id: CheckId) -> &'static str {
    use CheckId as C;
    match id {
        C::Structure => language.pick("cấu trúc tệp", "file structure"),
        C::Header => language.pick("phần đầu tệp", "file header"),
        C::CrossReference => language.pick("bảng tham chiếu", "cross-reference"),
        C::SignatureDictionary => language.pick("từ điển chữ ký", "signature dictionary"),
        C::ByteRange => language.pick("phạm vi ký", "byte range"),
        C::ByteRangeGap => language.pick("khoảng trống của phạm vi ký", "gap of the byte range"),
        C::RevisionEnd => language.pick("điểm cuối của phạm vi ký", "end of the byte range"),
        C::ByteRangeNesting => {
            language.pick("quan hệ giữa các phạm vi ký", "nesting of byte ranges")
        }
        C::OwnRevision => language.pick("chữ ký giữ nguyên từ khi ký", "signature as it was made"),
        C::SubFilter => language.pick("dạng chữ ký", "form of the signature"),
        C::Cms => language.pick("cấu trúc CMS", "CMS structure"),
        C::CmsPadding => language.pick("phần đệm sau CMS", "padding after the CMS"),
        C::SignedAttributes => language.pick("thuộc tính được ký", "signed attributes"),
        C::SigningCertificate => language.pick("chứng thư của người ký", "signer's certificate"),
        C::Digest => language.pick("giá trị băm", "digest"),
        C::SignatureValue => language.pick("giá trị chữ ký", "signature value"),
        C::LaterChanges => language.pick("thay đổi sau khi ký", "later changes"),
        C::LaterSignatures => language.pick("các chữ ký sau", "later signatures"),
        C::Path => language.pick("đường dẫn chứng thư", "certificate path"),
        C::Period => language.pick("thời hạn chứng thư", "certificate period"),
        C::Revocation => language.pick("tình trạng thu hồi", "revocation"),
        C::RequiredAttributes => language.pick("thuộc tính bắt buộc", "required attributes"),
        C::AlgorithmConsistency => {
            language.pick("sự thống nhất thuật toán", "agreement of algorithms")
        }
        C::Algorithms => language.pick("độ mạnh thuật toán", "strength of algorithms"),
        C::TimeStamps => language.pick("dấu thời gian", "time-stamps"),
    }
}

/// What kind of signature.
pub fn kind(language: Language, kind: Kind) -> &'static str {
    match kind {
        Kind::Approval => language.pick("chữ ký phê duyệt", "approval"),
        Kind::Certification { .. } => language.pick("chữ ký chứng nhận", "certification"),
        Kind::DocumentTimeStamp => language.pick("dấu thời gian tài liệu", "document time-stamp"),
    }
}

/// The revocation of a certificate, by its code in reports.
pub fn revocation(language: Language, status: &str) -> &'static str {
    match status {
        "good" => language.pick("không bị thu hồi", "not revoked"),
        "revoked" => language.pick("bị thu hồi", "revoked"),
        _ => language.pick("không rõ tình trạng thu hồi", "revocation not known"),
    }
}

/// The integrity of a signature: digest and signature value alone.
pub fn integrity(language: Language, integrity: Integrity) -> &'static str {
    match integrity {
        Integrity::Intact => language.pick("nguyên vẹn", "intact"),
        Integrity::Broken => language.pick("đã bị phá vỡ", "broken"),
        Integrity::Unknown => language.pick("không xác định được", "cannot be determined"),
    }
}

/// How far later changes go.
pub fn change_level(language: Language, level: ChangeLevel) -> &'static str {
    match level {
        ChangeLevel::None => language.pick("không có", "none"),
        ChangeLevel::LtaUpdates => language.pick(
            "dấu thời gian, dữ liệu kiểm chứng hoặc siêu dữ liệu",
            "document time-stamps, long-term evidence or metadata",
        ),
        ChangeLevel::Signing => language.pick("thêm chữ ký", "further signatures"),
        ChangeLevel::FormFilling => language.pick("điền biểu mẫu", "form filling"),
        ChangeLevel::Annotations => language.pick("chú thích", "annotations"),
        ChangeLevel::Other => language.pick("thay đổi khác", "other changes"),
    }
}

/// What a check found.
pub fn reason(language: Language, reason: &Reason) -> String {
    let l = language;
    match reason {
        Reason::Earlier => say!(
            l,
            "không thực hiện được do lỗi trước đó",
            "not run because of an earlier failure"
        ),
        Reason::Structure { fault } => self::fault(l, fault),
        Reason::Unreadable {
            error,
            position: Some(at),
        } => {
            let error = error_text(l, error);
            say!(
                l,
                "không đọc được tại byte {at}: {error}",
                "unreadable at byte {at}: {error}"
            )
        }
        Reason::Unreadable {
            error,
            position: None,
        } => {
            let error = error_text(l, error);
            say!(l, "không đọc được: {error}", "unreadable: {error}")
        }
        Reason::SubFilterNotAccepted { name } => {
            say!(
                l,
                "dạng {name} không được chấp nhận",
                "the form {name} is not accepted"
            )
        }
        Reason::SignerCount { count } => {
            say!(
                l,
                "CMS có {count} người ký, phải có đúng một",
                "the CMS has {count} signers, it must have one"
            )
        }
        Reason::CmsContent => say!(
            l,
            "nội dung trong CMS không đúng dạng (tách rời hay kèm theo)",
            "the CMS carries content where it must not, or lacks it"
        ),
        Reason::CmsContentType { found } => {
            say!(
                l,
                "kiểu nội dung CMS {found} không đúng",
                "the CMS content type {found} does not belong there"
            )
        }
        Reason::CmsTrailingBytes { at } => {
            say!(
                l,
                "có byte khác 0 sau CMS, tại {at}",
                "bytes other than zero follow the CMS, at {at}"
            )
        }
        Reason::CmsNotDer => say!(
            l,
            "CMS mã hóa BER, không phải DER",
            "the CMS is BER, not DER"
        ),
        Reason::AttributesUnsorted => say!(
            l,
            "thuộc tính được ký không theo thứ tự DER; chấp nhận như đã gửi",
            "the signed attributes are not in DER order; accepted as sent"
        ),
        Reason::AttributesResorted => say!(
            l,
            "chữ ký khớp với thuộc tính sau khi sắp xếp lại theo DER",
            "the signature fits the attributes once they are put into DER order"
        ),
        Reason::AttributeMissing { name } => say!(
            l,
            "thiếu thuộc tính {name}",
            "the attribute {name} is missing"
        ),
        Reason::AttributeMalformed { name } => {
            say!(
                l,
                "thuộc tính {name} bị lặp hoặc sai dạng",
                "the attribute {name} is repeated or malformed"
            )
        }
        Reason::AttributeForbidden { name } => {
            say!(
                l,
                "dạng chữ ký này không được có thuộc tính {name}",
                "this form of signature must not have the attribute {name}"
            )
        }
        Reason::NoSignedAttributes => say!(
            l,
            "không có thuộc tính được ký",
            "there are no signed attributes"
        ),
        Reason::SignerCertificateMissing => {
            say!(
                l,
                "không có chứng thư của người ký",
                "the signer's certificate is not there"
            )
        }
        Reason::SignerCertificateDiffers => say!(
            l,
            "thuộc tính signing-certificate chỉ đến chứng thư khác",
            "the signing-certificate attribute names another certificate"
        ),
        Reason::SignerCertificateFromPool => say!(
            l,
            "chứng thư của người ký lấy từ bên ngoài chữ ký",
            "the signer's certificate came from outside the signature"
        ),
        Reason::DigestDiffers => say!(
            l,
            "nội dung khác với nội dung đã ký (giá trị băm khác nhau)",
            "the content is not what was signed (the digests differ)"
        ),
        Reason::SignatureBroken => {
            say!(
                l,
                "giá trị chữ ký không khớp với khóa của người ký",
                "the signature value does not fit the signer's key"
            )
        }
        Reason::AlgorithmUnknown { name } => {
            say!(
                l,
                "không hỗ trợ thuật toán {name}",
                "the algorithm {name} is not supported"
            )
        }
        Reason::AlgorithmsDiffer { digest, signature } => say!(
            l,
            "thuật toán băm {digest} không khớp với thuật toán ký {signature}",
            "the digest algorithm {digest} does not fit the signature algorithm {signature}"
        ),
        Reason::DigestNamedAsSignature => say!(
            l,
            "thuật toán băm được ghi bằng mã của thuật toán ký",
            "the digest algorithm is named by the identifier of a signature algorithm"
        ),
        Reason::Changed {
            level,
            revision,
            object,
            path,
        } => {
            let (level, path, number) =
                (change_level(l, *level), change_path(l, path), revision + 1);
            say!(
                l,
                "phiên bản {number}: đối tượng {object} ({path}): {level}",
                "revision {number}: object {object} ({path}): {level}"
            )
        }
        Reason::ChangesNotPermitted { level, allowed } => {
            let (level, allowed) = (change_level(l, *level), change_level(l, *allowed));
            say!(
                l,
                "sau khi ký có: {level}; chữ ký chứng nhận và chính sách chỉ cho phép: {allowed}",
                "found after signing: {level}; permitted at most by the certification and the policy: {allowed}"
            )
        }
        Reason::FieldAfterCertification { field } => say!(
            l,
            "ô chữ ký {field} được thêm sau chữ ký chứng nhận",
            "the signature field {field} was added after the certification"
        ),
        Reason::LaterSignature { field } => say!(
            l,
            "chữ ký thêm sau {field} không đạt",
            "the later signature {field} does not pass"
        ),
        Reason::Path {
            failure,
            certificate,
            near_miss,
        } => {
            let mut text = said(l, failure);
            if let Some(certificate) = certificate {
                text += &say!(
                    l,
                    " (chứng thư {certificate})",
                    " (certificate {certificate})"
                );
            }
            if let Some(near) = near_miss {
                text += &say!(
                    l,
                    "; gần khớp nhất: {near}",
                    "; the nearest candidate: {near}"
                );
            }
            text
        }
        Reason::OutOfPeriod {
            certificate,
            not_before,
            not_after,
            at,
        } => say!(
            l,
            "chứng thư {certificate} có thời hạn {not_before} đến {not_after}, không gồm {at}",
            "the certificate {certificate} runs from {not_before} to {not_after}, which leaves out {at}"
        ),
        Reason::InPeriodThen {
            certificate,
            not_after,
            at,
            ..
        } => say!(
            l,
            "chứng thư {certificate} đã hết hạn từ {not_after}, nhưng còn hiệu lực vào {at}, khi chữ ký đã được chứng minh là có",
            "the certificate {certificate} ended at {not_after}; it was in force at {at}, when the signature is proven to exist"
        ),
        Reason::TimeStampOrder => {
            say!(
                l,
                "thứ tự các dấu thời gian mâu thuẫn nhau",
                "the order of the time-stamps contradicts itself"
            )
        }
        Reason::SignedOutside { at } => say!(
            l,
            "đã chứng minh chữ ký được tạo sau {at}, ngoài thời gian chứng thư có hiệu lực",
            "the signature is proven to be made after {at}, while its certificate was not in force"
        ),
        Reason::Revoked {
            certificate,
            since,
            why,
        } => say!(
            l,
            "chứng thư {certificate} bị thu hồi từ {since} ({why})",
            "the certificate {certificate} is revoked since {since} ({why})"
        ),
        Reason::RevokedLater { certificate, since } => say!(
            l,
            "chứng thư {certificate} bị thu hồi từ {since}, sau thời điểm ký đã được chứng minh",
            "the certificate {certificate} is revoked since {since}, after the proven time of the signature"
        ),
        Reason::RevocationFreshThen {
            certificate,
            this_update,
            at,
        } => say!(
            l,
            "chứng thư {certificate}: chưa rõ hiện nay có bị thu hồi không; theo dữ liệu ngày {this_update}, còn hạn tại thời điểm ký đã được chứng minh {at}, thì không",
            "whether the certificate {certificate} is revoked now is not known; by data of {this_update}, fresh at the proven time of the signature {at}, it was not"
        ),
        Reason::RevocationBeforeSignature {
            certificate,
            this_update,
            at,
        } => say!(
            l,
            "dữ liệu thu hồi của chứng thư {certificate} có từ {this_update}, trước thời điểm ký đã được chứng minh {at}; chính sách cần dữ liệu mới hơn",
            "the revocation data of the certificate {certificate} is of {this_update}, before the proven time of the signature {at}; the policy wants later data"
        ),
        Reason::RevocationUnknown { certificate, why } => {
            let why = why
                .iter()
                .map(|why| said(l, why))
                .collect::<Vec<_>>()
                .join("; ");
            say!(
                l,
                "không rõ chứng thư {certificate} có bị thu hồi hay không: {why}",
                "whether the certificate {certificate} is revoked is not known: {why}"
            )
        }
        Reason::RevocationNotAsked => {
            say!(
                l,
                "chính sách không yêu cầu kiểm tra thu hồi",
                "the policy does not ask for revocation"
            )
        }
        Reason::Weak {
            name,
            used,
            until: Some(until),
        } => say!(
            l,
            "{name} ({used}) chỉ đủ mạnh đến {until}, và không chứng minh được chữ ký có trước đó",
            "{name} ({used}) was strong enough until {until} only, and nothing proves that the signature is older"
        ),
        Reason::Weak {
            name,
            used,
            until: None,
        } => {
            say!(
                l,
                "{name} ({used}) không đủ mạnh",
                "{name} ({used}) is not strong enough"
            )
        }
        Reason::WeakAccepted { name, used } => say!(
            l,
            "WEAK_ALGORITHM: {name} ({used}) yếu, được chính sách chấp nhận",
            "WEAK_ALGORITHM: {name} ({used}) is weak and accepted by the policy"
        ),
        Reason::TimeStampBroken { why } => {
            let why = error_text(l, why);
            say!(
                l,
                "dấu thời gian không hợp lệ, không chứng minh được gì: {why}",
                "the time-stamp does not verify and proves nothing: {why}"
            )
        }
        Reason::ClaimedTimeInFuture { claimed } => say!(
            l,
            "người ký khai thời điểm {claimed}, sau thời điểm kiểm tra",
            "the signer claims {claimed}, which is after the moment of the check"
        ),
        Reason::ClaimedTimeOutsideCertificate {
            claimed,
            not_before,
            not_after,
        } => say!(
            l,
            "người ký khai thời điểm {claimed}, ngoài thời hạn chứng thư ({not_before} – {not_after})",
            "the signer claims {claimed}, outside the period of the certificate ({not_before} – {not_after})"
        ),
        Reason::SigningTimeIsLocal => say!(
            l,
            "giờ ký ghi trong thuộc tính lệch đúng 7 giờ so với dấu thời gian (giờ địa phương ghi thành UTC)",
            "the signing time in the attributes is exactly 7 hours after the time-stamp (local time written as UTC)"
        ),
        Reason::NotInField => {
            say!(
                l,
                "không có ô chữ ký nào dẫn đến chữ ký này",
                "no field leads to this signature"
            )
        }
    }
}

/// What a lower row said, in the user's language.
fn said(language: Language, said: &Said) -> String {
    let vietnamese = match said.code {
        "algorithm-refused" => "thuật toán không được phép",
        "algorithm-unsupported" => "thuật toán không được hỗ trợ",
        "anchor-expired" => "chứng thư gốc đã hết thời gian được tin cậy",
        "bad-signature" => "chữ ký trên chứng thư không đúng",
        "critical-extension" => "có phần mở rộng bắt buộc không hiểu được",
        "extended-key-usage" => "mục đích sử dụng khóa mở rộng không cho phép",
        "key-usage" => "mục đích sử dụng khóa không cho phép",
        "limit" => "vượt giới hạn xử lý",
        "name-constraint" => "tên nằm ngoài phạm vi được cấp",
        "no-issuer" => "không tìm thấy chứng thư của bên cấp",
        "nonconforming" => "chứng thư không đúng chuẩn",
        "not-authority" => "bên cấp không phải cơ quan chứng thực",
        "not-trusted" => "đường dẫn kết thúc ở chứng thư không được tin cậy",
        "out-of-period" => "chứng thư ngoài thời hạn",
        "path-too-long" => "đường dẫn dài hơn mức bên cấp cho phép",
        "policy" => "không thỏa chính sách chứng thư",
        "weak-key" => "khóa quá ngắn",
        "no-evidence" => "không có CRL và không có trả lời OCSP",
        "stale" => "CRL hoặc OCSP đã quá hạn",
        "from-the-future" => "CRL hoặc OCSP được cấp sau thời điểm kiểm tra",
        "signature" => "chữ ký trên CRL hoặc OCSP không đúng hoặc không kiểm tra được",
        "signer" => "bên ký CRL hoặc OCSP không xác định được hoặc không có quyền",
        "signer-status" => {
            "chứng thư của bên ký CRL hoặc OCSP không còn hiệu lực hoặc không rõ tình trạng"
        }
        "responder-does-not-know" => "máy chủ OCSP không biết chứng thư này",
        "other-certificate" => "CRL hoặc OCSP dành cho chứng thư khác",
        "unusable" => "CRL hoặc OCSP không dùng được",
        "weak" => "CRL hoặc OCSP được ký bằng thuật toán quá yếu",
        _ => said.text.as_str(),
    };
    language.pick(vietnamese, &said.text).to_owned()
}

/// What is wrong in the structure around a signature.
pub fn fault(language: Language, fault: &Fault) -> String {
    let l = language;
    match fault {
        Fault::HeaderOffset { offset } => say!(
            l,
            "tệp không bắt đầu bằng %PDF- (nằm ở byte {offset})",
            "the file does not begin with %PDF- (it stands at byte {offset})"
        ),
        Fault::Hybrid => say!(
            l,
            "tệp có bảng tham chiếu kép (hybrid)",
            "the file is a hybrid-reference file"
        ),
        Fault::HybridUnsound => say!(
            l,
            "bảng tham chiếu kép (hybrid) mâu thuẫn nhau, hoặc được thêm sau chữ ký",
            "the hybrid cross-references contradict each other, or came after the signature"
        ),
        Fault::Unreadable { error } => {
            let error = error_text(l, error);
            say!(l, "không đọc được: {error}", "unreadable: {error}")
        }
        Fault::KeyMissing { key } => say!(l, "thiếu {key}", "{key} is missing"),
        Fault::ValueWrong { key } => say!(
            l,
            "{key} sai kiểu hoặc sai dạng",
            "{key} has the wrong type or form"
        ),
        Fault::ValueIndirect { key } => {
            say!(
                l,
                "{key} phải ghi trực tiếp, không qua tham chiếu",
                "{key} must be direct, not a reference"
            )
        }
        Fault::KeyTwice { key } => say!(
            l,
            "khóa {key} xuất hiện hai lần",
            "the key {key} stands twice"
        ),
        Fault::InObjectStream => {
            say!(
                l,
                "từ điển chữ ký nằm trong luồng đối tượng",
                "the signature dictionary is inside an object stream"
            )
        }
        Fault::RangeStart => {
            say!(
                l,
                "phạm vi ký không bắt đầu từ byte đầu tiên",
                "the byte range does not begin at the first byte"
            )
        }
        Fault::RangeOutside => say!(
            l,
            "phạm vi ký vượt ra ngoài tệp hoặc tự chồng lên nhau",
            "the byte range reaches outside the file or overlaps itself"
        ),
        Fault::GapNotContents => say!(
            l,
            "khoảng không được ký không đúng bằng giá trị /Contents của chữ ký",
            "what the byte range leaves out is not exactly the /Contents of this signature"
        ),
        Fault::ContentsHex => say!(
            l,
            "/Contents không phải các cặp chữ số thập lục phân",
            "/Contents is not pairs of hexadecimal digits"
        ),
        Fault::ContentsSpaced => say!(
            l,
            "/Contents có khoảng trắng",
            "/Contents holds white space"
        ),
        Fault::NotRevisionEnd { end } => say!(
            l,
            "phạm vi ký kết thúc ở byte {end}, không phải cuối một phiên bản",
            "the byte range ends at byte {end}, which is not the end of a revision"
        ),
        Fault::RevisionReachesBeyond => say!(
            l,
            "phiên bản được ký dùng dữ liệu nằm ngoài phạm vi ký",
            "the signed revision uses data that lies behind the signed bytes"
        ),
        Fault::RangesCross => say!(
            l,
            "phạm vi ký của hai chữ ký trùng nhau hoặc cắt nhau",
            "the byte ranges of two signatures are equal or cross"
        ),
        Fault::Redefined { revision } => {
            let number = revision + 1;
            say!(
                l,
                "phiên bản {number} định nghĩa lại chữ ký",
                "revision {number} defines the signature anew"
            )
        }
        Fault::Recycled => say!(
            l,
            "đối tượng chữ ký đã có từ trước phiên bản mà nó ký",
            "the signature's object existed before the revision that it signs"
        ),
        Fault::BytesAfterEnd { at, count } => say!(
            l,
            "{count} byte từ byte {at} không thuộc phiên bản nào",
            "{count} bytes from byte {at} belong to no revision"
        ),
        Fault::ZerosAfterEnd { count } => {
            say!(
                l,
                "{count} byte đệm sau phần cuối",
                "{count} bytes of padding follow the end"
            )
        }
        Fault::SecondCertification => say!(
            l,
            "tài liệu đã có chữ ký chứng nhận trước đó",
            "an earlier signature certifies the document already"
        ),
        Fault::TypeMismatch => say!(
            l,
            "/Type không khớp với /SubFilter",
            "/Type does not fit /SubFilter"
        ),
        Fault::NotInField => say!(
            l,
            "không có ô nào dẫn đến chữ ký",
            "no field leads to the signature"
        ),
        Fault::FieldRemoved => say!(
            l,
            "ô chữ ký có ở phiên bản trước đã bị gỡ bỏ",
            "the field was there in an earlier revision and was removed"
        ),
    }
}

/// An error, in the user's language: what, and where.
pub fn error(language: Language, error: &Error) -> String {
    let text = match (error.kind(), language) {
        (ErrorKind::Limit { name: "grace", max }, _) => portal::grace_over(language, *max),
        (kind, Language::En) => kind.to_string(),
        (kind, Language::Vi) => error_vi(kind),
    };
    match error.position() {
        Some(at) => say!(language, "{text} (tại byte {at})", "{text} at byte {at}"),
        None => text,
    }
}

fn error_vi(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::Pdf(PdfFault::Empty) => "tệp rỗng".to_owned(),
        ErrorKind::Pdf(PdfFault::NotPdf) => "không phải PDF: không có %PDF-".to_owned(),
        ErrorKind::Pdf(PdfFault::Password) => {
            "tệp được mã hóa và không mật khẩu nào mở được".to_owned()
        }
        ErrorKind::Pdf(PdfFault::Unsupported(what)) => format!("không hỗ trợ: {what}"),
        ErrorKind::Pdf(PdfFault::Malformed(what)) => {
            format!("PDF sai cấu trúc: {}", technical::detail_vi(what))
        }
        ErrorKind::Pdf(PdfFault::ObjectNotThere { number, generation }) => format!(
            "PDF sai cấu trúc: đối tượng {number} {generation} không nằm ở vị trí mà bảng tham chiếu ghi"
        ),
        ErrorKind::Pdf(PdfFault::NotUpdatable(what)) => {
            format!(
                "không thể thêm chữ ký vào tệp này: {}",
                technical::detail_vi(what)
            )
        }
        ErrorKind::Pdf(PdfFault::Filter(what)) => {
            format!(
                "không giải nén được dữ liệu: {}",
                technical::detail_vi(what)
            )
        }
        ErrorKind::Asn1(Asn1Fault::Truncated { needed, available }) => {
            format!("dữ liệu ASN.1 bị cắt cụt: ghi là {needed} byte, chỉ có {available}")
        }
        ErrorKind::Asn1(Asn1Fault::UnexpectedTag { expected, actual }) => {
            format!("dữ liệu ASN.1 sai: thẻ {actual:#04x}, cần {expected:#04x}")
        }
        ErrorKind::Asn1(fault) => format!("dữ liệu ASN.1 sai: {fault}"),
        ErrorKind::Cms(fault) => format!("CMS sai cấu trúc: {fault}"),
        ErrorKind::Pki(PkiFault::Certificate(what)) => {
            format!("chứng thư sai: {}", technical::detail_vi(what))
        }
        ErrorKind::Pki(PkiFault::Crl(what)) => format!("CRL sai: {}", technical::detail_vi(what)),
        ErrorKind::Pki(PkiFault::Ocsp(what)) => {
            format!("trả lời OCSP sai: {}", technical::detail_vi(what))
        }
        ErrorKind::Pki(PkiFault::TimeStamp(what)) => {
            format!("dấu thời gian sai: {}", technical::detail_vi(what))
        }
        ErrorKind::Pki(PkiFault::Evidence) => {
            "không phải chứng thư, CRL hay trả lời OCSP".to_owned()
        }
        ErrorKind::Pki(PkiFault::Trust(what)) => format!("tệp tin cậy sai: {what}"),
        ErrorKind::Record(RecordFault::Malformed(what)) => {
            format!("không phải bản ghi kiểm tra: {what}")
        }
        ErrorKind::Record(RecordFault::Format(what)) => {
            format!("bản ghi thuộc định dạng khác: {what}")
        }
        ErrorKind::Record(RecordFault::Digest) => {
            "bản ghi đã bị sửa: giá trị băm không khớp".to_owned()
        }
        ErrorKind::Record(RecordFault::Evidence { index }) => {
            format!("chứng cứ {index} trong bản ghi không khớp giá trị băm của nó")
        }
        ErrorKind::Pki(fault) => format!("chứng thư hoặc dữ liệu kèm theo sai: {fault}"),
        ErrorKind::Key(KeyFault::Password) => "mật khẩu không mở được khóa".to_owned(),
        ErrorKind::Key(KeyFault::PasswordNeeded) => "khóa được mã hóa: cần mật khẩu".to_owned(),
        ErrorKind::Key(KeyFault::Mismatch) => "chứng thư không thuộc về khóa này".to_owned(),
        ErrorKind::Key(KeyFault::CertificateNeeded) => "không có chứng thư của khóa này".to_owned(),
        ErrorKind::Key(KeyFault::Format(what)) => {
            format!(
                "không phải khóa bí mật đọc được: {}",
                technical::detail_vi(what)
            )
        }
        ErrorKind::Key(KeyFault::Unsupported(what)) => {
            format!("không ký được bằng khóa này: {what}")
        }
        ErrorKind::Key(KeyFault::Remote(fault)) => token::remote_vi(fault),
        ErrorKind::Key(KeyFault::Token(fault)) => token::fault_vi(fault),
        ErrorKind::Key(KeyFault::Value(what)) => {
            format!("giá trị chữ ký không dùng được: {}", technical::detail_vi(what))
        }
        ErrorKind::Key(fault) => format!("khóa không dùng được: {fault}"),
        ErrorKind::Signing(SigningFault::CertificatePeriod {
            at,
            not_before,
            not_after,
        }) => format!(
            "chứng thư không có hiệu lực vào {at}: thời hạn từ {not_before} đến {not_after}"
        ),
        ErrorKind::Signing(SigningFault::CertificatePurpose(what)) => {
            format!(
                "chứng thư không được dùng để ký văn bản: {}",
                technical::detail_vi(what)
            )
        }
        ErrorKind::Signing(SigningFault::Appearance(what)) => {
            format!("chữ ký hiển thị: {}", technical::detail_vi(what))
        }
        ErrorKind::Signing(SigningFault::Release(fault)) => match fault {
            ReleaseFault::EarlierWouldFail { field } => {
                format!("bước này sẽ làm hỏng chữ ký đã có ở ô {field}; không ghi tệp nào")
            }
            ReleaseFault::NoBlock {
                pages,
                missing,
                unread,
            } => release::no_block_vi(*pages, missing.as_deref(), *unread),
            ReleaseFault::SeveralBlocks { places } => format!(
                "chức vụ và họ tên đứng cùng nhau ở nhiều chỗ; hãy chọn một chỗ bằng --place: {}",
                places.join(" hoặc ")
            ),
            ReleaseFault::Symbol { printed, given } => format!(
                "trang 1 in ký hiệu {printed}, còn ký hiệu đưa vào là {given}"
            ),
            ReleaseFault::Year { printed, given } => {
                format!("trang 1 in năm {printed}, còn ngày đưa vào thuộc năm {given}")
            }
            ReleaseFault::Number(what) => format!("số, ký hiệu văn bản: {}", technical::detail_vi(what)),
            ReleaseFault::Permission => {
                "chứng nhận trong quy trình phát hành phải là P = 2, để các chữ ký sau còn được phép"
                    .to_owned()
            }
            ReleaseFault::Place(what) => {
                format!("không có chỗ cho chữ ký: {}", technical::detail_vi(what))
            }
            ReleaseFault::Refused { why_vi, .. } => {
                format!("{why_vi}; muốn bỏ qua phải nêu lý do")
            }
        },
        ErrorKind::Signing(SigningFault::Image(what)) => {
            format!("ảnh chữ ký: {}", technical::detail_vi(what))
        }
        ErrorKind::Signing(SigningFault::Anchor { text, problem }) => match problem {
            AnchorProblem::Missing { page } => {
                format!("không thấy chữ \"{text}\" ở trang {page}; hãy cho vị trí theo milimét")
            }
            AnchorProblem::Several { count, page } => format!(
                "chữ \"{text}\" có ở {count} chỗ trên trang {page}; hãy cho vị trí theo milimét"
            ),
            AnchorProblem::Unreadable { page, why } => format!(
                "không thấy chữ \"{text}\" ở trang {page}, trang này có phần không đọc được ({}); hãy cho vị trí theo milimét",
                technical::detail_vi(why)
            ),
        },
        ErrorKind::Signing(SigningFault::Character { character }) => format!(
            "phông chữ đi kèm không có ký tự {character:?} (U+{:04X})",
            u32::from(*character)
        ),
        ErrorKind::Signing(SigningFault::SelfCheck(what)) => {
            format!("chữ ký vừa tạo không qua được bước tự kiểm tra: {what}")
        }
        ErrorKind::Signing(SigningFault::Refused(what)) => {
            format!("không thể ký tài liệu này theo cách đó: {}", refusal::vi(what))
        }
        ErrorKind::Signing(SigningFault::EarlierFailed { field }) => {
            format!("chữ ký đã có trong ô {field} không hợp lệ: tài liệu hoặc chữ ký đã bị sửa")
        }
        ErrorKind::Signing(SigningFault::Incomparable { why }) => {
            format!("về sau không phân biệt được chữ ký tiếp theo với sửa đổi trong tệp này: {why}")
        }
        ErrorKind::Signing(SigningFault::CertificateRevoked { since }) => {
            format!("chứng thư đã bị thu hồi từ {since}")
        }
        ErrorKind::Signing(SigningFault::TimeStamp(why)) => {
            format!("không lấy được dấu thời gian: {why}")
        }
        ErrorKind::Signing(SigningFault::Material(what)) => {
            format!("thiếu dữ liệu để xác minh lâu dài: {}", what.join("; "))
        }
        ErrorKind::Signing(fault) => format!("không ký được: {fault}"),
        ErrorKind::Exchange(fault) => exchange::fault_vi(fault),
        ErrorKind::Io {
            operation,
            path,
            reason,
        } => format!("{}: {}", operation_vi(*operation, path), reason_vi(reason)),
        ErrorKind::Disagreement { what } => {
            format!("hai cách tính {what} cho kết quả khác nhau; đừng tin kết quả của lần chạy này")
        }
        ErrorKind::Limit { name, max } => format!("vượt giới hạn: {name} là {max}"),
        ErrorKind::Misuse(what) => format!("lỗi nội bộ: {what}"),
    }
}

fn operation_vi(operation: FileOperation, path: &str) -> String {
    use FileOperation as O;
    match operation {
        O::CreateBeside => format!("không tạo được tệp tạm bên cạnh {path}"),
        O::Listen => "không nhận được kết nối".to_owned(),
        O::MakeFolder => format!("không tạo được thư mục {path}"),
        O::Read => format!("không đọc được {path}"),
        O::ReadBack => format!("không đọc lại được {path}"),
        O::Rename => format!("không đặt được tên {path} cho tệp đã xong"),
        O::SetPermissions => format!("không đặt được quyền truy cập của {path}"),
        O::StandardInput => "không đọc được đầu vào chuẩn".to_owned(),
        O::StandardOutput => "không ghi được ra đầu ra chuẩn".to_owned(),
        O::Sync => format!("không ghi chắc được {path} xuống đĩa"),
        O::SyncFolder => format!("không ghi chắc được thư mục chứa {path} xuống đĩa"),
        O::Write => format!("không ghi được {path}"),
    }
}

fn reason_vi(reason: &FileReason) -> String {
    use std::io::ErrorKind as K;
    let text = match reason {
        FileReason::Appeared => "vừa có tệp khác mang tên này; hãy chọn tên khác",
        FileReason::Changed => "tệp bị thay đổi trong lúc đọc; hãy kiểm tra lại",
        FileReason::InUse => "tiến trình khác đang dùng; hãy đợi hoặc chọn tên khác",
        FileReason::Visited => "thư mục này đã được đọc theo một đường khác",
        FileReason::IsInput => "đó chính là tệp đầu vào, không bao giờ bị sửa; hãy chọn tên khác",
        FileReason::OtherBytes => "dữ liệu đọc lại khác với dữ liệu đã ghi",
        FileReason::Exists => "tệp đã tồn tại; hãy chọn tên khác hoặc cho phép ghi đè",
        FileReason::NoFileName => "đường dẫn không kết thúc bằng tên tệp; hãy ghi rõ tên tệp",
        FileReason::NotRegular => "tên này không phải là tệp thường; hãy chọn tên khác",
        FileReason::NoRandom => "hệ thống không cấp được số ngẫu nhiên",
        FileReason::System { kind, text } => match kind {
            K::NotFound => "không có tệp hoặc thư mục này",
            K::PermissionDenied => "không có quyền truy cập",
            K::AlreadyExists => "đã tồn tại",
            K::IsADirectory => "đó là thư mục, không phải tệp",
            K::NotADirectory => "đó không phải là thư mục",
            K::DirectoryNotEmpty => "thư mục không rỗng",
            K::StorageFull => "đĩa đã đầy",
            K::QuotaExceeded => "đã hết hạn mức dung lượng đĩa",
            K::FileTooLarge => "tệp vượt quá cỡ mà hệ thống cho phép",
            K::ReadOnlyFilesystem => "hệ thống tệp chỉ cho đọc",
            _ => return format!("hệ thống báo: {text}"),
        },
    };
    text.to_owned()
}

/// What the user can do about an error, where that is known.
pub fn remedy(language: Language, error: &Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::Pdf(PdfFault::Empty | PdfFault::NotPdf) => language.pick(
            "kiểm tra lại tệp: có thể tải về chưa xong hoặc nhầm loại tệp",
            "check the file: the download may be incomplete, or it is another kind of file",
        ),
        ErrorKind::Pdf(PdfFault::Password) => language.pick(
            "đưa mật khẩu qua --passwords TỆP hoặc biến môi trường KYSO_PASSWORDS",
            "give the password with --passwords FILE or in the variable KYSO_PASSWORDS",
        ),
        ErrorKind::Key(KeyFault::Password | KeyFault::PasswordNeeded) => language.pick(
            "đưa mật khẩu qua --password-file hoặc biến môi trường KYSO_KEY_PASSWORD",
            "give the password with --password-file or in the variable KYSO_KEY_PASSWORD",
        ),
        ErrorKind::Pdf(PdfFault::Malformed(_) | PdfFault::ObjectNotThere { .. }) => language.pick(
            "tệp bị hỏng hoặc chưa đầy đủ: lấy lại tệp từ nơi gửi",
            "the file is damaged or incomplete: get it again from where it came from",
        ),
        ErrorKind::Pdf(PdfFault::NotUpdatable(_)) => language.pick(
            "ký trên một bản khác của tệp: không mã hóa, cấu trúc nguyên vẹn",
            "sign another copy of the file: not encrypted, of sound structure",
        ),
        ErrorKind::Key(KeyFault::CertificateNeeded) => language.pick(
            "đưa chứng thư của người ký bằng --certificate",
            "give the signer's certificate with --certificate",
        ),
        ErrorKind::Key(KeyFault::Mismatch) => language.pick(
            "đưa chứng thư của chính khóa này bằng --certificate",
            "give the certificate of this very key with --certificate",
        ),
        ErrorKind::Key(KeyFault::Remote(fault)) => return token::remote_remedy(language, fault),
        ErrorKind::Key(KeyFault::Token(fault)) => return token::remedy(language, fault),
        ErrorKind::Signing(SigningFault::CertificatePeriod { .. }) => language.pick(
            "dùng chứng thư còn hiệu lực",
            "use a certificate that is in force",
        ),
        ErrorKind::Signing(SigningFault::EarlierFailed { .. }) => language.pick(
            "xem bằng kyso verify và hỏi bên gửi; nếu vẫn muốn ký, dùng --allow-failed-signature",
            "look at it with kyso verify and ask the sender; to sign all the same, use --allow-failed-signature",
        ),
        ErrorKind::Signing(SigningFault::Incomparable { .. }) => language.pick(
            "hãy lưu lại tệp bằng phần mềm khác hoặc sửa cấu trúc (ví dụ bằng qpdf) rồi ký tệp mới",
            "save the file anew with another program or repair it (with qpdf, for instance), and sign that",
        ),
        ErrorKind::Signing(SigningFault::CertificateRevoked { .. }) => language.pick(
            "dùng chứng thư khác; chữ ký sau khi thu hồi không có giá trị",
            "use another certificate; a signature after the revocation is worth nothing",
        ),
        ErrorKind::Signing(SigningFault::TimeStamp(_)) => language.pick(
            "thử lại, thêm --tsa khác, hoặc --queue để ký trước và nâng mức sau",
            "try again, add another --tsa, or use --queue to sign now and raise the level later",
        ),
        ErrorKind::Signing(SigningFault::Material(_)) => language.pick(
            "cấp CRL, trả lời OCSP và chứng thư còn thiếu bằng --evidence, hoặc cho phép --online",
            "give the missing CRLs, OCSP responses and certificates with --evidence, or allow --online",
        ),
        ErrorKind::Record(RecordFault::Digest | RecordFault::Evidence { .. }) => language.pick(
            "lấy lại bản ghi từ nơi lưu, hoặc kiểm tra lại chính tài liệu",
            "get the record again from where it is kept, or verify the document itself",
        ),
        ErrorKind::Limit { name: "grace", .. } => language.pick(
            "cho nhiều thời gian hơn bằng --grace, hoặc dừng khi ít người dùng",
            "allow more time with --grace, or stop when there are few uploads",
        ),
        ErrorKind::Limit { .. } => language.pick(
            "tệp đòi hỏi nhiều hơn mức cho phép; kiểm tra nguồn gốc của tệp",
            "the file asks for more than is allowed; check where it comes from",
        ),
        _ => return None,
    })
}

/// A bug was hit.
pub fn internal(language: Language) -> &'static str {
    language.pick(
        "lỗi nội bộ: đây là lỗi của chương trình, xin báo lại kèm tệp nếu được",
        "internal error: this is a bug of the program, please report it, with the file if you can",
    )
}

/// No policy has this name.
pub fn unknown_policy(language: Language, name: &str, known: &[&str]) -> String {
    let known = known.join(", ");
    say!(
        language,
        "không có chính sách hay tệp nào tên {name}; có sẵn: {known}",
        "no policy and no file is called {name}; there are: {known}"
    )
}

/// A file was signed.
pub fn signed(language: Language, field: &str, out: &str) -> String {
    say!(
        language,
        "đã ký vào ô {field}: {out}",
        "signed in field {field}: {out}"
    )
}

/// There is no such signature; `known` lists those that there are.
pub fn no_such_signature(language: Language, wanted: &str, known: &str) -> String {
    say!(
        language,
        "không có chữ ký {wanted}; có: {known}",
        "there is no signature {wanted}; there are: {known}"
    )
}

/// What a signature signed cannot be told.
pub fn no_signed_revision(language: Language, wanted: &str) -> String {
    say!(
        language,
        "phạm vi ký của chữ ký {wanted} sai, không xác định được phiên bản đã ký; xem kyso verify",
        "the byte range of signature {wanted} is wrong, so what it signed cannot be told; see kyso verify"
    )
}

/// The revision that a signature signed was written.
pub fn extracted(language: Language, wanted: &str, length: usize, out: &str) -> String {
    say!(
        language,
        "phiên bản mà chữ ký {wanted} đã ký, {length} byte: {out}",
        "what signature {wanted} signed, {length} bytes: {out}"
    )
}

/// Asks for the password of a key.
pub fn password_prompt(language: Language) -> &'static str {
    language.pick("Mật khẩu của khóa: ", "Password of the key: ")
}

/// An environment variable is not set.
pub fn no_variable(language: Language, name: &str) -> String {
    say!(
        language,
        "không có biến môi trường {name}",
        "there is no environment variable {name}"
    )
}

/// Where the demonstration's files are.
pub fn demo_made(language: Language, dir: &str) -> String {
    say!(
        language,
        "các tệp nằm trong {dir}: chứng thư, CRL và tệp tin cậy (*.pem, *.crl, trust.json), khóa dùng thử (*.key), từng bước phát hành (quyet-dinh*.pdf, phu-luc*.pdf, ban-quet*.pdf), bao-cao*.txt và *.json",
        "the files are in {dir}: certificates, CRLs and the trust file (*.pem, *.crl, trust.json), throw-away keys (*.key), each step of the release (quyet-dinh*.pdf, phu-luc*.pdf, ban-quet*.pdf), bao-cao*.txt and *.json"
    )
}

/// An oddity of the document; `text` is its English sentence.
pub fn finding(language: Language, finding: &super::Finding) -> String {
    let detail = || error_text(language, &finding.text);
    match finding.code {
        "recovered" => {
            let detail = detail();
            return say!(
                language,
                "bảng tham chiếu hỏng, đã phải dựng lại: {detail}",
                "the cross-reference is damaged and had to be rebuilt: {detail}"
            );
        }
        "unreadable" => {
            let detail = detail();
            return say!(
                language,
                "tệp có nhắc đến chữ ký nhưng sai cấu trúc, không đọc được: {detail}",
                "the file speaks of a signature and is damaged, so it cannot be read: {detail}"
            );
        }
        _ if language == Language::En => return finding.text.clone(),
        _ => {}
    }
    match finding.code {
        "bytes-before-header" => "phần đầu %PDF- không nằm ở byte đầu tiên",
        "hybrid" => "tệp có bảng tham chiếu kép (hybrid)",
        "imprecise-offset" => "một vị trí trong bảng tham chiếu chỉ vào khoảng trắng",
        "linearized" => "tệp được tuyến tính hóa để xem trên mạng",
        "size" => "bảng tham chiếu ghi đối tượng vượt quá /Size",
        "trailing-bytes" => "có dữ liệu sau phiên bản cuối cùng của tệp",
        "cut-off-signature" => {
            "có dữ liệu chữ ký sau phiên bản cuối cùng: tệp bị cắt cụt hoặc bị sửa"
        }
        "only-time-stamps" => {
            "chỉ có dấu thời gian của tài liệu: chứng minh tài liệu đã có lúc nào, không phải chữ ký của ai"
        }
        "shadow-stock" => {
            "có trang hoặc danh mục không được dùng: bản sửa sau có thể đưa ra thay thế"
        }
        "overlay" => "có chú thích hoặc ô che phần lớn trang",
        "content-outside" => "có nội dung không nằm trong tệp, có thể thay đổi mà không để lại dấu vết",
        "hidden-layer" => "có lớp nội dung bị ẩn hoặc tự bật tắt",
        "xfa" => "có biểu mẫu XFA, một số chương trình hiển thị nó thay cho các trang",
        "value-appearance-mismatch" => "giá trị của ô nhập khác với chữ hiển thị",
        "script" => "có mã lệnh hoặc hành động tự chạy",
        _ => return finding.text.clone(),
    }
    .to_owned()
}

/// What an argument must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// An address of the web.
    Address,
    /// The corner of a stamp.
    Corner,
    /// A host, with or without a port.
    Host,
    /// A language.
    Language,
    /// A distinguished name.
    Name,
    /// An object identifier.
    ObjectIdentifier,
    /// A part of an archive.
    Part,
    /// A permission after certification.
    Permission,
    /// A place on a page.
    Place,
    /// Width and height.
    Size,
    /// Any text but an empty one.
    Text,
    /// A moment.
    Time,
}

/// What an argument must look like, with an example.
pub fn expected(language: Language, expected: Expected) -> &'static str {
    match expected {
        Expected::Address => language.pick(
            "một địa chỉ như http://tsa.example/tsr",
            "an address like http://tsa.example/tsr",
        ),
        Expected::Corner => language.pick(
            "trang,trái,trên, ví dụ 1,120,230",
            "page,left,top, for example 1,120,230",
        ),
        Expected::Host => language.pick(
            "tên hoặc địa chỉ máy chủ, có thể kèm cổng (ocsp.example.vn:8080)",
            "name or address of a host, with a port or without (ocsp.example.vn:8080)",
        ),
        Expected::Language => language.pick("vi hoặc en", "vi or en"),
        Expected::Name => language.pick(
            "một tên theo RFC 4514 như CN=CA thử,O=Cơ quan Mẫu,C=VN",
            "an RFC 4514 name like CN=Test CA,O=Sample Agency,C=VN",
        ),
        Expected::ObjectIdentifier => language.pick(
            "một mã định danh đối tượng như 2.16.704.1.1",
            "an object identifier like 2.16.704.1.1",
        ),
        Expected::Part => language.pick("i/n như 1/4", "i/n like 1/4"),
        Expected::Permission => language.pick("1, 2 hoặc 3", "1, 2 or 3"),
        Expected::Place => language.pick(
            "trang,trái,trên,rộng,cao, ví dụ 1,120,230,70,25",
            "page,left,top,width,height, for example 1,120,230,70,25",
        ),
        Expected::Size => language.pick(
            "rộng,cao theo milimét, ví dụ 36,36",
            "width,height in millimetres, for example 36,36",
        ),
        Expected::Text => language.pick("một dòng chữ không trống", "a text that is not empty"),
        Expected::Time => language.pick(
            "một thời điểm như 2026-11-23T07:00:00Z, 2026-11-23T14:00:00+07:00 hoặc 2026-11-23",
            "a time like 2026-11-23T07:00:00Z, 2026-11-23T14:00:00+07:00 or 2026-11-23",
        ),
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(expected(Language::En, *self))
    }
}

impl std::error::Error for Expected {}

/// What is wrong with the arguments of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// Two arguments that exclude each other, or one that is given twice.
    Conflict {
        /// The argument.
        argument: String,
    },
    /// Arguments that are not there.
    Missing {
        /// Their names.
        arguments: String,
    },
    /// An argument without its value.
    NoValue {
        /// The argument.
        argument: String,
    },
    /// Something else; the text is in English.
    Other {
        /// What.
        text: String,
    },
    /// An argument that does not exist.
    Unknown {
        /// As it was given.
        argument: String,
    },
    /// A command that does not exist.
    UnknownCommand {
        /// As it was given.
        name: String,
    },
    /// A value that the argument cannot have.
    Value {
        /// The argument.
        argument: String,
        /// The value.
        value: String,
        /// What it can have.
        expected: String,
    },
}

/// What is wrong with the arguments of the program.
pub fn usage(language: Language, usage: &Usage) -> String {
    match usage {
        Usage::Conflict { argument } => say!(
            language,
            "{argument} bị lặp lại hoặc không dùng chung được với tham số khác",
            "{argument} is given twice, or does not go with another argument"
        ),
        Usage::Missing { arguments } => say!(
            language,
            "thiếu tham số: {arguments}",
            "missing: {arguments}"
        ),
        Usage::NoValue { argument } => {
            say!(
                language,
                "thiếu giá trị của {argument}",
                "{argument} needs a value"
            )
        }
        Usage::Other { text } => say!(language, "tham số sai: {text}", "wrong arguments: {text}"),
        Usage::Unknown { argument } => say!(
            language,
            "không có tham số {argument}",
            "there is no argument {argument}"
        ),
        Usage::UnknownCommand { name } => {
            say!(
                language,
                "không có lệnh {name}",
                "there is no command {name}"
            )
        }
        Usage::Value {
            argument,
            value,
            expected,
        } => say!(
            language,
            "giá trị {value} của {argument} không đúng; cần: {expected}",
            "{argument} cannot be {value}; it must be: {expected}"
        ),
    }
}

/// Where the arguments are explained.
pub fn see_help(language: Language) -> &'static str {
    language.pick("xem kyso --help", "see kyso --help")
}

/// A page is about one file.
pub fn one_file_for_html(language: Language) -> &'static str {
    language.pick(
        "--format html dùng cho đúng một tệp; với nhiều tệp hãy dùng text, json hoặc jsonl",
        "--format html is for one file; for several use text, json or jsonl",
    )
}
