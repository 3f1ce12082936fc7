//! Headings, labels and short sentences of reports → Vietnamese and English.

use super::Language;
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::{Indication, Status};

macro_rules! labels {
    ($($variant:ident = $vi:literal, $en:literal;)*) => {
        /// A heading, or what stands in front of a value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Label {
            $($variant,)*
        }

        impl Label {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        /// The words of a label.
        pub fn label(language: Language, label: Label) -> &'static str {
            match label {
                $(Label::$variant => language.pick($vi, $en),)*
            }
        }
    };
}

labels! {
    Title = "Kết quả kiểm tra chữ ký số", "Digital signature report";
    Error = "LỖI", "ERROR";
    SixAnswers = "Sáu câu trả lời", "Six answers";
    WhatWasSigned = "Văn bản nào đã được ký?", "What was signed?";
    ByWhom = "Ai ký?", "By whom?";
    When = "Ký khi nào, dựa vào đâu?", "When, and how is that known?";
    AsIssued = "Có đúng như khi ký không?", "Is it as it was signed?";
    WhyNot = "Vì sao có kết quả này?", "Why this result?";
    WhatNow = "Bây giờ cần làm gì?", "What now?";
    Picture = "Chữ ký nào bao phủ phần nào của tệp", "Which signature covers which part of the file";
    Revisions = "Từng phiên bản trong tệp", "Each revision in the file";
    Revision = "Phiên bản", "Revision";
    Bytes = "Byte", "Bytes";
    Brought = "Mang lại điều gì", "What it brought";
    SignedBy = "Được ký bởi", "Signed by";
    Remarks = "Lưu ý", "Remarks";
    Signature = "Chữ ký", "Signature";
    Signer = "Người ký", "Signer";
    ManagingUnit = "Đơn vị quản lý chứng thư", "Managing unit of the certificate";
    Issuer = "Tổ chức cấp chứng thư", "Issuing CA";
    Time = "Thời điểm ký", "Time of signing";
    TimeSource = "Nguồn thời gian", "Source of the time";
    Integrity = "Tính toàn vẹn", "Integrity";
    ValidThen = "Hiệu lực tại thời điểm ký", "Validity at signing time";
    AtClaimedTime = "Tại giờ tự khai (chưa chứng minh)", "At the claimed time (unproven)";
    Period = "Thời hạn chứng thư", "Certificate period";
    Serial = "Số hiệu chứng thư", "Certificate serial";
    Role = "Vai trò", "Role";
    Kind = "Loại chữ ký", "Kind of signature";
    Algorithm = "Thuật toán", "Algorithm";
    Reason = "Lý do ký ghi trong tệp", "Reason stated in the file";
    Location = "Nơi ký ghi trong tệp", "Place stated in the file";
    Covers = "Phạm vi được ký", "Covers";
    LaterChanges = "Thay đổi sau khi ký", "Later changes";
    Field = "Ô chữ ký", "Field";
    Path = "Đường dẫn chứng thư", "Certificate path";
    TimeStamps = "Dấu thời gian", "Time-stamps";
    Checks = "Từng bước kiểm tra, kèm điều khoản", "Each check, with its clause";
    Result = "Kết quả", "Result";
    ResultAndWhy = "Kết quả và lý do", "Result and reason";
    Basis = "Tệp và căn cứ kiểm tra", "The file, and what the answer rests on";
    FileName = "Tệp", "File";
    Size = "Kích thước", "Size";
    Pages = "Số trang", "Pages";
    RevisionCount = "Số phiên bản", "Revisions";
    CheckedFor = "Kiểm tra cho thời điểm", "Checked for";
    Policy = "Chính sách", "Policy";
    Program = "Phần mềm", "Program";
    Sha256 = "Giá trị SHA-256", "SHA-256";
    PolicyDigest = "SHA-256 của chính sách", "SHA-256 of the policy";
    Evidence = "Căn cứ đã dùng", "Evidence given";
    Words = "Các từ dùng ở đây", "The words used here";
    Conclusion = "Kết luận", "Conclusion";
    NotKnown = "không rõ", "not known";
    CoversAll = "toàn bộ tệp, đến byte cuối", "the whole file, to its last byte";
    CoversEarlier = "một phiên bản trước, không phải toàn bộ tệp", "an earlier revision, not the whole file";
    CoversUnknown = "không xác định được", "cannot be determined";
    Permitted = "được phép", "permitted";
    NotPermitted = "KHÔNG được phép", "NOT permitted";
    NotJudged = "chưa kết luận", "not judged";
    NothingAfter = "không có gì sau chữ ký này", "nothing came after this signature";
    CameAfter = "có sau khi ký", "came after signing";
    WholeFile = "toàn bộ tệp", "whole file";
    TimeStampProof = "dấu thời gian trên chữ ký", "time-stamp on the signature";
    DocumentTimeStampProof = "dấu thời gian của tài liệu", "document time-stamp";
    ClaimedUnproven = "người ký tự khai, chưa được chứng minh", "claimed by the signer, not proven";
    OwnTimeStamp = "đây là dấu thời gian", "this is a time-stamp itself";
    NoTime = "không có thời gian nào được ghi", "no time is stated";
    ExistedAt = "đã có vào", "existed at";
    ValidProven = "còn hiệu lực", "in force";
    NotValidProven = "KHÔNG còn hiệu lực", "NOT in force";
    ValidUnknown = "chưa đủ căn cứ", "not enough is known";
    UnknownWithoutTimeStamp = "không xác định được: không có dấu thời gian nào chứng minh lúc ký", "cannot be told: no time-stamp proves when it was signed";
    InPeriod = "chứng thư còn trong thời hạn", "the certificate was inside its period";
    OutOfPeriod = "chứng thư ngoài thời hạn", "the certificate was outside its period";
    Person = "cá nhân (theo tệp tin cậy)", "person (by the trust file)";
    Agency = "cơ quan, tổ chức (theo tệp tin cậy)", "agency (by the trust file)";
    RoleUnknown = "tệp tin cậy không quy định", "the trust file does not say";
    UnknownSigner = "không xác định được người ký", "the signer cannot be determined";
    Unsigned = "không có chữ ký", "not signed";
    OriginalContent = "nội dung văn bản ban đầu", "the document's first content";
    NoChange = "không thay đổi gì", "no change";
    ForbiddenRevision = "thay đổi không được phép", "changes that are not permitted";
    LegendCovered = "phần tệp mà chữ ký bao phủ", "part of the file that the signature covers";
    LegendLater = "phần được thêm sau khi ký", "part that was added after signing";
    LegendForbidden = "phiên bản có thay đổi không được phép", "revision with changes that are not permitted";
    ToFile = "về tệp", "about the file";
    Todo = "Việc cần làm", "What to do";
    CheckedAt = "Kiểm tra", "Checked";
    Level = "Mức chữ ký", "Level";
    Unprocessed = "Có nhưng không xử lý", "There but not processed";
    Forms = "Dạng chữ ký", "Form of signature";
    ByteRange = "Phạm vi byte", "Byte range";
    Revocation = "Tình trạng thu hồi", "Revocation";
    CheckedAgain = "Muốn kiểm tra lại: dùng đúng tệp có giá trị SHA-256 ở trên, cùng chính sách và căn cứ liệt kê ở đây. Trang này không có chữ ký: nó là lời của phần mềm kiểm tra, không thay cho tệp đã ký.", "To check again: take the very file with the SHA-256 above, the same policy and the evidence listed here. This page is not signed: it is the word of the checking program and does not replace the signed file.";
}

