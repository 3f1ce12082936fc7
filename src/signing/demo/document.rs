//! A moment → the page of an official decision in the look of Nghị định 30/2020/NĐ-CP.

use super::sheet::{PAGE, Paragraph, Sheet};
use crate::error::Error;
use crate::signing::appearance::{Area, Face, PageGeometry};
use crate::time::{UtcTime, VIETNAM_OFFSET};

/// The agency, invented.
pub(super) const AGENCY: &str = "Ủy ban nhân dân tỉnh Mẫu";
/// The leader, invented.
pub(super) const LEADER: &str = "Nguyễn Văn A";

const TITLE: &str = "Quyết định về việc thử nghiệm ký số văn bản điện tử";

/// Margins of the page, in millimetres: 20–25 top and bottom, 30–35 left, 15–20 right.
const LEFT: f64 = 30.0;
const RIGHT: f64 = 195.0;
/// Centres of the two columns of the head, and of the signer's block.
const AGENCY_COLUMN: f64 = 61.0;
const STATE_COLUMN: f64 = 145.5;
const SIGNER_COLUMN: f64 = 158.0;

/// The document to sign, and where on its page the signatures belong.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The file, PDF 1.7, one page, not signed.
    pub bytes: Vec<u8>,
    /// Place of the leader's signature, between post and name.
    pub leader: Area,
    /// Place of the agency's signature, at the left of the leader's.
    pub agency: Area,
}

impl Decision {
    /// The decision dated `at` (in Vietnam); the same bytes for the same second.
    ///
    /// # Errors
    /// None in practice: the text is fixed and the font has all of it.
    pub fn new(at: UtcTime) -> Result<Self, Error> {
        let mut sheet = Sheet::new();
        head(&mut sheet, at)?;
        let y = body(&mut sheet)?;
        let post = y + 8.0;
        let leader = Area::millimetres(SIGNER_COLUMN - 28.0, post + 8.0, 56.0, 15.0);
        let agency = Area::millimetres(SIGNER_COLUMN - 84.0, post + 8.0, 54.0, 15.0);
        foot(&mut sheet, post)?;
        Ok(Self {
            bytes: sheet.finish(TITLE, at)?,
            leader,
            agency,
        })
    }

    /// How the page is displayed.
    ///
    /// # Errors
    /// None: the page is A4.
    pub fn geometry(&self) -> Result<PageGeometry, Error> {
        PageGeometry::new(PAGE, None, 0, 1.0)
    }
}

/// The date as official documents write it: a zero before days below 10 and before months 1 and 2.
///
/// Source: Nghị định 30/2020/NĐ-CP, Phụ lục I.
pub(super) fn date(at: UtcTime) -> String {
    let (year, month, day, ..) = at.civil(VIETNAM_OFFSET);
    let zero = if month < 3 { "0" } else { "" };
    format!("ngày {day:02} tháng {zero}{month} năm {year}")
}

/// Agency and number at the left; country, motto, place and date at the right.
fn head(sheet: &mut Sheet, at: UtcTime) -> Result<(), Error> {
    sheet.centred(Face::Bold, 13.0, (AGENCY_COLUMN, 24.5), "ỦY BAN NHÂN DÂN")?;
    let width = sheet.centred(Face::Bold, 13.0, (AGENCY_COLUMN, 30.0), "TỈNH MẪU")?;
    // From a third to half of the line above.
    sheet.rule((AGENCY_COLUMN, 32.3), width / 2.0);
    sheet.centred(
        Face::Bold,
        12.0,
        (STATE_COLUMN, 24.5),
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    )?;
    let motto = "Độc lập - Tự do - Hạnh phúc";
    let width = sheet.centred(Face::Bold, 13.0, (STATE_COLUMN, 30.0), motto)?;
    // As long as the line above.
    sheet.rule((STATE_COLUMN, 32.3), width);
    sheet.centred(Face::Regular, 13.0, (AGENCY_COLUMN, 40.0), "Số: 15/QĐ-UBND")?;
    let place = format!("Mẫu, {}", date(at));
    sheet.centred(Face::Italic, 13.0, (STATE_COLUMN, 40.0), &place)?;
    Ok(())
}

