//! Words about messages of the document exchange → sentences, in Vietnamese and English.

use super::Language;
use crate::error::ExchangeFault;

/// Why a message cannot be read or written, in Vietnamese.
pub(super) fn fault_vi(fault: &ExchangeFault) -> String {
    match fault {
        ExchangeFault::Archive { index, why } => {
            format!("tệp đính kèm {index}: từ chối tệp nén: {why}")
        }
        ExchangeFault::Base64 { index } => format!("tệp đính kèm {index} không phải base64"),
        ExchangeFault::DocumentType => "gói tin có khai báo DOCTYPE, bị từ chối".to_owned(),
        ExchangeFault::Encoding => "gói tin không mã hóa bằng UTF-8".to_owned(),
        ExchangeFault::Entity => "gói tin dùng thực thể không được định nghĩa".to_owned(),
        ExchangeFault::Field { element, problem } => format!("{element}: {problem}"),
        ExchangeFault::NotEdxml(what) => format!("không phải gói tin edXML: {what}"),
        ExchangeFault::Xml(what) => format!("gói tin không phải XML đúng dạng: {what}"),
    }
}

/// Heads the report on a message.
pub fn title(l: Language, from: &str, subject: &str) -> String {
    say!(
        l,
        "Văn bản điện tử từ {from}: {subject}",
        "document from {from}: {subject}"
    )
}

/// Heads the report on a status message.
pub fn status_title(l: Language, from: &str, code: &str) -> String {
    let words = status(l, code);
    say!(
        l,
        "Thông báo trạng thái từ {from}: {code} ({words})",
        "status from {from}: {code} ({words})"
    )
}

/// The words of a status code.
pub fn status(l: Language, code: &str) -> &'static str {
    match code {
        "01" => l.pick("đã đến", "arrived"),
        "02" => l.pick("từ chối tiếp nhận", "refused"),
        "03" => l.pick("đã tiếp nhận", "received"),
        "04" => l.pick("phân công", "assigned"),
        "05" => l.pick("đang xử lý", "in work"),
        "06" => l.pick("hoàn thành", "done"),
        "13" => l.pick("yêu cầu lấy lại", "take-back asked"),
        "15" => l.pick(
            "đồng ý cập nhật hoặc lấy lại",
            "update or take-back accepted",
        ),
        "16" => l.pick(
            "từ chối cập nhật hoặc lấy lại",
            "update or take-back refused",
        ),
        _ => l.pick("mã lạ", "unknown code"),
    }
}

/// Heads an attachment.
pub fn attachment(l: Language, number: usize, name: &str, size: u64) -> String {
    say!(
        l,
        "tệp đính kèm {number}: {name} ({size} byte)",
        "attachment {number}: {name} ({size} bytes)"
    )
}

/// The attachment is no PDF.
pub fn not_a_pdf(l: Language) -> &'static str {
    l.pick(
        "không phải PDF: không kiểm tra chữ ký",
        "no PDF: its signatures are not checked",
    )
}

/// What is said of the signature in the envelope.
pub fn envelope_signature(l: Language, state: &str) -> &'static str {
    match state {
        "absent" => l.pick("phong bì không có chữ ký", "the envelope has no signature"),
        "placeholder" => l.pick(
            "phong bì chỉ có chữ ký mẫu, không phải XML-DSig: coi như không có",
            "the envelope has a placeholder, which is no XML-DSig signature: as if absent",
        ),
        _ => l.pick(
            "chữ ký XML-DSig của phong bì: KHÔNG được kiểm tra, không phải căn cứ tin cậy",
            "XML-DSig signature of the envelope: NOT checked, no reason for trust",
        ),
    }
}

/// Metadata beside what signatures say.
pub fn comparison(l: Language, what: &str, stated: &str, found: &str, result: &str) -> String {
    let what = match what {
        "organisation" => l.pick("cơ quan ban hành", "issuing organisation"),
        "signer" => l.pick("người ký", "signer"),
        _ => l.pick("ngày ban hành", "date of issue"),
    };
    let result = match result {
        "agrees" => l.pick("khớp", "agrees"),
        "differs" => l.pick("KHÔNG khớp", "DIFFERS"),
        _ => l.pick("không so sánh được", "cannot be compared"),
    };
    say!(
        l,
        "{what}: ghi \"{stated}\"; chữ ký: {found} – {result}",
        "{what}: stated \"{stated}\"; signatures: {found} – {result}"
    )
}

/// A value that the regulation does not allow.
pub fn finding(l: Language, element: &str, problem: &str) -> String {
    say!(
        l,
        "sai quy định: {element} {problem}",
        "against the regulation: {element} {problem}"
    )
}

/// What is wrong with an attachment or an entry of the manifest.
pub fn attachment_finding(l: Language, name: &str, element: &str, problem: &str) -> String {
    let words = match problem {
        "has no attachment" => l.pick(
            "danh mục có nêu mà không có tệp đính kèm",
            "named in the manifest, and there is no such attachment",
        ),
        "stands in no entry of the manifest" => l.pick(
            "không có trong danh mục của gói tin",
            "stands in no entry of the manifest",
        ),
        "is declared a PDF and cannot be read as one" => l.pick(
            "khai báo là PDF nhưng không đọc được như PDF",
            "is declared a PDF and cannot be read as one",
        ),
        "is that of an attachment before it" => l.pick(
            "trùng ContentId với tệp đính kèm trước",
            "has the ContentId of an attachment before it",
        ),
        "has the ContentId of one before it" => l.pick(
            "trùng ContentId với mục trước trong danh mục",
            "has the ContentId of an entry before it",
        ),
        "differs from that of the manifest's entry with its ContentId" => l.pick(
            "tên khác với mục có cùng ContentId trong danh mục",
            "has another name in the manifest's entry with its ContentId",
        ),
        "is missing" => l.pick("không có nội dung", "has no content"),
        _ => return format!("\"{name}\": {element} {problem}"),
    };
    format!("\"{name}\": {words}")
}

/// What to answer.
pub fn answer(l: Language, code: &str) -> String {
    let words = status(l, code);
    say!(
        l,
        "trạng thái nên trả lời: {code} ({words})",
        "status to answer with: {code} ({words})"
    )
}

/// Why a document is refused, for the description of the status message.
pub fn refusal(l: Language) -> &'static str {
    l.pick(
        "Chữ ký số trên văn bản không hợp lệ",
        "A digital signature of the document is not valid",
    )
}

/// Why a document whose PDF cannot be read is refused.
pub fn unreadable(l: Language) -> &'static str {
    l.pick("Tệp văn bản không đọc được", "A document cannot be read")
}

/// What the files are.
pub fn written(l: Language, path: &str) -> String {
    say!(l, "đã ghi: {path}", "written: {path}")
}