/// A moment in Vietnam: `23/11/2026 14:00:05 (+07:00)`.
pub fn moment(time: UtcTime) -> String {
    let (year, month, day, hour, minute, second) = time.civil(VIETNAM_OFFSET);
    format!("{day:02}/{month:02}/{year:04} {hour:02}:{minute:02}:{second:02} (+07:00)")
}

/// A day in Vietnam: `23/11/2026`.
pub fn day(time: UtcTime) -> String {
    let (year, month, day, ..) = time.civil(VIETNAM_OFFSET);
    format!("{day:02}/{month:02}/{year:04}")
}

/// Figures in groups of three: `12.345` in Vietnamese, `12,345` in English.
pub fn figures(language: Language, number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push_str(language.pick(".", ","));
        }
        out.push(digit);
    }
    out
}

/// The big words of the answer. `total` signatures, of which `bad` did not pass.
pub fn headline(language: Language, indication: Indication, total: usize, bad: usize) -> String {
    let l = language;
    match (indication, total) {
        (Indication::TotalPassed, 1) => say!(l, "CHỮ KÝ HỢP LỆ", "THE SIGNATURE IS VALID"),
        (Indication::TotalPassed, n) => say!(
            l,
            "CẢ {n} CHỮ KÝ ĐỀU HỢP LỆ",
            "ALL {n} SIGNATURES ARE VALID"
        ),
        (Indication::TotalFailed, 0 | 1) => say!(l, "KHÔNG HỢP LỆ", "NOT VALID"),
        (Indication::TotalFailed, n) => say!(
            l,
            "KHÔNG HỢP LỆ: {bad} trên {n} chữ ký không đạt",
            "NOT VALID: {bad} of {n} signatures do not pass"
        ),
        (Indication::Indeterminate, 0 | 1) => {
            say!(l, "CHƯA KẾT LUẬN ĐƯỢC", "NOT DECIDED: something is missing")
        }
        (Indication::Indeterminate, n) => say!(
            l,
            "CHƯA KẾT LUẬN ĐƯỢC: {bad} trên {n} chữ ký còn thiếu căn cứ",
            "NOT DECIDED: something is missing for {bad} of {n} signatures"
        ),
        (Indication::NoSignatureFound, _) => {
            say!(l, "KHÔNG CÓ CHỮ KÝ SỐ NÀO", "THERE IS NO DIGITAL SIGNATURE")
        }
    }
}

