//! A moment → pages in the look of Nghị định 30/2020/NĐ-CP: a decision with blanks for number and date, an annex, a copy.

use super::sheet::{Paragraph, Sheet};
use crate::error::Error;
use crate::signing::appearance::Face;
use crate::time::{UtcTime, VIETNAM_OFFSET};

/// The agency, invented.
pub const AGENCY: &str = "Ủy ban nhân dân tỉnh Mẫu";
/// The leader, invented.
pub const LEADER: &str = "Nguyễn Văn A";

/// The leader's post.
pub(super) const POST: &str = "CHỦ TỊCH";
/// The decision's symbol.
pub const SYMBOL: &str = "QĐ-UBND";

/// The decision's title.
pub const TITLE: &str = "Quyết định về việc thử nghiệm ký số văn bản điện tử";

/// Margins of the page, in millimetres: 20–25 top and bottom, 30–35 left, 15–20 right.
const LEFT: f64 = 30.0;
const RIGHT: f64 = 195.0;
/// Centres of the two columns of the head, and of the signer's block.
const AGENCY_COLUMN: f64 = 61.0;
const STATE_COLUMN: f64 = 145.5;
const SIGNER_COLUMN: f64 = 158.0;

/// The decision dated the day of `at` (in Vietnam), with blanks for its number and date: the same
/// bytes for the same second.
pub(super) fn decision(at: UtcTime) -> Result<Vec<u8>, Error> {
    let mut sheet = Sheet::new();
    head(&mut sheet, at)?;
    let y = body(&mut sheet)?;
    foot(&mut sheet, y + 8.0)?;
    sheet.finish(TITLE, at)
}

/// An annex to the decision, in a file of its own.
pub(super) fn annex(at: UtcTime) -> Result<Vec<u8>, Error> {
    page(
        at,
        "PHỤ LỤC",
        &[
            "(Kèm theo Quyết định của Ủy ban nhân dân tỉnh Mẫu)",
            "Danh sách cơ quan thử nghiệm: Văn phòng Ủy ban nhân dân tỉnh; Sở Nội vụ; Sở Khoa \
             học và Công nghệ.",
        ],
    )
}

/// What stands for the scan of a paper document.
pub(super) fn scan(at: UtcTime) -> Result<Vec<u8>, Error> {
    page(
        at,
        "GIẤY XÁC NHẬN",
        &["Trang này thay cho bản quét màu 200 dpi của một văn bản giấy."],
    )
}

fn page(at: UtcTime, title: &str, paragraphs: &[&str]) -> Result<Vec<u8>, Error> {
    let mut sheet = Sheet::new();
    let middle = (LEFT + RIGHT) / 2.0;
    sheet.centred(Face::Bold, 14.0, (middle, 34.0), title)?;
    let how = Paragraph {
        left: LEFT,
        right: RIGHT,
        indent: 12.7,
        size: 14.0,
        leading: 1.2,
    };
    let mut y = 46.0;
    for text in paragraphs {
        y = sheet.paragraph(&[(Face::Regular, text)], &how, y)? + 2.2;
    }
    warning(&mut sheet)?;
    sheet.finish(title, at)
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
    blanks(
        sheet,
        (Face::Regular, 13.0),
        (AGENCY_COLUMN, 40.0),
        &["Số:", "/QĐ-UBND"],
        12.0,
    )?;
    let (year, ..) = at.civil(VIETNAM_OFFSET);
    let year = format!("năm {year}");
    blanks(
        sheet,
        (Face::Italic, 13.0),
        (STATE_COLUMN, 40.0),
        &["Mẫu, ngày", "tháng", &year],
        8.0,
    )
}

/// Words with blanks of `gap` millimetres between them, centred on `x`.
fn blanks(
    sheet: &mut Sheet,
    (face, size): (Face, f64),
    (x, y): (f64, f64),
    words: &[&str],
    gap: f64,
) -> Result<(), Error> {
    let mut widths = Vec::new();
    for word in words {
        widths.push(sheet.width(face, size, word)?);
    }
    let gaps = words.len().saturating_sub(1) as f64 * gap;
    let mut left = x - (widths.iter().sum::<f64>() + gaps) / 2.0;
    for (word, width) in words.iter().zip(widths) {
        sheet.text(face, size, (left, y), word)?;
        left += width + gap;
    }
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
    sheet.centred(Face::Bold, 14.0, (SIGNER_COLUMN, post), POST)?;
    sheet.centred(Face::Bold, 14.0, (SIGNER_COLUMN, post + 32.0), LEADER)?;
    warning(sheet)
}

/// Nobody shall take the page for a real one.
fn warning(sheet: &mut Sheet) -> Result<(), Error> {
    sheet.grey(0.45);
    sheet.centred(
        Face::Italic,
        9.0,
        ((LEFT + RIGHT) / 2.0, 285.0),
        "Văn bản minh họa của phần mềm kyso, không có giá trị pháp lý.",
    )?;
    Ok(())
}
