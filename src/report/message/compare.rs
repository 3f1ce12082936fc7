//! Words about two documents side by side → sentences, in Vietnamese and English.

use super::{Language, change_path, error_text};
use crate::signature::Difference;
use crate::signature::compare::Outcome;

/// What a comparison says.
pub fn outcome(language: Language, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Identical => language.pick(
            "GIỐNG HỆT — đúng từng byte tệp đã phát hành",
            "IDENTICAL — byte for byte the file that was issued",
        ),
        Outcome::SignaturesAdded => language.pick(
            "CHỈ THÊM CHỮ KÝ — nội dung đã phát hành còn nguyên vẹn",
            "SIGNATURES ADDED — what was issued is unchanged",
        ),
        Outcome::EvidenceAdded => language.pick(
            "KHÔNG THÊM CHỮ KÝ — chỉ thêm dấu thời gian, dữ liệu kiểm chứng hoặc siêu dữ liệu; nội dung đã phát hành còn nguyên vẹn",
            "NO SIGNATURE ADDED — only time-stamps, evidence or metadata; what was issued is unchanged",
        ),
        Outcome::Changed => language.pick(
            "ĐÃ THAY ĐỔI — không phải tệp đã phát hành",
            "CHANGED — this is not the file that was issued",
        ),
    }
}

/// What to do next.
pub fn advice(language: Language, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Identical => language.pick(
            "Dùng được như bản đã phát hành.",
            "It can be used as the issued file.",
        ),
        Outcome::SignaturesAdded => language.pick(
            "Kiểm tra các chữ ký được thêm bằng kyso verify.",
            "Check the added signatures with kyso verify.",
        ),
        Outcome::EvidenceAdded => language.pick(
            "Nếu chờ chữ ký: tệp này không có thêm chữ ký nào.",
            "If a signature was expected: this file brings none.",
        ),
        Outcome::Changed => language.pick(
            "Không nhận tệp này; gửi lại bản đã phát hành và hỏi bên trả tệp.",
            "Do not accept it; send the issued file again and ask who returned it.",
        ),
    }
}

/// A signature that was added.
pub fn signature_added(language: Language, field: &str) -> String {
    say!(
        language,
        "thêm chữ ký trong ô {field}",
        "a signature was added in field {field}"
    )
}

/// A document time-stamp that was added.
pub fn time_stamp_added(language: Language, field: &str) -> String {
    say!(
        language,
        "thêm dấu thời gian tài liệu trong ô {field}",
        "a document time-stamp was added in field {field}"
    )
}

/// One thing that differs.
pub fn difference(language: Language, difference: &Difference) -> String {
    use Difference as D;
    let l = language;
    match difference {
        D::CutOff { length } => say!(
            l,
            "tệp bị cắt: chỉ còn {length} byte đầu",
            "the file is cut off: only its first {length} bytes are there"
        ),
        D::FirstByte {
            at,
            object: Some(object),
        } => say!(
            l,
            "khác từ byte {at}, trong đối tượng {object}",
            "it differs from byte {at} on, inside object {object}"
        ),
        D::FirstByte { at, object: None } => {
            say!(l, "khác từ byte {at}", "it differs from byte {at} on")
        }
        D::Unreadable {
            error,
            position: Some(at),
        } => {
            let error = error_text(l, error);
            say!(
                l,
                "không đọc được tại byte {at}: {error}",
                "it cannot be read at byte {at}: {error}"
            )
        }
        D::Unreadable {
            error,
            position: None,
        } => {
            let error = error_text(l, error);
            say!(l, "không đọc được: {error}", "it cannot be read: {error}")
        }
        D::PageCount { issued, returned } => say!(
            l,
            "số trang khác: phát hành {issued}, trả về {returned}",
            "another number of pages: {issued} issued, {returned} returned"
        ),
        D::Page { page, key } => {
            let part = part(l, key);
            say!(l, "trang {page}: {part}", "page {page}: {part}")
        }
        D::Catalog { key } => say!(
            l,
            "thông tin chung của tài liệu: /{key}",
            "the document as a whole: /{key}"
        ),
        D::Object {
            revision,
            object,
            path,
        } => {
            let (path, number) = (change_path(l, path), revision + 1);
            say!(
                l,
                "phiên bản {number}: đối tượng {object} ({path})",
                "revision {number}: object {object} ({path})"
            )
        }
        D::EmptyField { field } => say!(
            l,
            "ô chữ ký {field} được thêm mà không ký",
            "the signature field {field} was added and not signed"
        ),
        D::FieldValue { field } => say!(
            l,
            "ô {field} được điền hoặc sửa",
            "the field {field} was filled or changed"
        ),
    }
}

/// What a reader sees of an entry of a page.
fn part(language: Language, key: &str) -> String {
    let words = match key {
        "Contents" => language.pick("nội dung trang", "what stands on the page"),
        "Resources" => language.pick("phông chữ hoặc hình ảnh", "fonts or pictures"),
        "Annots" => language.pick(
            "chú thích, ô biểu mẫu hoặc ô chữ ký",
            "annotations, form fields or signature fields",
        ),
        "MediaBox" | "CropBox" | "UserUnit" => language.pick("khổ trang", "size of the page"),
        "Rotate" => language.pick("chiều xoay trang", "rotation of the page"),
        _ => language.pick("mục khác", "another entry"),
    };
    format!("{words} (/{key})")
}
