//! Words about certificates, paths and anchors → sentences, in Vietnamese and English.

use super::Language;
use crate::pki::holder::{HolderHint, IdentifierKind};
use crate::pki::path::PathFailureKind;
use crate::pki::trust::Role;
use crate::report::certificate::{Named, PeriodState};
use crate::report::certificate_check::{CertificateConclusion, CertificateWarning, Missing};
use crate::validation::RevocationSummary;

/// What stands in front of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Label {
    Agency,
    AlternativeNames,
    Authority,
    CaIssuers,
    Crl,
    Email,
    ExcludedNames,
    ExtendedKeyUsage,
    Extensions,
    FreshestCrl,
    Identifier,
    Issuer,
    IssuerIdentifier,
    Key,
    KeyIdentifier,
    KeyUsage,
    Name,
    Ocsp,
    Period,
    PermittedNames,
    Pki,
    Policies,
    PolicyMappings,
    QualifiedStatements,
    Serial,
    Sha256,
    SignedWith,
    Source,
    Subject,
    Title,
    Until,
    Version,
}

/// The words of a label.
pub fn label(language: Language, label: Label) -> &'static str {
    use Label as L;
    match label {
        L::Agency => language.pick("cơ quan", "organisation"),
        L::AlternativeNames => language.pick("tên khác", "alternative names"),
        L::Authority => language.pick("cơ quan cấp chứng thư", "certification authority"),
        L::CaIssuers => language.pick("chứng thư cấp trên tại", "issuer's certificate at"),
        L::Crl => language.pick("CRL tại", "CRL at"),
        L::Email => language.pick("thư điện tử", "mail"),
        L::ExcludedNames => language.pick("không được cấp cho tên", "may not issue for"),
        L::ExtendedKeyUsage => language.pick("mục đích", "purposes"),
        L::Extensions => language.pick(
            "phần mở rộng (! = bắt buộc hiểu)",
            "extensions (! = critical)",
        ),
        L::FreshestCrl => language.pick("delta CRL tại", "delta CRL at"),
        L::Identifier => language.pick("mã định danh", "identifier"),
        L::Issuer => language.pick("bên cấp", "issuer"),
        L::IssuerIdentifier => language.pick("mã khóa bên cấp", "issuer's key identifier"),
        L::Key => language.pick("khóa", "key"),
        L::KeyIdentifier => language.pick("mã khóa", "key identifier"),
        L::KeyUsage => language.pick("được dùng khóa để", "key may"),
        L::Name => language.pick("tên", "name"),
        L::Ocsp => language.pick("OCSP tại", "OCSP at"),
        L::Period => language.pick("thời hạn", "valid"),
        L::PermittedNames => language.pick("chỉ được cấp cho tên", "may issue only for"),
        L::Policies => language.pick("chính sách", "policies"),
        L::PolicyMappings => language.pick("chính sách tương đương", "policy mappings"),
        L::QualifiedStatements => language.pick("tuyên bố QC", "qualified statements"),
        L::Serial => language.pick("số hiệu", "serial number"),
        L::Sha256 => "SHA-256",
        L::SignedWith => language.pick("ký bằng", "signed with"),
        L::Pki => language.pick("hệ thống chứng thực", "PKI"),
        L::Source => language.pick("nguồn", "source"),
        L::Subject => language.pick("chủ thể", "subject"),
        L::Title => language.pick("chức danh", "title"),
        L::Until => language.pick("tin cậy đến", "trusted until"),
        L::Version => language.pick("phiên bản", "version"),
    }
}

/// Subject and issuer are one name.
pub fn self_issued(language: Language) -> &'static str {
    language.pick(
        "chủ thể và bên cấp là một: chỉ tin khi SHA-256 đã được đối chiếu",
        "subject and issuer are one name: trust it only once its SHA-256 was compared",
    )
}

/// Nothing limits the use.
pub fn not_limited(language: Language) -> &'static str {
    language.pick("không giới hạn", "not limited")
}

