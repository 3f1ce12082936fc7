//! Levels, and what whoever signs must be told → sentences, in Vietnamese and English.

use super::Language;
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::{Baseline, FormRule, Indication, Lack, Level, SubIndication};

/// The level of a signature, and whether the file stands on its own.
pub fn baseline(language: Language, baseline: &Baseline) -> String {
    let level = match baseline.level {
        Some(level) => level.name(),
        None => language.pick("không phải mức PAdES cơ sở", "no PAdES baseline level"),
    };
    let contained = match baseline.self_contained {
        true => language.pick("tệp tự đủ dữ liệu", "self-contained: yes"),
        false => language.pick("tệp chưa tự đủ dữ liệu", "self-contained: no"),
    };
    let missing: Vec<String> = baseline
        .missing
        .iter()
        .map(|it| lack(language, it))
        .collect();
    if missing.is_empty() {
        return format!("{level}; {contained}");
    }
    let missing = missing.join(", ");
    say!(
        language,
        "{level}; {contained}; còn thiếu: {missing}",
        "{level}; {contained}; missing: {missing}"
    )
}

/// What a level asks for and is not there.
pub fn lack(language: Language, lack: &Lack) -> String {
    match lack {
        Lack::Form { rule } => form(language, *rule).to_owned(),
        Lack::TimeStamp => language.pick("dấu thời gian", "a time stamp").to_owned(),
        Lack::Path { certificate } => say!(
            language,
            "đường dẫn chứng thư của {certificate}",
            "the certificates above {certificate}"
        ),
        Lack::Revocation { certificate } => say!(
            language,
            "trạng thái thu hồi của {certificate}",
            "the revocation status of {certificate}"
        ),
        Lack::ArchiveTimeStamp => language
            .pick("dấu thời gian lưu trữ", "an archive time stamp")
            .to_owned(),
    }
}

fn form(language: Language, rule: FormRule) -> &'static str {
    match rule {
        FormRule::SubFilter => {
            language.pick("dạng ETSI.CAdES.detached", "the form ETSI.CAdES.detached")
        }
        FormRule::Intact => language.pick("chữ ký toàn vẹn", "an intact signature"),
        FormRule::Der => language.pick("mã hóa DER", "DER encoding"),
        FormRule::Detached => language.pick(
            "đúng một người ký, không kèm nội dung",
            "one signer and no content",
        ),
        FormRule::MandatoryAttributes => language.pick(
            "thuộc tính content-type và message-digest",
            "content-type and message-digest",
        ),
        FormRule::SigningCertificate => language.pick(
            "thuộc tính signing-certificate",
            "the attribute signing-certificate",
        ),
        FormRule::Certificate => language.pick(
            "chứng thư người ký trong chữ ký",
            "the signer's certificate in the signature",
        ),
        FormRule::ClaimedTime => language.pick("thời điểm ký ở /M", "the claimed time in /M"),
        FormRule::NoSigningTime => language.pick(
            "không có thuộc tính signing-time",
            "no attribute signing-time",
        ),
        FormRule::NoCertEntry => language.pick("không có /Cert", "no /Cert"),
        FormRule::Reason => language.pick(
            "/Reason không đi kèm cam kết hoặc chính sách chữ ký",
            "/Reason without a commitment or a signature policy",
        ),
    }
}

/// The certificate is outside its period, and signs all the same.
pub fn outside_period(language: Language) -> &'static str {
    language.pick(
        "CẢNH BÁO: ký bằng chứng thư ngoài thời hạn hiệu lực, theo yêu cầu",
        "WARNING: signing with a certificate outside its period, as asked",
    )
}

/// The certificate is for something else, and signs all the same.
pub fn other_purpose(language: Language) -> &'static str {
    language.pick(
        "CẢNH BÁO: ký bằng chứng thư không dùng để ký văn bản, theo yêu cầu",
        "WARNING: signing with a certificate that is not for documents, as asked",
    )
}

