//! What happens in runs over archives → sentences, in Vietnamese and English.

use std::time::Duration;

use super::Language;

/// How far a run is, for one line of a terminal: documents done and in all, documents a second and
/// time left as far as they can be told.
pub fn progress(
    l: Language,
    (done, total): (u64, u64),
    rate: Option<f64>,
    left: Option<Duration>,
) -> String {
    let rate = rate.map_or_else(String::new, |rate| {
        say!(l, " · {rate:.0} tệp/giây", " · {rate:.0} files/s")
    });
    let left = left.map_or_else(String::new, |left| {
        let seconds = left.as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        say!(
            l,
            " · còn {hours}:{minutes:02}:{seconds:02}",
            " · {hours}:{minutes:02}:{seconds:02} left"
        )
    });
    format!("{done}/{total}{rate}{left}")
}

/// A run is complete.
pub fn complete(l: Language, documents: u64, reused: u64, errors: u64, out: &str) -> String {
    say!(
        l,
        "xong: {documents} văn bản ({reused} dùng lại kết quả cũ, {errors} không kiểm tra được); xem {out}/summary.html",
        "done: {documents} documents ({reused} from an earlier run, {errors} could not be checked); see {out}/summary.html"
    )
}

/// A run was stopped.
pub fn stopped(l: Language, (done, total): (u64, u64)) -> String {
    say!(
        l,
        "đã dừng: {done}/{total} tệp; chạy lại cùng lệnh để tiếp tục",
        "stopped: {done} of {total} files; run the same command again to go on"
    )
}

/// A run goes on for the moment of an earlier one.
pub fn same_moment(l: Language, at: &str) -> String {
    say!(
        l,
        "kiểm tra cho cùng thời điểm với lần chạy trước: {at} (đổi bằng --at)",
        "verifying for the moment of the earlier run: {at} (--at changes it)"
    )
}

/// `KYSO_BACKEND` names none of the kernels that this processor has.
pub fn no_backend(l: Language, name: &str, there: &str) -> String {
    say!(
        l,
        "KYSO_BACKEND: bộ xử lý này không có {name}; chọn một trong: {there}",
        "KYSO_BACKEND: this processor has no {name}; choose one of: {there}"
    )
}

/// Nothing was named to verify.
pub fn nothing_to_verify(l: Language) -> &'static str {
    l.pick(
        "hãy nêu ít nhất một thư mục, tệp hoặc --manifest",
        "name at least one folder, file or --manifest",
    )
}

/// A pattern of file names is none.
pub fn bad_pattern(l: Language, pattern: &str) -> String {
    say!(
        l,
        "mẫu tên tệp không hợp lệ: {pattern}",
        "not a pattern of file names: {pattern}"
    )
}

/// Runs that do not belong together.
pub fn other_settings(l: Language, run: &str) -> String {
    say!(
        l,
        "{run} dùng chính sách, nguồn tin cậy, chứng cứ hoặc thời điểm khác; không gộp được",
        "{run} was made under another policy, trust, evidence or time; it cannot be merged"
    )
}

/// A folder that holds no complete run.
pub fn no_run(l: Language, run: &str) -> String {
    say!(
        l,
        "{run} không chứa lần chạy nào đã hoàn tất",
        "{run} holds no complete run"
    )
}

/// A folder that holds no run that can be judged again.
pub fn no_evidence(l: Language, run: &str) -> String {
    say!(
        l,
        "{run} không chứa lần chạy nào đã hoàn tất và giữ chứng cứ (kyso archive --keep-evidence)",
        "{run} holds no complete run that kept its evidence (kyso archive --keep-evidence)"
    )
}

/// A run is judged into a folder of its own.
pub fn out_for_a_run(l: Language) -> &'static str {
    l.pick(
        "để đánh giá lại một lần chạy, hãy nêu đúng một thư mục và --out",
        "to judge a run again, name one folder alone, and --out",
    )
}