/// Gives the `y` below the last line.
fn body(sheet: &mut Sheet) -> Result<f64, Error> {
    let middle = (LEFT + RIGHT) / 2.0;
    sheet.centred(Face::Bold, 14.0, (middle, 54.0), "QUYẾT ĐỊNH")?;
    let subject = "Về việc thử nghiệm ký số văn bản điện tử";
    let width = sheet.centred(Face::Bold, 14.0, (middle, 60.5), subject)?;
    sheet.rule((middle, 63.0), width / 3.0);
    sheet.centred(
        Face::Bold,
        14.0,
        (middle, 73.5),
        "CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH MẪU",
    )?;
    let how = Paragraph {
        left: LEFT,
        right: RIGHT,
        indent: 12.7,
        size: 14.0,
        leading: 1.2,
    };
    // At least 6 points between paragraphs.
    let gap = 2.2;
    let mut y = 83.0;
    for basis in [
        "Căn cứ Luật Giao dịch điện tử ngày 22 tháng 6 năm 2023;",
        "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác \
         văn thư;",
        "Căn cứ Nghị định số 68/2024/NĐ-CP ngày 25 tháng 6 năm 2024 của Chính phủ quy định về \
         chữ ký số chuyên dùng công vụ;",
        "Theo đề nghị của Chánh Văn phòng Ủy ban nhân dân tỉnh Mẫu.",
    ] {
        y = sheet.paragraph(&[(Face::Italic, basis)], &how, y)? + gap;
    }
    y += 3.0;
    sheet.centred(Face::Bold, 14.0, (middle, y), "QUYẾT ĐỊNH:")?;
    y += 10.0;
    for (article, text) in [
        (
            "Điều 1.",
            "Thử nghiệm ký số và kiểm tra chữ ký số trên văn bản điện tử tại các cơ quan của tỉnh \
             Mẫu trong thời hạn 30 ngày.",
        ),
        (
            "Điều 2.",
            "Người có thẩm quyền ký trước bằng chữ ký số cá nhân; văn thư ký sau bằng chữ ký số \
             của cơ quan. Những chữ mang dấu chồng như Ễ, Ự, Ậ, Ỡ phải hiện đúng trên mọi thiết \
             bị và sao chép được.",
        ),
        (
            "Điều 3.",
            "Chánh Văn phòng Ủy ban nhân dân tỉnh, Giám đốc các sở và Chủ tịch Ủy ban nhân dân \
             các xã, phường chịu trách nhiệm thi hành Quyết định này kể từ ngày ký./.",
        ),
    ] {
        let spans = [(Face::Bold, article), (Face::Regular, text)];
        y = sheet.paragraph(&spans, &how, y)? + gap;
    }
    Ok(y)
}

/// Recipients at the left, the signer at the right; `post` is the base line of the signer's post.
fn foot(sheet: &mut Sheet, post: f64) -> Result<(), Error> {
    sheet.slanted(Face::Bold, 12.0, (LEFT, post), 0.2, "Nơi nhận:")?;
    for (line, text) in [
        "- Như Điều 3;",
        "- Thường trực Tỉnh ủy;",
        "- Cổng TTĐT tỉnh;",
        "- Lưu: VT, VP.",
    ]
    .into_iter()
    .enumerate()
    {
        let y = post + 5.0 + line as f64 * 4.6;
        sheet.text(Face::Regular, 11.0, (LEFT, y), text)?;
    }
    sheet.centred(Face::Bold, 14.0, (SIGNER_COLUMN, post), "CHỦ TỊCH")?;
    sheet.centred(Face::Bold, 14.0, (SIGNER_COLUMN, post + 32.0), LEADER)?;
    sheet.grey(0.45);
    sheet.centred(
        Face::Italic,
        9.0,
        ((LEFT + RIGHT) / 2.0, 285.0),
        "Văn bản minh họa của phần mềm kyso, không có giá trị pháp lý.",
    )?;
    Ok(())
}
