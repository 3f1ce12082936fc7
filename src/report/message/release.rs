//! What a step of the release workflow has to tell its user → sentences.

use serde::Serialize;

use super::Language;

/// Something that a step of the release workflow found; none of them alone stops a signature,
/// except those that [`ReleaseFinding::refuses`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReleaseFinding {
    /// The agency has signed already; this step belongs before that.
    AfterSeal {
        /// Field of the agency's signature.
        field: String,
    },
    /// The document bears a number, or a date, from an earlier step.
    AlreadyMade {
        /// Whether it is the number; otherwise the date.
        number: bool,
        /// Field of that step.
        field: String,
    },
    /// The signer's certificate fails its check.
    CertificateFailed {
        /// The first rule that is broken, in English.
        why: String,
        /// The same in Vietnamese.
        #[serde(skip)]
        why_vi: String,
    },
    /// Nobody is trusted, so that the signer's certificate was not checked.
    CertificateNotChecked,
    /// No path leads from the signer's certificate to somebody who is trusted.
    CertificateNotTrusted,
    /// The stamp stands on a visible signature that is there.
    CoversSignature {
        /// Its field.
        field: String,
        /// Its page, from 1.
        page: usize,
        /// Whether a seal may do so: on the signature of somebody who may be the leader.
        permitted: bool,
    },
    /// The stamp stands on words of the page.
    CoversText,
    /// A signature on the document fails.
    EarlierFails {
        /// Its field.
        field: String,
    },
    /// A signature that passed is indeterminate now, because the new signer is not known.
    EarlierIndeterminate {
        /// Its field.
        field: String,
    },
    /// Number or date of the document were not found on page 1.
    HeadUnseen,
    /// An image that is not transparent hides words of the page.
    HidesText,
    /// The trust file says who is who, and nothing about this signer.
    HolderUnknown,
    /// The image is no PNG.
    ImageNotPng,
    /// The image has no transparent background.
    ImageNotTransparent,
    /// The leader's signature is not blue.
    InkNotBlue,
    /// The seal is not red.
    InkNotRed,
    /// A new field in a document that is certified; the strict policy fails it.
    NewFieldAfterCertification,
    /// The blank of the date on page 1 is empty.
    NoDate,
    /// No valid signature of a person stands on the document.
    NoLeader,
    /// The blank of the number on page 1 is empty.
    NoNumber,
    /// Nobody has said who is who: the order of signatures is not enforced.
    OrderNotEnforced,
    /// A refusal was overridden.
    Overridden {
        /// The reason that was given.
        reason: String,
    },
    /// The document is PDF/A-1, which has no transparency: the image's edges are hard.
    TransparencyReduced,
    /// The status of the signer's certificate could not be had.
    StatusUnknown {
        /// Subject of the certificate.
        certificate: String,
    },
    /// The signer is not of the kind that this step asks for.
    WrongHolder {
        /// Whether a person is asked for; otherwise an agency.
        person: bool,
    },
}

impl ReleaseFinding {
    /// Whether the step is refused, unless it is overridden with a reason.
    pub fn refuses(&self) -> bool {
        matches!(
            self,
            Self::AfterSeal { .. }
                | Self::AlreadyMade { .. }
                | Self::CertificateFailed { .. }
                | Self::CoversSignature {
                    permitted: false,
                    ..
                }
                | Self::EarlierFails { .. }
                | Self::NoDate
                | Self::NoLeader
                | Self::NoNumber
                | Self::WrongHolder { .. }
        )
    }
}