/// The certificate is revoked, and signs all the same.
pub fn revoked(language: Language, since: UtcTime) -> String {
    let since = since.rfc3339(VIETNAM_OFFSET);
    say!(
        language,
        "CẢNH BÁO: ký bằng chứng thư đã bị thu hồi từ {since}, theo yêu cầu",
        "WARNING: signing with a certificate that is revoked since {since}, as asked"
    )
}

/// Whether the certificate is revoked is not known.
pub fn status_unknown(language: Language, why: &str) -> String {
    say!(
        language,
        "CẢNH BÁO: chưa kiểm tra được chứng thư còn hiệu lực hay đã bị thu hồi: {why}",
        "WARNING: whether the certificate is revoked could not be checked: {why}"
    )
}

/// The verdict on what was just signed is no pass.
pub fn verdict(
    language: Language,
    indication: Indication,
    sub_indication: Option<SubIndication>,
) -> String {
    let sub = sub_indication.map_or_else(String::new, |sub| format!(" / {sub}"));
    say!(
        language,
        "kết quả tự kiểm tra: {indication}{sub}",
        "verdict of the self-check: {indication}{sub}"
    )
}

/// B-LT alone.
pub fn last_revision_open(language: Language) -> &'static str {
    language.pick(
        "mức B-LT: phần dữ liệu cuối tệp không được dấu thời gian nào bao phủ; nâng lên B-LTA để bao phủ",
        "B-LT: no time stamp covers the last revision; raise to B-LTA to have it covered",
    )
}

/// A level was not reached.
pub fn fell_short(language: Language, reached: Level, why: &str) -> String {
    say!(
        language,
        "CẢNH BÁO: chỉ đạt mức {reached}: {why}",
        "WARNING: only {reached} was reached: {why}"
    )
}

/// Something was asked for that cannot be had without trust, evidence or an authority.
pub fn services_needed(language: Language) -> &'static str {
    language.pick(
        "mức này cần --tsa, và từ B-LT cần thêm --trust và --evidence hoặc --online",
        "this level needs --tsa, and from B-LT on --trust, and --evidence or --online",
    )
}

/// Two documents of a list would be written to one file.
pub fn one_output(language: Language, name: &str) -> String {
    match language {
        Language::Vi => {
            format!("danh sách có hai tệp cùng ghi ra \"{name}\"; hãy ghi tên khác sau dấu tab")
        }
        Language::En => {
            format!("two lines of the list write \"{name}\"; give one another name behind a tab")
        }
    }
}

/// Two steps with a key that needs none.
pub fn only_services(language: Language) -> &'static str {
    language.pick(
        "ký hai bước chỉ dùng --key csc:TỆP; với khóa khác hãy dùng kyso sign",
        "two steps take --key csc:FILE alone; with another key use kyso sign",
    )
}

/// B-B cannot be asked for.
pub fn nothing_below(language: Language) -> &'static str {
    language.pick(
        "chọn b-t, b-lt hoặc b-lta: mọi chữ ký đều đã là b-b",
        "choose b-t, b-lt or b-lta: every signature is b-b already",
    )
}

/// Nothing was to be raised.
pub fn unchanged(language: Language, level: Level) -> String {
    say!(
        language,
        "tệp đã đạt mức {level}; không ghi gì",
        "the file has {level} already; nothing was written"
    )
}

/// A file was raised.
pub fn raised(language: Language, level: Level, out: &str) -> String {
    say!(
        language,
        "đã nâng lên mức {level}: {out}",
        "raised to {level}: {out}"
    )
}

/// How far a run is.
pub fn bulk_progress(language: Language, signed: usize, already: usize, failed: usize) -> String {
    say!(
        language,
        "đã ký {signed}, ký từ trước {already}, lỗi {failed}",
        "signed {signed}, signed before {already}, failed {failed}"
    )
}

/// What a run did.
pub fn bulk_done(language: Language, signed: usize, already: usize, failed: usize) -> String {
    bulk_progress(language, signed, already, failed)
}
