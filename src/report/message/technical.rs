//! Places and details that lower rows tell in English → Vietnamese; names of the standards stay as they are.

use super::Language;

/// The path of a changed object, as the comparison of revisions tells it.
pub fn change_path(language: Language, path: &str) -> String {
    if language == Language::En {
        return path.to_owned();
    }
    if let Some((_, vi)) = PATHS.iter().find(|(en, _)| *en == path) {
        return (*vi).to_owned();
    }
    let middle = |start: &str, end: &str| path.strip_prefix(start)?.strip_suffix(end);
    if let Some(position) = middle("bytes from ", " that the cross-reference does not list") {
        return format!("dữ liệu từ byte {position} mà bảng tham chiếu không ghi");
    }
    if let Some(name) = middle("field ", " is locked by this signature") {
        return format!("ô {name} đã bị chữ ký này khóa");
    }
    if let Some(name) = middle("field ", " was added and not signed") {
        return format!("ô {name} được thêm mà không ký");
    }
    if path == "field without a name" {
        return "ô không có tên".to_owned();
    }
    if let Some(name) = path.strip_prefix("field ") {
        return format!("ô {name}");
    }
    path.to_owned()
}

/// The text of an error of a lower row, which stands in reports in English.
pub fn error_text(language: Language, text: &str) -> String {
    if language == Language::En {
        return text.to_owned();
    }
    for (en, vi) in FAMILIES {
        if let Some(detail) = text.strip_prefix(en) {
            return format!("{vi}{}", detail_vi(detail));
        }
    }
    detail_vi(text).to_owned()
}

/// A fixed detail of an error, as catalogues have it by its English text; others stay as they are.
pub(super) fn detail_vi(text: &str) -> &str {
    DETAILS
        .iter()
        .find(|(en, _)| *en == text)
        .map_or(text, |(_, vi)| vi)
}

const FAMILIES: &[(&str, &str)] = &[
    ("malformed PDF: ", "PDF sai cấu trúc: "),
    ("malformed CMS: ", "CMS sai cấu trúc: "),
    ("malformed certificate: ", "chứng thư sai cấu trúc: "),
    ("malformed CRL: ", "CRL sai cấu trúc: "),
    ("malformed OCSP response: ", "trả lời OCSP sai cấu trúc: "),
    (
        "malformed time-stamp token: ",
        "dấu thời gian sai cấu trúc: ",
    ),
    (
        "stream cannot be decoded: ",
        "không giải nén được dữ liệu: ",
    ),
    ("not supported: ", "không hỗ trợ: "),
    ("invalid ASN.1 value: ", "giá trị ASN.1 sai: "),
    ("not DER: ", "không phải DER: "),
    ("limit reached: ", "vượt giới hạn: "),
    ("unexpected ASN.1 tag ", "gặp thẻ ASN.1 không đúng: "),
    (
        "ASN.1 element missing, expected tag ",
        "thiếu phần tử ASN.1 có thẻ ",
    ),
    ("ASN.1 value is cut short: ", "giá trị ASN.1 bị cắt cụt: "),
];