/// A finding as a sentence.
pub fn finding(language: Language, finding: &ReleaseFinding) -> String {
    use ReleaseFinding as F;
    let pick = |vi: &'static str, en: &'static str| language.pick(vi, en).to_owned();
    match finding {
        F::AfterSeal { field } => match language {
            Language::Vi => format!("cơ quan đã ký (ô {field}) trước bước này"),
            Language::En => format!("the agency has signed (field {field}) before this step"),
        },
        F::AlreadyMade { number, field } => match (language, number) {
            (Language::Vi, true) => format!("văn bản đã có số (ô {field})"),
            (Language::Vi, false) => format!("văn bản đã có ngày (ô {field})"),
            (Language::En, true) => {
                format!("the document has its number already (field {field})")
            }
            (Language::En, false) => format!("the document has its date already (field {field})"),
        },
        F::CertificateFailed { why, why_vi } => match language {
            Language::Vi => format!("chứng thư của người ký không hợp lệ: {why_vi}"),
            Language::En => format!("the signer's certificate fails: {why}"),
        },
        F::CertificateNotChecked => pick(
            "CẢNH BÁO: chưa kiểm tra chứng thư của người ký, vì không có chứng thư gốc nào được tin cậy",
            "WARNING: the signer's certificate was not checked, because nobody is trusted",
        ),
        F::CertificateNotTrusted => pick(
            "CẢNH BÁO: chứng thư của người ký không dẫn đến chứng thư gốc được tin cậy",
            "WARNING: no path leads from the signer's certificate to somebody who is trusted",
        ),
        F::CoversSignature { field, page, .. } => match language {
            Language::Vi => format!(
                "vùng hiển thị chữ ký đè lên chữ ký đã có ở ô {field}, trang {page}; có thể chọn vị trí khác bằng --place"
            ),
            Language::En => format!(
                "the stamp stands on the signature in field {field}, page {page}; another place is given with --place"
            ),
        },
        F::CoversText => pick(
            "vùng hiển thị chữ ký đè lên chữ của trang",
            "the stamp stands on words of the page",
        ),
        F::EarlierFails { field } => match language {
            Language::Vi => format!("chữ ký đã có ở ô {field} không hợp lệ"),
            Language::En => format!("the signature in field {field} fails"),
        },
        F::EarlierIndeterminate { field } => match language {
            Language::Vi => format!(
                "chữ ký ở ô {field} trở thành chưa đủ cơ sở kết luận, vì chưa tin cậy người ký mới"
            ),
            Language::En => format!(
                "the signature in field {field} is indeterminate now, because the new signer is not trusted"
            ),
        },
        F::HeadUnseen => pick(
            "CẢNH BÁO: không đọc thấy số hoặc ngày của văn bản ở trang 1",
            "WARNING: number or date of the document were not found on page 1",
        ),
        F::HidesText => pick(
            "CẢNH BÁO: ảnh không trong suốt che mất chữ của trang",
            "WARNING: the image is not transparent and hides words of the page",
        ),
        F::HolderUnknown => pick(
            "tệp tin cậy không cho biết chứng thư này là của cá nhân hay của cơ quan",
            "the trust file does not say whether this certificate is a person's or an agency's",
        ),
        F::ImageNotPng => pick(
            "ảnh chữ ký không phải PNG như quy định",
            "the image is not a PNG, as the rule asks",
        ),
        F::ImageNotTransparent => pick(
            "ảnh chữ ký không có nền trong suốt như quy định",
            "the image has no transparent background, as the rule asks",
        ),
        F::InkNotBlue => pick(
            "ảnh chữ ký của người có thẩm quyền không phải màu xanh",
            "the image of the leader's signature is not blue",
        ),
        F::InkNotRed => pick(
            "ảnh dấu của cơ quan không phải màu đỏ",
            "the image of the seal is not red",
        ),
        F::NewFieldAfterCertification => pick(
            "thêm ô chữ ký mới vào văn bản đã được chứng nhận; chính sách strict sẽ không chấp nhận",
            "a new field in a certified document; the strict policy fails it",
        ),
        F::NoDate => pick(
            "chỗ ghi ngày ở trang 1 còn trống: cơ quan chỉ ký phát hành sau khi văn bản có số và ngày",
            "the blank of the date on page 1 is empty: a document is sealed after it has number and date",
        ),
        F::NoNumber => pick(
            "chỗ ghi số ở trang 1 còn trống: cơ quan chỉ ký phát hành sau khi văn bản có số và ngày",
            "the blank of the number on page 1 is empty: a document is sealed after it has number and date",
        ),
        F::NoLeader => pick(
            "chưa có chữ ký hợp lệ của người có thẩm quyền: cơ quan chỉ ký sau người có thẩm quyền",
            "no valid signature of a person: an agency signs only after its leader",
        ),
        F::OrderNotEnforced => pick(
            "tệp tin cậy không cho biết ai là cá nhân, ai là cơ quan: không kiểm soát được thứ tự ký",
            "the trust file does not say who is a person and who an agency: the order is not enforced",
        ),
        F::Overridden { reason } => match language {
            Language::Vi => format!("CẢNH BÁO: bỏ qua việc từ chối nêu trên, lý do: {reason}"),
            Language::En => format!("WARNING: the refusal above is overridden, reason: {reason}"),
        },
        F::StatusUnknown { certificate } => match language {
            Language::Vi => format!(
                "CẢNH BÁO: không xác định được trạng thái thu hồi của chứng thư {certificate}"
            ),
            Language::En => {
                format!("WARNING: the revocation status of {certificate} could not be had")
            }
        },
        F::TransparencyReduced => pick(
            "văn bản là PDF/A-1, không cho phép trong suốt: mép ảnh được làm cứng",
            "the document is PDF/A-1, which has no transparency: the image's edges are hard",
        ),
        F::WrongHolder { person: true } => pick(
            "bước này cần chứng thư của cá nhân, chứng thư đưa vào là của cơ quan",
            "this step asks for a person's certificate, and this one is an agency's",
        ),
        F::WrongHolder { person: false } => pick(
            "bước này cần chứng thư của cơ quan, chứng thư đưa vào là của cá nhân",
            "this step asks for an agency's certificate, and this one is a person's",
        ),
    }
}

/// A step was refused; the reasons stand above.
pub fn refused(language: Language, input: &str) -> String {
    match language {
        Language::Vi => format!(
            "{input}: từ chối ký vì các lý do trên; nếu vẫn phải ký, nêu lý do bằng --override và ghi nhật ký bằng --log"
        ),
        Language::En => format!(
            "{input}: refused for the reasons above; where it must be, give a reason with --override and a file with --log"
        ),
    }
}

/// Where post and name were looked for, and what to do, in Vietnamese.
pub(super) fn no_block_vi(
    pages: usize,
    missing: Option<&str>,
    unread: Option<(usize, &str)>,
) -> String {
    let what = match missing {
        Some(text) => format!("không thấy chữ \"{text}\" ở"),
        None => "không thấy chức vụ đứng trên họ tên ở".to_owned(),
    };
    let pages = match pages {
        0 | 1 => "trang 1".to_owned(),
        _ => format!("trang nào từ 1 đến {pages}"),
    };
    let unread = unread.map_or(String::new(), |(page, why)| {
        let why = super::technical::detail_vi(why);
        format!(", và trang {page} có phần không đọc được ({why})")
    });
    format!("{what} {pages}{unread}; hãy cho vị trí bằng --place")
}

/// Where a step's stamp stands: page from 1, left, top, width and height in millimetres.
pub fn stamped(language: Language, page: usize, [left, top, width, height]: [f64; 4]) -> String {
    match language {
        Language::Vi => format!(
            "vị trí: trang {page}, cách trái {left:.0} mm, cách trên {top:.0} mm, {width:.0} × {height:.0} mm"
        ),
        Language::En => format!(
            "place: page {page}, {left:.0} mm from the left, {top:.0} mm from the top, {width:.0} × {height:.0} mm"
        ),
    }
}
