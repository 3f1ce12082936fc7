//! What became of requests over the network → sentences, in Vietnamese and English.

use super::Language;
use crate::report::{RequestKind, RequestRecord};

/// Heading of the list of requests.
pub fn title(language: Language) -> &'static str {
    language.pick("Các yêu cầu gửi qua mạng", "Requests over the network")
}

/// What a request was for.
pub fn kind(language: Language, kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Crl => "CRL",
        RequestKind::Issuer => language.pick("chứng thư cấp trên", "issuer's certificate"),
        RequestKind::Ocsp => "OCSP",
        RequestKind::Signature => language.pick("ký từ xa", "remote signing"),
        RequestKind::TimeStamp => language.pick("dấu thời gian", "time-stamp"),
    }
}

/// What became of a request.
pub fn result(language: Language, request: &RequestRecord) -> String {
    let vietnamese = match request.code {
        "accepted" => "đã chấp nhận",
        "remembered" => "đã chấp nhận, tải về trước đó trong cùng lần chạy",
        "received" => "đã nhận",
        "address" => "địa chỉ không được phép",
        "address-not-public" => "máy chủ không ở địa chỉ công cộng",
        "host-not-allowed" => "máy chủ không nằm trong danh sách cho phép",
        "host-not-found" => "không tìm thấy máy chủ",
        "connection" => "kết nối thất bại",
        "timeout" => "quá thời gian chờ",
        "redirect" => "máy chủ chuyển hướng, không đi theo",
        "http-status" => "máy chủ trả về lỗi",
        "rate-limited" => "máy chủ yêu cầu chờ",
        "too-large" => "câu trả lời quá lớn",
        "limit" => "vượt giới hạn số yêu cầu hoặc thời gian",
        "not-usable" => "câu trả lời không dùng được",
        "not-accepted" => "câu trả lời không xác thực được hoặc không đúng chứng thư",
        "random" => "không có số ngẫu nhiên",
        _ => &request.result,
    };
    let words = language.pick(vietnamese, &request.result);
    match (request.sent, request.code) {
        (false, "remembered") | (true, _) => words.to_owned(),
        (false, _) => format!("{} ({words})", language.pick("không gửi", "not sent")),
    }
}