/// What an authority may do.
pub fn authority(language: Language, below: Option<u64>) -> String {
    match below {
        Some(below) => say!(
            language,
            "có, tối đa {below} cấp bên dưới",
            "yes, at most {below} levels of authorities below"
        ),
        None => language.pick("có", "yes").to_owned(),
    }
}

/// No revocation information exists.
pub fn no_rev_avail(language: Language) -> &'static str {
    language.pick(
        "bên cấp không công bố tình trạng thu hồi (RFC 9608)",
        "the issuer publishes no revocation information (RFC 9608)",
    )
}

/// A responder that is not checked.
pub fn ocsp_no_check(language: Language) -> &'static str {
    language.pick(
        "máy chủ OCSP không cần kiểm tra thu hồi (RFC 6960 §4.2.2.2.1)",
        "an OCSP responder that is not checked for revocation (RFC 6960 §4.2.2.2.1)",
    )
}

/// Something against RFC 5280.
pub fn oddity(language: Language, what: &str) -> String {
    say!(
        language,
        "khác với RFC 5280: {what}",
        "against RFC 5280: {what}"
    )
}

/// No path may contain it.
pub fn unusable(language: Language, why: &str) -> String {
    say!(
        language,
        "không dùng được trong đường dẫn nào: {why}",
        "of no use on any path: {why}"
    )
}

/// Where the asked moment lies in the period.
pub fn period(language: Language, state: PeriodState) -> String {
    match state {
        PeriodState::NotYet => language
            .pick("chưa đến thời hạn", "the period has not begun")
            .to_owned(),
        PeriodState::Inside => language.pick("còn thời hạn", "in its period").to_owned(),
        PeriodState::EndsIn { days } => say!(
            language,
            "sắp hết hạn: còn {days} ngày",
            "ends soon: {days} days are left"
        ),
        PeriodState::Over => language.pick("đã hết hạn", "the period is over").to_owned(),
    }
}

/// What a key may do.
pub fn key_usage(language: Language, bit: &'static str) -> &'static str {
    match bit {
        "digitalSignature" => language.pick("ký (digitalSignature)", "sign (digitalSignature)"),
        "contentCommitment" => language.pick(
            "ký chống chối bỏ (contentCommitment)",
            "sign with commitment (contentCommitment)",
        ),
        "keyEncipherment" => language.pick(
            "mã hóa khóa (keyEncipherment)",
            "encrypt keys (keyEncipherment)",
        ),
        "dataEncipherment" => language.pick(
            "mã hóa dữ liệu (dataEncipherment)",
            "encrypt data (dataEncipherment)",
        ),
        "keyAgreement" => language.pick(
            "thỏa thuận khóa (keyAgreement)",
            "agree on keys (keyAgreement)",
        ),
        "keyCertSign" => language.pick(
            "cấp chứng thư (keyCertSign)",
            "issue certificates (keyCertSign)",
        ),
        "cRLSign" => language.pick("ký CRL (cRLSign)", "sign CRLs (cRLSign)"),
        other => other,
    }
}

/// A purpose, with its name in the registries.
pub fn purpose(language: Language, kind: &Named) -> String {
    let words = match kind.oid.to_string().as_str() {
        "1.3.6.1.5.5.7.3.1" => language.pick("máy chủ TLS", "TLS server"),
        "1.3.6.1.5.5.7.3.2" => language.pick("đăng nhập", "client log-in"),
        "1.3.6.1.5.5.7.3.3" => language.pick("ký phần mềm", "code signing"),
        "1.3.6.1.5.5.7.3.4" => language.pick("bảo vệ thư điện tử", "mail protection"),
        "1.3.6.1.5.5.7.3.8" => language.pick("dấu thời gian", "time-stamping"),
        "1.3.6.1.5.5.7.3.9" => language.pick("trả lời OCSP", "OCSP signing"),
        "1.3.6.1.5.5.7.3.36" | "1.3.6.1.4.1.311.10.3.12" | "1.2.840.113583.1.1.5" => {
            language.pick("ký tài liệu", "document signing")
        }
        "2.5.29.37.0" => language.pick("mọi mục đích", "any purpose"),
        _ => return kind.to_string(),
    };
    format!("{words} ({kind})")
}

/// What an identifier is.
pub fn identifier(language: Language, kind: IdentifierKind) -> &'static str {
    use IdentifierKind as K;
    match kind {
        K::BudgetUnit => language.pick("mã ngân sách (MNS)", "budget unit (MNS)"),
        K::CitizenIdentity => language.pick("căn cước (CCCD)", "citizen identity (CCCD)"),
        K::OldIdentity => language.pick("chứng minh nhân dân (CMND)", "identity card (CMND)"),
        K::Other => "UID",
        K::Passport => language.pick("hộ chiếu (HC)", "passport (HC)"),
        K::Personal => language.pick("mã cá nhân (PID)", "personal identifier (PID)"),
        K::PassportPersonal => {
            language.pick("mã cá nhân theo hộ chiếu (PPID)", "passport holder (PPID)")
        }
        K::SocialInsurance => language.pick("bảo hiểm xã hội (BHXH)", "social insurance (BHXH)"),
        K::TaxCode => language.pick("mã số thuế (MST)", "tax code (MST)"),
    }
}