const DETAILS: &[(&str, &str)] = &[
    (
        "/AcroForm is not a dictionary",
        "/AcroForm không phải từ điển",
    ),
    ("/Action of a field lock", "/Action của khóa ô sai dạng"),
    ("/Annots is not an array", "/Annots không phải mảng"),
    ("/DSS is not a dictionary", "/DSS không phải từ điển"),
    (
        "/DecodeParms is no dictionary",
        "/DecodeParms không phải từ điển",
    ),
    (
        "/Encrypt is not a dictionary",
        "/Encrypt không phải từ điển",
    ),
    ("/Encrypt lacks a number", "/Encrypt thiếu một giá trị số"),
    (
        "/Encrypt names no handler",
        "/Encrypt không nêu bộ xử lý mã hóa",
    ),
    (
        "/Extensions is not a dictionary",
        "/Extensions không phải từ điển",
    ),
    ("/Fields is not an array", "/Fields không phải mảng"),
    ("/Fields of a field lock", "/Fields của khóa ô sai dạng"),
    ("/Filter is not a name", "/Filter không phải tên"),
    (
        "/Index of a cross-reference stream is malformed",
        "/Index của luồng tham chiếu sai dạng",
    ),
    (
        "/Kids of a page tree node is not an array",
        "/Kids của một nút trong cây trang không phải mảng",
    ),
    ("/Length does not exist", "/Length không tồn tại"),
    ("/Length is negative", "/Length là số âm"),
    ("/Length is not a number", "/Length không phải số"),
    (
        "/Length of /Encrypt is out of range",
        "/Length của /Encrypt ngoài phạm vi cho phép",
    ),
    (
        "/Length of a cross-reference stream is not a number",
        "/Length của luồng tham chiếu không phải số",
    ),
    ("/Length refers to itself", "/Length trỏ về chính nó"),
    (
        "/P of /Encrypt is out of range",
        "/P của /Encrypt ngoài phạm vi cho phép",
    ),
    (
        "/Prev is not an offset",
        "/Prev không phải là vị trí trong tệp",
    ),
    ("/Prev points forward", "/Prev chỉ về phía sau"),
    ("/Prev runs in a circle", "/Prev chạy vòng tròn"),
    (
        "/Size of a cross-reference stream is malformed",
        "/Size của luồng tham chiếu sai dạng",
    ),
    (
        "/Size of a trailer is no object count",
        "/Size của trailer không phải số đối tượng",
    ),
    (
        "/W of a cross-reference stream is malformed",
        "/W của luồng tham chiếu sai dạng",
    ),
    (
        "/W or /Index of a cross-reference stream is malformed",
        "/W hoặc /Index của luồng tham chiếu sai dạng",
    ),
    (
        "/XRefStm does not point into the file",
        "/XRefStm trỏ ra ngoài tệp",
    ),
    ("ASCII85 group is too large", "một nhóm ASCII85 quá lớn"),
    (
        "ASCII85 group of one character",
        "một nhóm ASCII85 chỉ có một ký tự",
    ),
    (
        "LZW code is not defined",
        "gặp mã LZW không được định nghĩa",
    ),
    ("LZW data is cut short", "dữ liệu LZW bị cắt cụt"),
    ("PEM block is not base64", "khối PEM không phải base64"),
    ("PEM block without a label", "khối PEM không có nhãn"),
    (
        "PEM block without an end",
        "khối PEM không có dòng kết thúc",
    ),
    (
        "a form field is not a dictionary",
        "một ô biểu mẫu không phải từ điển",
    ),
    (
        "a form field is reached twice",
        "một ô biểu mẫu xuất hiện hai lần",
    ),
    (
        "a list of /DSS is not an array",
        "một danh sách trong /DSS không phải mảng",
    ),
    (
        "an OpenSSH key; convert it to PKCS#8",
        "khóa OpenSSH; hãy chuyển sang PKCS#8",
    ),
    (
        "array closed where none is open",
        "dấu đóng mảng không có dấu mở",
    ),
    (
        "catalog has no page tree",
        "danh mục gốc không có cây trang",
    ),
    ("character is not ASCII85", "ký tự không thuộc ASCII85"),
    (
        "character is not hexadecimal",
        "ký tự không phải chữ số thập lục phân",
    ),
    (
        "content-type is not that of a time stamp",
        "content-type không phải của dấu thời gian",
    ),
    (
        "cross-reference section lies outside the file",
        "bảng tham chiếu nằm ngoài tệp",
    ),
    (
        "cross-reference section lists an object twice",
        "bảng tham chiếu ghi một đối tượng hai lần",
    ),
    (
        "cross-reference stream is shorter than it says",
        "luồng tham chiếu ngắn hơn nó ghi",
    ),
    (
        "cross-reference stream uses a reference",
        "luồng tham chiếu dùng tham chiếu",
    ),
    (
        "dictionary closed where none is open",
        "dấu đóng từ điển không có dấu mở",
    ),
    (
        "dictionary key is not a name",
        "khóa của từ điển không phải tên",
    ),
    (
        "dictionary key without value",
        "khóa của từ điển không có giá trị",
    ),
    ("encrypted data is damaged", "dữ liệu mã hóa bị hỏng"),
    ("encrypted input is refused", "không ký tệp đã mã hóa"),
    (
        "expected a cross-reference section",
        "cần có bảng tham chiếu ở đây",
    ),
    ("expected an object header", "cần có đầu đối tượng ở đây"),
    ("expected endobj", "cần có endobj ở đây"),
    (
        "filter parameter is no number",
        "tham số bộ lọc không phải số",
    ),
    (
        "filter parameter out of range",
        "tham số bộ lọc ngoài phạm vi cho phép",
    ),
    (
        "filters of an object stream are not direct",
        "bộ lọc của luồng đối tượng không ghi trực tiếp",
    ),
    ("flate data is damaged", "dữ liệu nén bị hỏng"),
    (
        "generation number is above 65535",
        "số thế hệ lớn hơn 65535",
    ),
    (
        "generation number of a reference is above 65535",
        "số thế hệ của một tham chiếu lớn hơn 65535",
    ),
    (
        "hexadecimal string without end",
        "chuỗi thập lục phân không có dấu đóng",
    ),
    (
        "imprint of another length than its algorithm's",
        "giá trị băm dài khác với thuật toán của nó",
    ),
    (
        "index in an object stream is too large",
        "chỉ số trong luồng đối tượng quá lớn",
    ),
    (
        "it ends in the remains of a signature; sign the complete file",
        "cuối tệp là phần còn lại của một chữ ký bị cắt; hãy ký trên tệp đầy đủ",
    ),
    (
        "it is the certificate of an authority",
        "đó là chứng thư của tổ chức chứng thực",
    ),
    (
        "its extended key usage is for something else",
        "mục đích sử dụng mở rộng của nó dành cho việc khác",
    ),
    (
        "its hybrid cross-references contradict each other; save it anew first",
        "các bảng tham chiếu kép (hybrid) mâu thuẫn nhau; hãy lưu lại tệp trước",
    ),
    (
        "its structure needs repair; save it anew first",
        "cấu trúc cần sửa; hãy lưu lại tệp trước",
    ),
    (
        "keyword stream is not followed by a line end",
        "sau từ khóa stream không có xuống dòng",
    ),
    ("literal string without end", "chuỗi không có dấu đóng"),
    ("malformed PKCS#12 structure", "cấu trúc PKCS#12 sai"),
    ("malformed PKCS#8 structure", "cấu trúc PKCS#8 sai"),
    (
        "malformed cross-reference table",
        "bảng tham chiếu sai dạng",
    ),
    (
        "malformed head of an object stream",
        "phần đầu của luồng đối tượng sai dạng",
    ),
    ("malformed number", "số sai dạng"),
    (
        "malformed row of a cross-reference table",
        "một dòng của bảng tham chiếu sai dạng",
    ),
    (
        "malformed startxref or no %%EOF",
        "startxref sai dạng hoặc thiếu %%EOF",
    ),
    (
        "message-digest is not that of the TSTInfo",
        "message-digest không khớp với TSTInfo",
    ),
    ("more than one", "nhiều hơn một"),
    ("no certificate found", "không có chứng thư nào trong tệp"),
    (
        "no certificate of the signer is there",
        "không có chứng thư của người ký",
    ),
    ("no dictionary", "không có từ điển"),
    ("no signed attributes", "không có thuộc tính được ký"),
    (
        "no signing-certificate attribute",
        "không có thuộc tính signing-certificate",
    ),
    ("no startxref", "không có startxref"),
    (
        "node of the page tree is not a dictionary",
        "một nút trong cây trang không phải từ điển",
    ),
    (
        "not a PDF: no %PDF- header",
        "không phải PDF: không có %PDF-",
    ),
    ("not a PKCS#12 file", "không phải tệp PKCS#12"),
    (
        "not all signatures are found again",
        "không tìm lại được đủ các chữ ký",
    ),
    ("object is cut short", "đối tượng bị cắt cụt"),
    (
        "object number of a reference is too large",
        "số đối tượng của một tham chiếu quá lớn",
    ),
    (
        "object number of an object stream is too large",
        "số đối tượng trong luồng đối tượng quá lớn",
    ),
    (
        "object stream has another type",
        "luồng đối tượng có kiểu khác",
    ),
    (
        "object stream is not a stream",
        "luồng đối tượng không phải luồng",
    ),
    (
        "object stream is shorter than its head",
        "luồng đối tượng ngắn hơn phần đầu của nó",
    ),
    (
        "object stream without /N or /First",
        "luồng đối tượng thiếu /N hoặc /First",
    ),
    (
        "page tree runs in a circle or shares a node",
        "cây trang chạy vòng tròn hoặc dùng chung một nút",
    ),
    (
        "predictor parameter out of range",
        "tham số dự đoán ngoài phạm vi cho phép",
    ),
    (
        "revision has no startxref and %%EOF of its own",
        "một phiên bản không có startxref và %%EOF riêng",
    ),
    (
        "root of the page tree has no type",
        "gốc của cây trang không có kiểu",
    ),
    (
        "run-length data is cut short",
        "dữ liệu run-length bị cắt cụt",
    ),
    (
        "signer identifier of no known kind",
        "định danh người ký không thuộc loại nào đã biết",
    ),
    (
        "signing-certificate names another certificate",
        "signing-certificate chỉ đến chứng thư khác",
    ),
    (
        "something follows the object",
        "có dữ liệu thừa sau đối tượng",
    ),
    (
        "something follows the token",
        "có dữ liệu thừa sau dấu thời gian",
    ),
    (
        "startxref stands before the section that it names",
        "startxref đứng trước bảng tham chiếu mà nó chỉ đến",
    ),
    ("stray delimiter", "dấu phân cách lạc chỗ"),
    (
        "stream does not end where /Length says",
        "luồng không kết thúc ở chỗ /Length ghi",
    ),
    ("stream is longer than the file", "luồng dài hơn tệp"),
    ("stream without /Length", "luồng không có /Length"),
    (
        "the PEM file holds no private key",
        "tệp PEM không có khóa bí mật",
    ),
    (
        "the PKCS#12 file holds no certificate",
        "tệp PKCS#12 không có chứng thư",
    ),
    (
        "the PKCS#12 file holds no private key",
        "tệp PKCS#12 không có khóa bí mật",
    ),
    ("the area is empty", "khung rỗng"),
    (
        "the area is not wholly on the page",
        "khung không nằm trọn trong trang",
    ),
    (
        "the digest algorithm is not known",
        "không biết thuật toán băm",
    ),
    (
        "the document has no such page",
        "tài liệu không có trang đó",
    ),
    (
        "the file is a certificate, not a key",
        "tệp là chứng thư, không phải khóa",
    ),
    ("the file is empty", "tệp rỗng"),
    (
        "the file is encrypted and none of the passwords opens it",
        "tệp được mã hóa và không mật khẩu nào mở được",
    ),
    (
        "the imprint is that of other data",
        "giá trị băm là của dữ liệu khác",
    ),
    (
        "the place of the signature is lost",
        "không xác định được chỗ của chữ ký",
    ),
    ("the signature does not verify", "chữ ký không đúng"),
    ("the text does not fit into the area", "chữ không vừa khung"),
    (
        "the token comes without certificates",
        "dấu thời gian không kèm chứng thư",
    ),
    (
        "the token stamps other data",
        "dấu thời gian đóng cho dữ liệu khác",
    ),
    (
        "the value of a signature field",
        "giá trị của một ô chữ ký sai dạng",
    ),
    ("there is no catalog", "không có danh mục gốc (catalog)"),
    ("there is no cross-reference", "không có bảng tham chiếu"),
    (
        "times of the answer contradict each other",
        "các mốc thời gian trong câu trả lời mâu thuẫn nhau",
    ),
    ("trailer is not a dictionary", "trailer không phải từ điển"),
    ("unknown PNG filter type", "loại bộ lọc PNG không có"),
    ("unknown crypt filter", "bộ lọc mã hóa không có"),
    ("unknown keyword", "từ khóa không có"),
    ("unknown predictor", "bộ dự đoán không có"),
    ("version", "phiên bản cấu trúc không đúng"),
    ("numbers start at 1", "số bắt đầu từ 1"),
    (
        "a symbol is groups of letters joined with hyphens",
        "ký hiệu gồm các nhóm chữ nối bằng dấu gạch nối",
    ),
    (
        "a symbol has no spaces and no signs but hyphens",
        "ký hiệu không có khoảng trắng và dấu nào khác ngoài dấu gạch nối",
    ),
    (
        "a symbol is written in capitals",
        "ký hiệu viết bằng chữ in hoa",
    ),
    ("the number stands on the page already", "trang đã có số"),
    ("the date stands on the page already", "trang đã có ngày"),
    (
        "the blank behind \"Số:\" is too narrow for the number; give the place",
        "chỗ trống sau \"Số:\" quá hẹp; hãy cho vị trí",
    ),
    (
        "what stands behind \"Số:\" is no blank; give the place",
        "phía sau \"Số:\" không phải là chỗ trống; hãy cho vị trí bằng --place",
    ),
    (
        "what stands behind \"năm\" is neither a year nor a blank; give the place and the locality",
        "phía sau \"năm\" không phải là năm hay chỗ trống; hãy cho vị trí và địa danh (--place, --locality)",
    ),
    (
        "no room beside the earlier stamps; give the place",
        "không còn chỗ bên cạnh các dấu đã có; hãy cho vị trí bằng --place",
    ),
    (
        "\"Số:\" does not stand in the head of page 1; give the place",
        "\"Số:\" không nằm ở phần đầu trang 1; hãy cho vị trí",
    ),
    (
        "page 1 has no \"ngày … tháng … năm\"; give the place and the locality",
        "trang 1 không có \"ngày … tháng … năm\"; hãy cho vị trí và địa danh",
    ),
    (
        "the blanks of the date are too narrow; give the place and the locality",
        "chỗ trống cho ngày tháng quá hẹp; hãy cho vị trí và địa danh",
    ),
    (
        "the leader's signature is not found; name its field or give the place",
        "không tìm thấy chữ ký của người có thẩm quyền; hãy cho tên ô chữ ký hoặc vị trí",
    ),
    (
        "the image is larger than its field; images are not scaled to fit",
        "ảnh lớn hơn ô chữ ký; ảnh không bị thu nhỏ cho vừa",
    ),
    ("it is neither PNG nor JPEG", "không phải ảnh PNG hay JPEG"),
    (
        "it does not say how large it is; give its width in millimetres",
        "ảnh không ghi kích thước thật; hãy cho chiều rộng theo milimét",
    ),
    (
        "its size is not from 1 to 1000 millimetres",
        "kích thước không nằm trong khoảng 1 đến 1000 milimét",
    ),
    ("the PNG is damaged", "ảnh PNG bị hỏng"),
    ("the JPEG is damaged", "ảnh JPEG bị hỏng"),
    ("the JPEG is cut short", "ảnh JPEG bị cắt cụt"),
    (
        "its CMYK colours have no place in PDF/A; save it as RGB",
        "màu CMYK không dùng được trong PDF/A; hãy lưu ảnh dạng RGB",
    ),
    (
        "a graphics state sets the font",
        "phông chữ được đặt theo cách không đọc được",
    ),
    ("text without a font that is there", "thiếu phông chữ"),
    (
        "a font does not tell which characters it shows",
        "phông chữ không cho biết nó hiện những ký tự nào",
    ),
    (
        "a font does not tell the widths of its characters",
        "phông chữ không cho biết độ rộng của ký tự",
    ),
    (
        "a font has another encoding than Identity-H",
        "phông chữ có bảng mã không hỗ trợ",
    ),
    (
        "its integrity is guarded by a document MAC (/AuthCode)",
        "tính toàn vẹn của tệp được bảo vệ bằng mã xác thực tài liệu (/AuthCode)",
    ),
];