/// The big words when the file could not be checked.
pub fn not_checked(language: Language) -> &'static str {
    language.pick(
        "KHÔNG KIỂM TRA ĐƯỢC TỆP NÀY",
        "THIS FILE COULD NOT BE CHECKED",
    )
}

/// One word for the result of one signature.
pub fn result(language: Language, indication: Indication) -> &'static str {
    match indication {
        Indication::TotalPassed => language.pick("hợp lệ", "valid"),
        Indication::TotalFailed => language.pick("không hợp lệ", "not valid"),
        Indication::Indeterminate => language.pick("chưa kết luận", "not decided"),
        Indication::NoSignatureFound => language.pick("không có chữ ký", "no signature"),
    }
}

/// One word for the result of one check.
pub fn status(language: Language, status: Status) -> &'static str {
    match status {
        Status::Passed => language.pick("đạt", "passed"),
        Status::Warned => language.pick("đạt, có lưu ý", "passed with a warning"),
        Status::Failed => language.pick("không đạt", "failed"),
        Status::NotRun => language.pick("chưa thực hiện được", "could not run"),
    }
}

/// What one signature is about: its number among `total`.
pub fn signature_of(language: Language, number: usize, total: usize) -> String {
    say!(
        language,
        "Chữ ký {number} trên {total}",
        "Signature {number} of {total}"
    )
}

/// Several signatures by number: `Chữ ký 1, 3`.
pub fn signatures(language: Language, numbers: &[usize]) -> String {
    let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let list = list.join(", ");
    match numbers {
        [_] => say!(language, "Chữ ký {list}", "Signature {list}"),
        _ => say!(language, "Chữ ký {list}", "Signatures {list}"),
    }
}

/// That a stored record was judged, and what that does not prove.
pub fn from_record(language: Language) -> &'static str {
    language.pick(
        "Đánh giá lại từ bản ghi đã lưu, không phải từ chính văn bản: nội dung văn bản và các thay đổi về sau là theo lời người lập bản ghi. Muốn chắc chắn, hãy so SHA-256 với văn bản hoặc kiểm tra lại văn bản.",
        "judged from a stored record, not from the document: what its bytes are and what changed later is the word of whoever wrote the record. To be sure, compare the SHA-256 with the document's, or verify the document again.",
    )
}

/// The file in one line.
pub fn file_line(language: Language, pages: Option<u64>, size: u64, revisions: usize) -> String {
    let size = figures(language, size);
    match (pages, revisions) {
        (Some(pages), 1) => say!(
            language,
            "{pages} trang, {size} byte, một phiên bản",
            "{pages} page(s), {size} bytes, one revision"
        ),
        (Some(pages), n) => say!(
            language,
            "{pages} trang, {size} byte, {n} phiên bản nối tiếp",
            "{pages} page(s), {size} bytes, {n} revisions one after the other"
        ),
        (None, _) => say!(language, "{size} byte", "{size} bytes"),
    }
}

/// What one signature signed.
pub fn signed_part(language: Language, number: usize, end: u64, whole: bool) -> String {
    let end = figures(language, end);
    match whole {
        true => say!(
            language,
            "ký phiên bản {number}, tức toàn bộ {end} byte của tệp",
            "signed revision {number}, which is the whole file of {end} bytes"
        ),
        false => say!(
            language,
            "ký phiên bản {number}, tức {end} byte đầu của tệp",
            "signed revision {number}, the first {end} bytes of the file"
        ),
    }
}

/// All signatures hold and nothing else was done.
pub fn as_signed(language: Language, only_signatures: bool) -> &'static str {
    match only_signatures {
        true => language.pick(
            "Có. Nội dung được ký còn nguyên vẹn; sau đó chỉ thêm chữ ký và dữ liệu kiểm chứng.",
            "Yes. What was signed is intact; only signatures and evidence were added afterwards.",
        ),
        false => language.pick(
            "Có. Nội dung được ký còn nguyên vẹn, không có gì được thêm sau chữ ký cuối.",
            "Yes. What was signed is intact, and nothing was added after the last signature.",
        ),
    }
}

/// The content is intact, and changes are permitted ones of some level.
pub fn as_signed_with(language: Language, level: &str) -> String {
    say!(
        language,
        "Có. Nội dung được ký còn nguyên vẹn; sau đó có thay đổi được phép: {level}.",
        "Yes. What was signed is intact; permitted changes came afterwards: {level}."
    )
}

