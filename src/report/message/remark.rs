//! Remarks on a signed file → sentences and what to do, in Vietnamese and English.

use super::Language;
use crate::pki::holder::HolderHint;
use crate::pki::trust::Role;
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::Remark;

/// A date in Vietnam, `23/11/2026`.
fn date(time: UtcTime) -> String {
    let (year, month, day, ..) = time.civil(VIETNAM_OFFSET);
    format!("{day:02}/{month:02}/{year:04}")
}

/// Signatures, counted from 1.
fn numbers(language: Language, signatures: &[usize]) -> String {
    let numbers: Vec<usize> = signatures.iter().map(|index| index + 1).collect();
    super::page::signatures(language, &numbers).to_lowercase()
}

/// What was noticed; signatures are counted from 1.
pub fn text(language: Language, remark: &Remark) -> String {
    use Remark as R;
    let l = language;
    match remark {
        R::SealWithoutPersonalSignature { signature } => {
            let n = signature + 1;
            say!(
                l,
                "chữ ký {n} là của cơ quan nhưng trước đó không có chữ ký hợp lệ của người có thẩm quyền",
                "signature {n} is an agency's, and no valid signature of a competent person stands before it"
            )
        }
        R::SeveralPkis { person, agency } => {
            let (p, a) = (person + 1, agency + 1);
            say!(
                l,
                "chữ ký {p} (cá nhân) và chữ ký {a} (cơ quan) thuộc hai hệ thống chứng thực khác nhau",
                "signature {p} (person) and signature {a} (agency) come from two different PKIs"
            )
        }
        R::NoSignatureCoversFile => l
            .pick(
                "không chữ ký nào bao phủ toàn bộ tệp; một số phần mềm kiểm tra sẽ báo mọi chữ ký là \u{201c}đã bị sửa\u{201d}",
                "no signature covers the whole file; some checkers will call every signature \u{201c}modified\u{201d}",
            )
            .to_owned(),
        R::SeveralEndsBetweenSignatures { signature, ends } => {
            let n = signature + 1;
            say!(
                l,
                "giữa chữ ký {n} và chữ ký trước đó có {ends} lần cập nhật tệp (chỉ nên có một); một số phần mềm kiểm tra sẽ báo mọi chữ ký là \u{201c}đã bị sửa\u{201d}",
                "between signature {n} and the one before, the file was updated {ends} times (one is expected); some checkers will call every signature \u{201c}modified\u{201d}"
            )
        }
        R::SigningTimeIsLocal { signature } => {
            let n = signature + 1;
            say!(
                l,
                "giờ ký tự khai của chữ ký {n} lệch đúng 7 giờ so với dấu thời gian: phần mềm ký đã ghi giờ Việt Nam như giờ UTC",
                "the claimed time of signature {n} is exactly 7 hours after its time-stamp: the signing program wrote Vietnamese time as UTC"
            )
        }
        R::NoTimeStamp { signatures } => {
            let which = numbers(l, signatures);
            say!(
                l,
                "{which}: không có dấu thời gian hợp lệ, nên không có gì chứng minh thời điểm ký",
                "{which}: no valid time-stamp, so nothing proves when it was signed"
            )
        }
        R::CertificateEndsSoon {
            signature,
            not_after,
            days,
        } => {
            let (n, end) = (signature + 1, date(*not_after));
            say!(
                l,
                "chứng thư của chữ ký {n} sắp hết hạn: còn {days} ngày (đến {end})",
                "the certificate of signature {n} ends soon: {days} days are left (until {end})"
            )
        }
        R::HintContradictsRule {
            signature,
            role,
            hint,
        } => {
            let n = signature + 1;
            let (role, hint) = (self::role(l, *role), self::hint(l, *hint));
            say!(
                l,
                "chữ ký {n}: theo tệp tin cậy là của {role}, nhưng mã định danh trong chứng thư lại giống của {hint}",
                "signature {n}: by the trust file it is {role}'s, but the identifiers in the certificate look like {hint}'s"
            )
        }
        R::RoleUnknown {
            signatures,
            hint: HolderHint::Unknown,
        } => {
            let which = numbers(l, signatures);
            say!(
                l,
                "{which}: tệp tin cậy không cho biết người ký là cá nhân hay cơ quan, nên không kiểm tra được thứ tự ký",
                "{which}: the trust file does not say whether the signer is a person or an agency, so the order of signing was not judged"
            )
        }
        R::RoleUnknown { signatures, hint } => {
            let (which, hint) = (numbers(l, signatures), self::hint(l, *hint));
            say!(
                l,
                "{which}: tệp tin cậy không cho biết người ký là ai; mã định danh trong chứng thư giống của {hint} (chỉ là gợi ý), nên không kiểm tra được thứ tự ký",
                "{which}: the trust file does not say who the signer is; the identifiers in the certificate look like {hint}'s (a hint, no proof), so the order of signing was not judged"
            )
        }
        R::PaperRoute => l
            .pick(
                "chỉ có chữ ký cá nhân, không có chữ ký của cơ quan: bình thường nếu văn bản được in ra, đóng dấu và gửi bản giấy",
                "persons signed and no agency did: normal for a document that is printed, stamped by hand and sent on paper",
            )
            .to_owned(),
        R::CopySignature { signature, form } => {
            let (n, words) = (signature + 1, form.words());
            say!(
                l,
                "chữ ký {n} chứng thực bản sao: {words}",
                "signature {n} certifies a copy: {words}"
            )
        }
        R::AttachmentSignature { signature } => {
            let n = signature + 1;
            say!(
                l,
                "chữ ký {n} là của cơ quan trên phụ lục gửi thành tệp riêng",
                "signature {n} is an agency's on an attachment in a file of its own"
            )
        }
    }
}