const PATHS: &[(&str, &str)] = &[
    (
        "added, and explained by no rule",
        "được thêm, không thuộc loại thay đổi được phép nào",
    ),
    (
        "replaced, and explained by no rule",
        "bị thay, không thuộc loại thay đổi được phép nào",
    ),
    ("freed", "bị xóa"),
    (
        "cross-reference into earlier bytes",
        "bảng tham chiếu trỏ về phần tệp cũ",
    ),
    ("two objects at one place", "hai đối tượng ở cùng một chỗ"),
    (
        "cross-reference into an earlier object stream",
        "bảng tham chiếu trỏ về luồng đối tượng cũ",
    ),
    (
        "trailer /Size does not fit what is listed",
        "trailer /Size không khớp với số đối tượng",
    ),
    ("cross-reference stream", "luồng tham chiếu"),
    ("object stream", "luồng đối tượng"),
    ("catalog", "danh mục gốc"),
    (
        "catalog /Extensions holds more than names and numbers",
        "catalog /Extensions chứa nhiều hơn tên và số",
    ),
    (
        "catalog /Metadata is no reference",
        "catalog /Metadata không phải tham chiếu",
    ),
    (
        "catalog /Metadata leads to an object that was there",
        "catalog /Metadata trỏ đến đối tượng đã có",
    ),
    (
        "catalog /DSS removed",
        "kho dữ liệu kiểm chứng (catalog /DSS) bị gỡ bỏ",
    ),
    (
        "catalog /DSS with a key that does not belong there",
        "catalog /DSS có mục không thuộc về nó",
    ),
    (
        "trailer /Info leads to an object that was there",
        "trailer /Info trỏ tới một đối tượng đã có",
    ),
    (
        "another generation of an object that was there",
        "đối tượng đã có được ghi lại với số thế hệ khác",
    ),
    (
        "catalog /AcroForm: an object that was there became a field",
        "catalog /AcroForm: một đối tượng đã có bị biến thành trường",
    ),
    (
        "an object stream with another version of an object",
        "luồng đối tượng chứa một bản khác của đối tượng đã có",
    ),
    ("catalog /DSS /VRI removed", "catalog /DSS /VRI bị gỡ bỏ"),
    (
        "catalog /DSS /VRI: an entry was removed",
        "catalog /DSS /VRI: có mục bị gỡ bỏ",
    ),
    (
        "catalog /DSS /VRI: an entry lost or misplaced what it listed",
        "catalog /DSS /VRI: có mục bị mất dữ liệu đã liệt kê hoặc trỏ ra ngoài kho",
    ),
    (
        "catalog /DSS /VRI with a key that does not belong there",
        "catalog /DSS /VRI có mục không thuộc về nó",
    ),
    (
        "catalog /DSS: a list is none",
        "catalog /DSS: có danh sách sai dạng",
    ),
    (
        "catalog /DSS: a member is no stream",
        "catalog /DSS: có phần tử không phải luồng",
    ),
    (
        "catalog /AcroForm removed",
        "biểu mẫu (catalog /AcroForm) bị gỡ bỏ",
    ),
    (
        "catalog /AcroForm /Fields: a field was removed",
        "catalog /AcroForm /Fields: một ô bị gỡ bỏ",
    ),
    (
        "catalog /AcroForm: a field was removed or renamed",
        "catalog /AcroForm: một ô bị gỡ bỏ hoặc đổi tên",
    ),
    ("page /Annots", "chú thích hoặc ô trên trang (page /Annots)"),
    ("not referred to", "không nơi nào dùng đến"),
    (
        "the revision could not be compared",
        "không so sánh được phiên bản",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of string literals that stand right behind one of `openers` in `source`.
    fn literals<'t>(source: &'t str, openers: &[&str]) -> Vec<&'t str> {
        openers
            .iter()
            .flat_map(|opener| {
                source
                    .match_indices(opener)
                    .map(|(at, _)| at + opener.len())
            })
            .filter_map(|at| {
                let rest = source.get(at..)?.trim_start().strip_prefix('"')?;
                rest.split('"').next()
            })
            .collect()
    }

    /// Whatever the comparison of revisions and the reader of documents say is translated.
    #[test]
    fn ok_every_path_and_every_detail_of_a_document_is_translated() {
        let changes = concat!(
            include_str!("../../signature/changes.rs"),
            include_str!("../../signature/changes/catalog.rs"),
            include_str!("../../signature/changes/form.rs"),
            include_str!("../../signature/changes/metadata.rs"),
            include_str!("../../signature/changes/pages.rs"),
            include_str!("../../signature/changes/security_store.rs"),
        );
        let mut count = 0;
        for path in literals(
            changes,
            &["this.other(id.number,", "self.other(0,", "PATH: &str ="],
        ) {
            count += 1;
            // A bare path of the format's own names needs no words.
            let names = path.split(' ').all(|word| {
                word.starts_with('/') || ["trailer", "catalog", "page"].contains(&word)
            });
            assert!(
                names || change_path(Language::Vi, path) != path,
                "no Vietnamese for the path {path}"
            );
        }
        assert!(count > 15, "{count}");
        let mut count = 0;
        for source in [
            include_str!("../../pdf/document.rs"),
            include_str!("../../pdf/filter.rs"),
            include_str!("../../pdf/lexer.rs"),
            include_str!("../../pdf/object_stream.rs"),
            include_str!("../../pdf/page.rs"),
            include_str!("../../pdf/parser.rs"),
            include_str!("../../pdf/revision.rs"),
            include_str!("../../pdf/view.rs"),
            include_str!("../../pdf/xref.rs"),
        ] {
            let openers = ["Malformed(", "Filter(", ".error(", "fault("];
            for detail in literals(source, &openers) {
                count += 1;
                assert_ne!(detail_vi(detail), detail, "no Vietnamese for the detail");
            }
        }
        assert!(count > 40, "{count}");
    }

    #[test]
    fn ok_an_error_of_a_lower_row_is_translated_with_its_family() {
        assert_eq!(
            error_text(Language::Vi, "malformed PDF: malformed number"),
            "PDF sai cấu trúc: số sai dạng"
        );
        assert_eq!(
            error_text(Language::En, "malformed number"),
            "malformed number"
        );
    }
}