/// What the identifiers suggest.
pub fn hint(language: Language, hint: HolderHint) -> Option<&'static str> {
    Some(match hint {
        HolderHint::Organisation => language.pick(
            "mã định danh gợi ý: của tổ chức (không phải bằng chứng)",
            "the identifiers suggest an organisation (no proof)",
        ),
        HolderHint::Person => language.pick(
            "mã định danh gợi ý: của cá nhân (không phải bằng chứng)",
            "the identifiers suggest a person (no proof)",
        ),
        HolderHint::Unknown => return None,
    })
}

/// Why there is no path, without naming the certificate.
pub fn path_failure(language: Language, kind: &PathFailureKind) -> String {
    use PathFailureKind as K;
    let l = language;
    if l == Language::En {
        return kind.to_string();
    }
    match kind {
        K::AlgorithmRefused { algorithm } => format!("không cho phép thuật toán {algorithm}"),
        K::AlgorithmUnsupported(what) => format!("không hỗ trợ thuật toán: {what}"),
        K::AnchorExpired { until } => format!("chứng thư gốc chỉ được tin cậy đến {until}"),
        K::BadSignature(why) => format!("chữ ký của bên cấp không khớp: {why}"),
        K::CriticalExtension(oid) => format!("có phần mở rộng bắt buộc {oid} không hiểu được"),
        K::ExtendedKeyUsage { .. } => {
            "mục đích sử dụng (extended key usage) không phù hợp".to_owned()
        }
        K::KeyUsage { .. } => "cách dùng khóa (key usage) không phù hợp".to_owned(),
        K::Limit { name, max } => {
            format!("chạm giới hạn khi tìm đường dẫn: {name} là {max}")
        }
        K::NameConstraint(fault) => format!("vi phạm giới hạn tên: {fault}"),
        K::NoIssuer => "không tìm thấy chứng thư của bên cấp".to_owned(),
        K::Nonconforming(oddity) => format!("không dùng được trong đường dẫn: {oddity}"),
        K::NotAuthority => "bên cấp không phải cơ quan cấp chứng thư".to_owned(),
        K::NotTrusted => "đường dẫn kết thúc ở chứng thư không được tin cậy".to_owned(),
        K::OutOfPeriod {
            not_before,
            not_after,
        } => format!("thời hạn {not_before} đến {not_after} không gồm thời điểm kiểm tra"),
        K::PathTooLong { limit } => {
            format!("quá nhiều cấp: chỉ cho phép {limit} cấp bên dưới")
        }
        K::Policy(fault) => format!("chính sách chứng thư: {fault}"),
        K::WeakKey { bits, minimum } => format!("khóa {bits} bit, cần ít nhất {minimum} bit"),
    }
}

