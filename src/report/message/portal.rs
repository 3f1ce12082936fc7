//! What a visitor of the service reads, on its page and when it cannot answer → Vietnamese and English.

use super::Language;

/// Bytes in the unit that visitors know.
fn megabytes(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KB", bytes >> 10),
        whole => format!("{whole} MB"),
    }
}

macro_rules! words {
    ($($(#[$about:meta])* $name:ident = $vi:literal, $en:literal;)*) => {
        $($(#[$about])*
        pub fn $name(language: Language) -> &'static str {
            language.pick($vi, $en)
        })*
    };
}

words! {
    /// Heading and title of the page.
    title = "Kiểm tra chữ ký số trên tệp PDF", "Check the digital signatures of a PDF";
    /// What the page is for.
    lead = "Đưa một tệp PDF vào đây để biết: ai đã ký, ký khi nào, và tệp có còn đúng như khi ký hay không.",
        "Give a PDF to learn who signed it, when, and whether it is still as it was signed.";
    /// The button that opens the list of files.
    choose = "Chọn tệp PDF", "Choose a PDF";
    /// Where a script sends the file.
    at_once = "Tệp được kiểm tra ngay sau khi chọn.", "The file is checked as soon as it is chosen.";
    /// That a file can also be dropped.
    or_drop = "hoặc kéo tệp và thả vào khung này", "or drag a file and drop it here";
    /// Sends the form where no script does.
    submit = "Kiểm tra", "Check";
    /// While it is being checked.
    checking = "Đang kiểm tra…", "Checking…";
    /// Before another attempt.
    waiting = "Máy chủ đang bận, sẽ tự thử lại…", "The service is busy; trying again shortly…";
    /// The answer is there.
    done = "Đã có kết quả.", "The result is there.";
    /// No answer came.
    failed = "Không nhận được câu trả lời của máy chủ. Hãy kiểm tra kết nối mạng rồi thử lại.",
        "No answer came from the service. Check the connection and try again.";
    /// One file at a time.
    one_at_a_time = "Mỗi lần chỉ kiểm tra được một tệp. Hãy chọn một tệp.",
        "Only one file can be checked at a time. Choose one.";
    /// Name of the part of the page with the answer.
    result = "Kết quả", "Result";
    /// Prints the answer.
    print = "In kết quả", "Print the result";
    /// Keeps the answer as a file.
    save = "Lưu báo cáo", "Save the report";
    /// Back to the choice.
    another = "Kiểm tra tệp khác", "Check another file";
    /// Shows the answer in the other language; written in that language.
    translate = "Show this result in English", "Xem kết quả này bằng tiếng Việt";
    /// Name of the saved answer, without its ending.
    report_name = "ket-qua-kiem-tra", "signature-report";
    /// Nobody is trusted.
    no_trust = "Máy chủ này chưa được khai báo tổ chức chứng thực nào để tin cậy, nên không chữ ký nào có thể đạt ở đây.",
        "This service has been given no authority to trust, so no signature can pass here.";
    /// Heading of an answer without a report.
    refused = "CHƯA KIỂM TRA ĐƯỢC", "NOT CHECKED";
    /// The body is broken.
    malformed = "Yêu cầu gửi lên không đúng dạng hoặc chưa trọn vẹn. Hãy gửi lại tệp.",
        "The request is malformed or incomplete. Send the file again.";
    /// The body is of a type that is not taken.
    media_type = "Hãy gửi tệp PDF dưới dạng application/pdf, hoặc trong biểu mẫu multipart/form-data, không nén.",
        "Send the PDF as application/pdf, or in a form as multipart/form-data, not compressed.";
    /// The method is not known here.
    method = "Địa chỉ này không nhận phương thức vừa dùng.", "This address does not take that method.";
    /// There is nothing here.
    not_found = "Không có gì ở địa chỉ này.", "There is nothing at this address.";
    /// A form without a file.
    no_file = "Chưa có tệp nào trong yêu cầu. Hãy chọn một tệp PDF.",
        "There is no file in the request. Choose a PDF.";
    /// A form with several files.
    several_files = "Yêu cầu có nhiều tệp. Mỗi lần chỉ kiểm tra được một tệp.",
        "There are several files in the request. Only one can be checked at a time.";
    /// The file opens with a password only.
    password = "Tệp có mật khẩu mở nên không đọc được. Hãy gửi tệp không đặt mật khẩu.",
        "The file opens with a password only, so it cannot be read. Send one without a password.";
    /// The client was too slow.
    too_slow = "Tệp được gửi lên quá chậm nên máy chủ đã ngừng nhận. Hãy thử lại khi đường truyền tốt hơn.",
        "The file came too slowly and was given up. Try again on a better connection.";
    /// The verification took too long.
    unanswered = "Việc kiểm tra tệp này lâu hơn mức máy chủ cho phép, nên chưa có kết luận nào.",
        "Checking this file takes longer than the service allows, so there is no verdict.";
    /// On the terminal: the service has ended.
    stopped = "đã dừng: mọi tệp đã nhận đều được trả lời", "stopped: all that was accepted is answered";
    /// On the terminal: nobody is trusted.
    terminal_no_trust = "chưa có --trust: không chữ ký nào có thể đạt",
        "no --trust was given: no signature can pass";
    /// On the terminal: others can reach it.
    not_loopback = "địa chỉ này có thể truy cập từ máy khác; HTTP không mã hóa, hãy đặt sau một máy chủ có TLS",
        "other machines can reach this address; HTTP is not encrypted, so put a server with TLS in front";
}

/// What happens to a file, and how large it may be.
pub fn hint(l: Language, most: u64) -> String {
    let most = megabytes(most);
    say!(
        l,
        "Tối đa {most}. Tệp không được lưu lại: nó chỉ nằm trong bộ nhớ của máy chủ cho đến khi có kết quả.",
        "At most {most}. The file is not kept: it stays in the memory of the service until the result is there."
    )
}

/// A file is too large.
pub fn too_large(l: Language, most: u64) -> String {
    let most = megabytes(most);
    say!(
        l,
        "Tệp quá lớn: máy chủ nhận tối đa {most}.",
        "The file is too large: the service takes at most {most}."
    )
}

/// There is no room.
pub fn busy(l: Language, seconds: u32) -> String {
    say!(
        l,
        "Máy chủ đang bận. Hãy thử lại sau {seconds} giây.",
        "The service is busy. Try again in {seconds} seconds."
    )
}

/// By which rules files are checked here.
pub fn basis(l: Language, policy: &str, tool: &str) -> String {
    say!(
        l,
        "Chính sách kiểm tra: {policy}. Phần mềm: {tool}.",
        "Policy: {policy}. Program: {tool}."
    )
}

/// On the terminal: it was stopped, and the time for that was not enough.
pub(super) fn grace_over(l: Language, seconds: u64) -> String {
    say!(
        l,
        "đã hết {seconds} giây dành cho việc dừng mà còn tệp chưa được trả lời",
        "the {seconds} seconds for stopping were over before all uploads were answered"
    )
}

/// On the terminal: no upload of the largest size could ever be taken.
pub fn memory_below_upload(l: Language, memory: u64, upload: u64) -> String {
    say!(
        l,
        "--memory {memory} (MiB) nhỏ hơn --upload {upload}: tệp lớn nhất sẽ không bao giờ có chỗ; hãy tăng --memory hoặc giảm --upload",
        "--memory {memory} (MiB) is below --upload {upload}: the largest file would never find room; raise --memory or lower --upload"
    )
}

/// On the terminal: where it waits.
pub fn listening(l: Language, address: &str) -> String {
    say!(
        l,
        "đang chờ tại {address} (dừng bằng Ctrl+C)",
        "listening on {address} (Ctrl+C stops it)"
    )
}