/// The bytes that some signatures cover are not those that were signed.
pub fn not_as_signed(language: Language, numbers: &[usize]) -> String {
    let which = signatures(language, numbers);
    say!(
        language,
        "KHÔNG. {which}: phần tệp đã ký không còn như lúc ký.",
        "NO. {which}: the signed part of the file is no longer what it was."
    )
}

/// Changes came after that are not permitted.
pub fn changed_after(language: Language, numbers: &[usize]) -> String {
    let which = signatures(language, numbers);
    say!(
        language,
        "KHÔNG. {which}: phần đã ký còn nguyên, nhưng sau đó tệp bị thay đổi ngoài mức cho phép.",
        "NO. {which}: the signed part is intact, but the file was changed afterwards beyond what is permitted."
    )
}

/// What a reader sees of the changes.
pub fn what_differs(language: Language, differences: &str) -> String {
    say!(
        language,
        "Chỗ khác nhìn thấy được: {differences}.",
        "What differs to the eye: {differences}."
    )
}

/// Whether the content is as signed could not be told.
pub fn as_signed_unknown(language: Language, numbers: &[usize]) -> String {
    let which = signatures(language, numbers);
    say!(
        language,
        "Chưa xác định được cho: {which}.",
        "It cannot be told for: {which}."
    )
}

/// What a bar of the picture covers.
pub fn up_to_revision(language: Language, number: usize) -> String {
    match number {
        1 => say!(language, "phiên bản 1", "revision 1"),
        n => say!(language, "phiên bản 1 đến {n}", "revisions 1 to {n}"),
    }
}

/// Nothing stands against it.
pub fn every_check_passed(language: Language) -> &'static str {
    language.pick(
        "Mọi bước kiểm tra bắt buộc của mọi chữ ký đều đạt.",
        "Every mandatory check of every signature passed.",
    )
}

/// A kind of evidence, by its code in reports.
pub fn evidence(language: Language, kind: &str) -> &str {
    match kind {
        "trust-anchor" => language.pick("chứng thư gốc được tin cậy", "trust anchor"),
        "certificate" => language.pick("chứng thư", "certificate"),
        "crl" => language.pick("danh sách thu hồi (CRL)", "CRL"),
        "ocsp" => language.pick("trả lời OCSP", "OCSP response"),
        other => other,
    }
}

/// Where evidence came from.
pub fn origin(language: Language, origin: &str) -> &str {
    match origin {
        "caller" => language.pick("do người kiểm tra cung cấp", "given by the checker"),
        other => other,
    }
}

/// No signature, so nothing can be said about the content.
pub fn nothing_signed(language: Language) -> &'static str {
    language.pick(
        "Không thể biết: không có chữ ký số nào để so sánh.",
        "It cannot be told: there is no digital signature to compare with.",
    )
}

/// There is a revision behind the last signature or between signatures that nobody signed.
pub fn unsigned_revisions(language: Language, numbers: &[usize]) -> String {
    let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let list = list.join(", ");
    say!(
        language,
        "Phiên bản {list} không được chữ ký nào ký riêng.",
        "No signature of its own stands on revision {list}."
    )
}

/// The words of the standard, for those who meet them here.
pub fn glossary(language: Language) -> [(&'static str, &'static str); 4] {
    [
        (
            "TOTAL-PASSED",
            language.pick(
                "mọi bước kiểm tra bắt buộc đều đạt",
                "every mandatory check passed",
            ),
        ),
        (
            "TOTAL-FAILED",
            language.pick(
                "chữ ký sai, hoặc tệp bị thay đổi, hoặc đã chứng minh được là ký khi chứng thư không còn hiệu lực",
                "the signature is wrong, or the file was changed, or it is proven that the certificate was not in force",
            ),
        ),
        (
            "INDETERMINATE",
            language.pick(
                "chưa đủ thông tin để nói đúng hay sai; không được coi là hợp lệ",
                "not enough is known to say yes or no; it must not be taken for valid",
            ),
        ),
        (
            language.pick("phiên bản", "revision"),
            language.pick(
                "mỗi lần lưu nối thêm vào cuối tệp; chữ ký bao phủ các byte từ đầu tệp đến hết phiên bản của nó",
                "what one saving appended to the file; a signature covers the bytes from the start of the file to the end of its revision",
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_label_has_both_languages() {
        for label in Label::ALL {
            let (vi, en) = (
                super::label(Language::Vi, *label),
                super::label(Language::En, *label),
            );
            assert!(!vi.is_empty() && !en.is_empty() && vi != en, "{label:?}");
        }
    }

    #[test]
    fn ok_figures_come_in_groups_of_three() {
        assert_eq!(figures(Language::Vi, 1_234_567), "1.234.567");
        assert_eq!(figures(Language::En, 123), "123");
        assert_eq!(figures(Language::En, 0), "0");
    }
}