/// What to do about it; empty when nothing is to be done.
pub fn advice(language: Language, remark: &Remark) -> &'static str {
    use Remark as R;
    let l = language;
    match remark {
        R::SealWithoutPersonalSignature { .. } => l.pick(
            "Hỏi cơ quan phát hành: văn bản điện tử phải có chữ ký của người có thẩm quyền trước chữ ký của cơ quan (Nghị định 30/2020/NĐ-CP, Điều 32).",
            "Ask the issuing agency: a competent person signs before the agency does (Nghị định 30/2020/NĐ-CP, Điều 32).",
        ),
        R::SeveralPkis { .. } => l.pick(
            "Kiểm tra xem cả hai hệ thống đều được phép dùng cho loại văn bản này.",
            "Check that both PKIs may be used for this kind of document.",
        ),
        R::NoSignatureCoversFile | R::SeveralEndsBetweenSignatures { .. } => l.pick(
            "Nếu phần mềm khác báo \u{201c}đã bị sửa\u{201d}, hãy so với mục \u{201c}thay đổi sau khi ký\u{201d} của trang này.",
            "Where another program says \u{201c}modified\u{201d}, compare with the later changes named here.",
        ),
        R::SigningTimeIsLocal { .. } => l.pick(
            "Dùng giờ của dấu thời gian; báo cho bên cung cấp phần mềm ký.",
            "Use the time of the time-stamp; tell the maker of the signing program.",
        ),
        R::NoTimeStamp { .. } => l.pick(
            "Nếu cần biết chắc thời điểm ký, hỏi bên ký hoặc đề nghị ký có dấu thời gian.",
            "Where the time matters, ask the signer, or ask for a signature with a time-stamp.",
        ),
        R::CertificateEndsSoon { .. } => l.pick(
            "Lưu kết quả này và bổ sung dấu thời gian (kyso extend) trước ngày hết hạn.",
            "Keep this report, and add a time-stamp (kyso extend) before that day.",
        ),
        R::HintContradictsRule { .. } => l.pick(
            "Xem lại quy tắc trong tệp tin cậy (kyso trust list).",
            "Look at the rules of the trust file again (kyso trust list).",
        ),
        R::RoleUnknown { .. } => l.pick(
            "Muốn kiểm tra thứ tự ký: thêm quy tắc bằng kyso trust rule.",
            "To have the order judged, add a rule with kyso trust rule.",
        ),
        R::PaperRoute => l.pick(
            "Nếu nhận bản điện tử để thay bản giấy, phải có thêm chữ ký của cơ quan.",
            "A file that shall stand for the paper needs the agency's signature too.",
        ),
        R::CopySignature { .. } | R::AttachmentSignature { .. } => "",
    }
}

fn role(language: Language, role: Role) -> &'static str {
    match role {
        Role::Agency => language.pick("cơ quan", "an agency"),
        Role::Person => language.pick("cá nhân", "a person"),
    }
}

fn hint(language: Language, hint: HolderHint) -> &'static str {
    match hint {
        HolderHint::Organisation => language.pick("tổ chức", "an organisation"),
        HolderHint::Person => language.pick("cá nhân", "a person"),
        HolderHint::Unknown => language.pick("bên không rõ", "an unknown party"),
    }
}