/// What is missing.
pub fn missing(language: Language, missing: &Missing) -> String {
    let l = language;
    let list = |places: &[String]| match places {
        [] => String::new(),
        places => {
            let places = places.join(", ");
            say!(
                l,
                "; bên cấp công bố tại {places}",
                "; published at {places}"
            )
        }
    };
    match missing {
        Missing::IssuerCertificate {
            certificate,
            issuer,
            places,
        } => {
            let places = list(places);
            say!(
                l,
                "thiếu chứng thư của {issuer}, bên cấp của {certificate} (--pool){places}",
                "the certificate of {issuer}, issuer of {certificate}, is missing (--pool){places}"
            )
        }
        Missing::Anchor { certificate } => say!(
            l,
            "chưa tin cậy ai ở cuối đường dẫn {certificate} (--trust)",
            "nobody is trusted at the end of the path of {certificate} (--trust)"
        ),
        Missing::Revocation {
            certificate,
            why,
            places,
        } => {
            let (why, places) = (why.join("; "), list(places));
            say!(
                l,
                "không rõ {certificate} có bị thu hồi hay không: {why} (--evidence){places}",
                "whether {certificate} is revoked is not known: {why} (--evidence){places}"
            )
        }
    }
}

/// A certificate was revoked.
pub fn revoked(language: Language, since: &str, why: &str) -> String {
    say!(
        language,
        "đã bị thu hồi từ {since} ({why})",
        "revoked since {since} ({why})"
    )
}

/// An algorithm is too weak.
pub fn weak(language: Language, algorithm: &str) -> String {
    say!(
        language,
        "{algorithm} không đủ mạnh vào thời điểm kiểm tra",
        "{algorithm} is not strong enough at the asked time"
    )
}

/// The conclusion on a certificate.
pub fn conclusion(language: Language, conclusion: CertificateConclusion) -> &'static str {
    use CertificateConclusion as C;
    match conclusion {
        C::Passed => language.pick("chứng thư dùng được", "the certificate holds"),
        C::Failed => language.pick("chứng thư KHÔNG dùng được", "the certificate does NOT hold"),
        C::Indeterminate => language.pick(
            "chưa đủ căn cứ để kết luận",
            "not enough is known to decide",
        ),
    }
}

/// Nothing was asked about revocation.
pub fn revocation_not_asked(language: Language) -> &'static str {
    language.pick(
        "không kiểm tra thu hồi (--revocation none)",
        "revocation was not asked (--revocation none)",
    )
}

/// An anchor was added to a trust file, or was there already.
pub fn anchor_added(language: Language, new: bool, sha256: &str, subject: &str) -> String {
    match new {
        true => say!(
            language,
            "đã thêm {subject}\n  SHA-256 {sha256}\n  hãy đối chiếu giá trị này qua một kênh khác",
            "added {subject}\n  SHA-256 {sha256}\n  compare this value over another channel"
        ),
        false => say!(
            language,
            "đã có sẵn {subject}\n  SHA-256 {sha256}",
            "already there: {subject}\n  SHA-256 {sha256}"
        ),
    }
}

/// A rule was added to a trust file, or was there already.
pub fn rule_added(language: Language, new: bool, rule: &str) -> String {
    match new {
        true => say!(
            language,
            "đã thêm quy tắc: {rule}",
            "added the rule: {rule}"
        ),
        false => say!(
            language,
            "đã có sẵn quy tắc: {rule}",
            "the rule is already there: {rule}"
        ),
    }
}

/// A rule needs a condition.
pub fn rule_needs_condition(language: Language) -> &'static str {
    language.pick(
        "cần ít nhất một điều kiện: --issuer, --policy hoặc --certificate",
        "a condition is needed: --issuer, --policy or --certificate",
    )
}

/// Who the holder of a certificate is, as the caller's rules say.
pub fn role(language: Language, role: Role) -> &'static str {
    match role {
        Role::Agency => language.pick("cơ quan, tổ chức", "agency"),
        Role::Person => language.pick("cá nhân", "person"),
    }
}

/// A certificate has none of the given digests.
pub fn not_pinned(language: Language, file: &str, subject: &str, sha256: &str) -> String {
    say!(
        language,
        "{file}: {subject} có SHA-256 {sha256}, không phải giá trị đã cho; không ghi gì",
        "{file}: {subject} has SHA-256 {sha256}, none of those given; nothing was written"
    )
}

/// A digest is malformed.
pub fn not_a_digest(language: Language, text: &str) -> String {
    say!(
        language,
        "{text} không phải SHA-256 (64 chữ số thập lục phân)",
        "{text} is no SHA-256 (64 hexadecimal digits)"
    )
}

/// Nothing to add.
pub fn nothing_to_add(language: Language) -> &'static str {
    language.pick(
        "cần ít nhất một chứng thư hoặc --sha256",
        "a certificate or --sha256 is needed",
    )
}

/// The file must have one certificate, the one to check.
pub fn one_certificate(language: Language, file: &str, found: usize) -> String {
    say!(
        language,
        "{file}: có {found} chứng thư; chứng thư đầu tiên được kiểm tra, các chứng thư khác là ứng viên",
        "{file}: {found} certificates; the first is checked, the others are candidates"
    )
}

/// An anchor that is only a pin.
pub fn pin_only(language: Language) -> &'static str {
    language.pick(
        "chỉ ghim SHA-256; chứng thư phải đi kèm tài liệu",
        "pinned by SHA-256 alone; the certificate must come with the documents",
    )
}

/// An anchor that is in order.
pub fn anchor_fine(language: Language) -> &'static str {
    language.pick("dùng được", "in order")
}

/// A problem of an anchor.
pub fn anchor_problem(language: Language, problem: &crate::report::trust::AnchorProblem) -> String {
    use crate::report::trust::AnchorProblem as P;
    match problem {
        P::UntilPassed { until } => say!(
            language,
            "chỉ được tin cậy đến {until}",
            "it was trusted until {until} only"
        ),
        P::UntilNear { days } => say!(
            language,
            "sắp hết thời gian tin cậy: còn {days} ngày",
            "trust ends soon: {days} days are left"
        ),
        P::Period { state } => period(language, *state),
        P::NotAuthority => language
            .pick(
                "không phải cơ quan cấp chứng thư: chỉ tin chính nó",
                "no certification authority: only itself is trusted",
            )
            .to_owned(),
        P::NotSelfIssued { issuer } => say!(
            language,
            "không phải chứng thư gốc: do {issuer} cấp",
            "not a root: issued by {issuer}"
        ),
        P::Weak { algorithm } => weak(language, algorithm),
        P::Unusable { why } => unusable(language, why),
        P::NoSource => language
            .pick(
                "không ghi nguồn (--source): không rõ ai đã đối chiếu",
                "no source (--source): nobody knows who compared it",
            )
            .to_owned(),
    }
}

/// The status of a certificate, short.
pub fn status(language: Language, summary: &RevocationSummary) -> String {
    let word = match summary.status {
        "good" => language.pick("không bị thu hồi", "good"),
        "revoked" => language.pick("ĐÃ BỊ THU HỒI", "REVOKED"),
        _ => language.pick("chưa rõ", "unknown"),
    };
    match (summary.source, summary.this_update) {
        (Some(source), Some(at)) => format!("{word} ({source}, {at})"),
        _ => word.to_owned(),
    }
}

/// Something that decides nothing.
pub fn warning(language: Language, warning: &CertificateWarning) -> String {
    use CertificateWarning as W;
    let l = language;
    match warning {
        W::EndsSoon {
            certificate,
            days,
            not_after,
        } => say!(
            l,
            "{certificate} sắp hết hạn: còn {days} ngày (đến {not_after})",
            "{certificate} ends soon: {days} days are left (until {not_after})"
        ),
        W::Oddity { certificate, text } => {
            say!(l, "{certificate}: {text}", "{certificate}: {text}")
        }
        W::RevokedLater { certificate, since } => say!(
            l,
            "{certificate} bị thu hồi từ {since}, sau thời điểm kiểm tra",
            "{certificate} is revoked since {since}, after the asked moment"
        ),
        W::RevocationUnknown { certificate, why } => {
            let why = why.join("; ");
            say!(
                l,
                "không rõ {certificate} có bị thu hồi hay không: {why}",
                "whether {certificate} is revoked is not known: {why}"
            )
        }
        W::RevocationNotAsked => revocation_not_asked(l).to_owned(),
    }
}
