//! The figures of an archive → one self-contained HTML page: opens offline, prints on A4, needs no script.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::chart::{self, Bar};
use super::{Agency, Certificate, NEAR_DAYS, Summary};
use crate::report::Language;
use crate::report::html::{STYLE, escape, local};
use crate::report::message;
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::SubIndication;

/// What the page adds to the look of a report.
const MORE_STYLE: &str = "
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:.6rem;margin:1rem 0}
.tile{border:1px solid var(--line);border-radius:.5rem;padding:.55rem .8rem;background:var(--soft)}
.tile b{display:block;font-size:1.45rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:#57606a;font-size:.85rem}
.chart{display:block;width:100%;height:auto;font-size:11px;fill:#57606a}
.bar{display:block;width:100%;height:.8rem;background:var(--soft)}
table.list{table-layout:fixed;font-size:.9rem}
table.list th{width:auto;font-weight:600}table.list td.n,table.list th.n{text-align:right;width:5.5rem;font-variant-numeric:tabular-nums;padding-right:.7rem}
table.list td.w,table.list th.w{width:24%}table.list td.c,table.list th.c{width:15.5rem}table.list td.d,table.list th.d{width:6.6rem}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.3rem 0;font-size:.85rem;color:#57606a}
.key i{display:inline-block;width:.8em;height:.8em;margin-right:.35em;vertical-align:-.05em}
h2,p.before{break-after:avoid}
@media (max-width:44rem){body{padding:.8rem}.tiles{grid-template-columns:repeat(2,1fr)}table.list{table-layout:auto;font-size:.75rem}table.list td.n,table.list th.n,table.list td.d,table.list th.d,table.list td.c,table.list th.c{width:auto;padding-right:.4rem}table.list td{overflow-wrap:break-word}table.list td.mono{overflow-wrap:anywhere}.bar{min-width:2.2rem}}
@media print{h2{margin-top:1.2rem}.tiles{grid-template-columns:repeat(4,1fr)}tr,.tile,.chart{break-inside:avoid}thead{display:table-header-group}details.long{display:none}.bar{background:none}table.list{font-size:8.5pt}table.list td.n,table.list th.n{width:4.3rem}table.list td.d,table.list th.d{width:4.9rem}table.list td.c,table.list th.c{width:13.5rem}}
";

/// Rows that a list shows before it says how many more there are.
const ROWS: usize = 25;

/// The page of `summary`.
pub fn page(summary: &Summary, language: Language) -> String {
    let l = language;
    let mut page = Page {
        out: String::new(),
        summary,
        l,
    };
    let title = l.pick(
        "Tổng hợp kiểm tra chữ ký số của kho văn bản",
        "Digital signatures of an archive: summary",
    );
    let settings = &summary.settings;
    let _ = write!(
        page.out,
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}{MORE_STYLE}</style></head><body><header><h1>{title}</h1><p class=\"muted\">{} {} · {} {}</p></header><main>",
        l.pick("vi", "en"),
        l.pick("Kiểm tra cho thời điểm", "Checked for"),
        local(settings.at),
        l.pick("chính sách", "policy"),
        escape(&settings.policy),
    );
    page.tiles();
    page.verdicts();
    page.months();
    page.half_years();
    page.agencies();
    page.signers();
    page.shares();
    page.near_end();
    page.unprotected();
    page.unchecked();
    page.basis();
    page.out.push_str("</main></body></html>\n");
    page.out
}

struct Page<'s> {
    out: String,
    summary: &'s Summary,
    l: Language,
}

impl Page<'_> {
    fn heading(&mut self, vi: &str, en: &str) {
        // Writing to a string cannot fail, here and below.
        let _ = write!(self.out, "<h2>{}</h2>", self.l.pick(vi, en));
    }

    fn note(&mut self, vi: &str, en: &str) {
        let _ = write!(self.out, "<p class=\"muted\">{}</p>", self.l.pick(vi, en));
    }

    fn number(&self, number: u64) -> String {
        number_text(self.l, number)
    }

    fn tiles(&mut self) {
        let l = self.l;
        let documents = &self.summary.documents;
        let share = percent(l, self.summary.signed_share());
        let signed = match l {
            Language::Vi => format!("có chữ ký số: {}", self.number(documents.signed)),
            Language::En => format!("with a signature: {}", self.number(documents.signed)),
        };
        let tiles = [
            (self.number(documents.total), l.pick("văn bản", "documents")),
            (share, signed.as_str()),
            (
                self.number(documents.verdicts.passed),
                l.pick("hợp lệ", "valid"),
            ),
            (
                self.number(documents.verdicts.indeterminate),
                l.pick("chưa đủ căn cứ", "undecided"),
            ),
            (
                self.number(documents.verdicts.failed),
                l.pick("KHÔNG hợp lệ", "NOT valid"),
            ),
            (
                self.number(documents.unchecked),
                l.pick("không kiểm tra được", "could not be checked"),
            ),
            (
                self.number(self.summary.certificates.len() as u64),
                l.pick("chứng thư số đã ký", "certificates that signed"),
            ),
            (
                self.number(self.summary.regular()),
                l.pick(
                    "chứng thư số dùng thường xuyên",
                    "certificates in regular use",
                ),
            ),
        ];
        self.out.push_str("<div class=\"tiles\">");
        for (value, name) in tiles {
            let _ = write!(
                self.out,
                "<div class=\"tile\"><b>{value}</b><span>{name}</span></div>"
            );
        }
        self.out.push_str("</div>");
    }

    /// The colours of the charts, once before the first.
    fn key(&mut self) {
        let l = self.l;
        let names = [
            l.pick("hợp lệ", "valid"),
            l.pick("chưa đủ căn cứ để kết luận", "undecided"),
            l.pick("KHÔNG hợp lệ", "NOT valid"),
        ];
        self.out.push_str("<p class=\"key\">");
        for (name, colour) in names.into_iter().zip(chart::COLOURS) {
            let _ = write!(
                self.out,
                "<span><svg width=\"12\" height=\"12\" aria-hidden=\"true\"><rect width=\"12\" height=\"12\" fill=\"{colour}\"/></svg> {name}</span>"
            );
        }
        self.out.push_str("</p>");
    }

    fn verdicts(&mut self) {
        let l = self.l;
        self.heading("Kết quả và lý do", "Verdicts and reasons");
        self.key();
        let verdicts = self.summary.documents.verdicts;
        let bar = Bar::new(String::new(), verdicts);
        let _ = write!(
            self.out,
            "<p>{}</p>",
            chart::cell(bar.parts, verdicts.total())
        );
        if self.summary.sub_indications.is_empty() {
            self.note(
                "Mọi văn bản có chữ ký đều hợp lệ.",
                "Every document with a signature is valid.",
            );
            return;
        }
        let _ = write!(
            self.out,
            "<table class=\"list\"><thead><tr><th class=\"n\">{}</th><th class=\"c\">{}</th><th>{}</th></tr></thead><tbody>",
            l.pick("Văn bản", "Documents"),
            l.pick("Lý do", "Reason"),
            l.pick("Việc cần làm", "What to do"),
        );
        for (code, number) in by_number(&self.summary.sub_indications) {
            let advice = SubIndication::ALL
                .iter()
                .find(|sub| sub.name() == code)
                .map_or("", |sub| message::verdict::advice(l, *sub, None));
            let _ = write!(
                self.out,
                "<tr><td class=\"n\">{}</td><td class=\"c mono\">{}</td><td>{}</td></tr>",
                self.number(number),
                escape(code),
                escape(advice)
            );
        }
        self.out.push_str("</tbody></table>");
    }

    fn months(&mut self) {
        self.heading("Văn bản đã ký theo tháng", "Signed documents by month");
        if self.summary.months.is_empty() {
            self.note("Không có thời điểm ký nào.", "There is no time of signing.");
            return;
        }
        let l = self.l;
        // At most four years fit; what is older is in the JSON.
        let skip = self.summary.months.len().saturating_sub(48);
        let bars: Vec<Bar> = self
            .summary
            .months
            .iter()
            .skip(skip)
            .map(|(name, month)| Bar::new(month_text(name), month.verdicts))
            .collect();
        let title = l.pick("Văn bản đã ký theo tháng", "Signed documents by month");
        chart::columns(&mut self.out, title, &bars, &|n| number_text(l, n));
        if skip > 0 {
            self.note(
                "Chỉ vẽ 48 tháng gần nhất; đầy đủ trong summary.json.",
                "The last 48 months are drawn; all of them are in summary.json.",
            );
        }
        self.note(
            "Thời điểm ký là lời khai của người ký, trừ khi dấu thời gian chứng minh sớm hơn.",
            "The time is what the signer claims, unless a time-stamp proves an earlier one.",
        );
    }

    fn half_years(&mut self) {
        let l = self.l;
        self.heading(
            "Số liệu báo cáo 6 tháng",
            "Figures of the half-yearly report",
        );
        let _ = write!(
            self.out,
            "<table class=\"list\"><thead><tr><th>{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th></tr></thead><tbody>",
            l.pick("Kỳ", "Period"),
            l.pick("Văn bản đã ký", "Signed documents"),
            l.pick("Chữ ký", "Signatures"),
            l.pick("Chứng thư có hiệu lực", "Certificates in force"),
            l.pick("cấp trong kỳ", "begun in it"),
            l.pick("có ký", "that signed"),
            l.pick("dùng thường xuyên", "in regular use"),
        );
        for (name, half) in self.summary.half_years() {
            let (year, part) = name.split_once("-H").unwrap_or((&name, ""));
            let period = match l {
                Language::Vi => format!(
                    "6 tháng {} năm {year}",
                    if part == "1" { "đầu" } else { "cuối" }
                ),
                Language::En => format!(
                    "{} half of {year}",
                    if part == "1" { "first" } else { "second" }
                ),
            };
            let _ = write!(self.out, "<tr><td>{}</td>", escape(&period));
            for number in [
                half.documents,
                half.signatures,
                half.certificates,
                half.begun,
                half.used,
                half.regular,
            ] {
                let _ = write!(self.out, "<td class=\"n\">{}</td>", number_text(l, number));
            }
            self.out.push_str("</tr>");
        }
        self.out.push_str("</tbody></table>");
        self.note(
            "Chỉ tính chứng thư có mặt trong kho văn bản. “Dùng thường xuyên”: ký trong ít nhất ba tháng khác nhau của kỳ.",
            "Certificates that the archive knows. “In regular use”: signed in at least three different months of the period.",
        );
    }

    fn agencies(&mut self) {
        let l = self.l;
        self.heading("Theo cơ quan", "By agency");
        let mut all: Vec<(&String, &Agency)> = self.summary.agencies.iter().collect();
        all.sort_by_key(|(name, agency)| (u64::MAX - agency.documents, *name));
        let most = all.iter().map(|(_, one)| one.signatures).max().unwrap_or(0);
        let head = format!(
            "<table class=\"list\"><thead><tr><th class=\"w\">{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th><th>{}</th><th class=\"n\">{}</th><th class=\"n\">{}</th></tr></thead><tbody>",
            l.pick("Cơ quan", "Agency"),
            l.pick("Văn bản", "Documents"),
            l.pick("Chữ ký", "Signatures"),
            l.pick("Kết quả của chữ ký", "Verdicts on signatures"),
            l.pick("Chứng thư", "Certificates"),
            l.pick("dùng thường xuyên", "in regular use"),
        );
        let row = |out: &mut String, (name, agency): &(&String, &Agency)| {
            let bar = Bar::new(String::new(), agency.verdicts);
            let _ = write!(
                out,
                "<tr><td class=\"w\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                escape(unknown(l, name)),
                number_text(l, agency.documents),
                number_text(l, agency.signatures),
                chart::cell(bar.parts, most),
                number_text(l, agency.certificates),
                number_text(l, agency.regular),
            );
        };
        self.out.push_str(&head);
        all.iter()
            .take(ROWS)
            .for_each(|one| row(&mut self.out, one));
        self.out.push_str("</tbody></table>");
        if all.len() > ROWS {
            let _ = write!(
                self.out,
                "<p class=\"muted\">{}</p><details class=\"long\"><summary>{}</summary>{head}",
                match l {
                    Language::Vi =>
                        format!("{ROWS} cơ quan nhiều văn bản nhất trong {}.", all.len()),
                    Language::En =>
                        format!("The {ROWS} agencies with most documents, of {}.", all.len()),
                },
                l.pick("Mọi cơ quan", "All agencies"),
            );
            all.iter().for_each(|one| row(&mut self.out, one));
            self.out.push_str("</tbody></table></details>");
        }
    }

    fn signers(&mut self) {
        let l = self.l;
        self.heading("Theo người ký", "By signer");
        let mut all: Vec<(&String, &Certificate)> = self.summary.certificates.iter().collect();
        all.sort_by_key(|(sha256, one)| (u64::MAX - one.signatures, *sha256));
        let most = all.first().map_or(0, |(_, one)| one.signatures);
        let _ = write!(
            self.out,
            "<table class=\"list\"><thead><tr><th class=\"w\">{}</th><th class=\"w\">{}</th><th class=\"n\">{}</th><th>{}</th><th class=\"d\">{}</th><th class=\"d\">{}</th></tr></thead><tbody>",
            l.pick("Người ký", "Signer"),
            l.pick("Cơ quan", "Agency"),
            l.pick("Chữ ký", "Signatures"),
            l.pick("Kết quả", "Verdicts"),
            l.pick("Ký lần cuối", "Last signed"),
            l.pick("Chứng thư đến", "Certificate ends"),
        );
        for (_, one) in all.iter().take(ROWS) {
            let bar = Bar::new(String::new(), one.verdicts);
            let _ = write!(
                self.out,
                "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(one.signer.as_deref().unwrap_or("—")),
                escape(one.agency.as_deref().unwrap_or("—")),
                number_text(l, one.signatures),
                chart::cell(bar.parts, most),
                day(one.last),
                day(one.end),
            );
        }
        self.out.push_str("</tbody></table>");
        if all.len() > ROWS {
            let text = match l {
                Language::Vi => format!(
                    "{ROWS} chứng thư ký nhiều nhất trong {}; đầy đủ trong summary.json.",
                    all.len()
                ),
                Language::En => format!(
                    "The {ROWS} certificates that signed most, of {}; all of them are in summary.json.",
                    all.len()
                ),
            };
            let _ = write!(self.out, "<p class=\"muted\">{text}</p>");
        }
    }

    /// Levels, algorithms and forms of the signatures.
    fn shares(&mut self) {
        let l = self.l;
        let signatures = &self.summary.signatures;
        let total = signatures.total;
        let parts = [
            (l.pick("Mức chữ ký", "Level"), &signatures.levels),
            (l.pick("Thuật toán", "Algorithm"), &signatures.algorithms),
            (l.pick("Dạng chữ ký", "Form"), &signatures.forms),
        ];
        self.heading(
            "Mức, thuật toán và dạng chữ ký",
            "Levels, algorithms and forms",
        );
        self.out.push_str("<table class=\"list\"><tbody>");
        for (name, figures) in parts {
            for (index, (value, number)) in by_number(figures).into_iter().enumerate() {
                let _ = write!(
                    self.out,
                    "<tr><th class=\"w\">{}</th><td class=\"w\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
                    if index == 0 { name } else { "" },
                    escape(unknown(l, value)),
                    number_text(l, number),
                    percent(l, number as f64 / total.max(1) as f64),
                    chart::plain(number, total),
                );
            }
        }
        self.out.push_str("</tbody></table>");
    }

    fn near_end(&mut self) {
        let l = self.l;
        match l {
            Language::Vi => {
                let _ = write!(
                    self.out,
                    "<h2>Chứng thư số sắp hết hạn (trong {NEAR_DAYS} ngày)</h2>"
                );
            }
            Language::En => {
                let _ = write!(
                    self.out,
                    "<h2>Certificates near their end (within {NEAR_DAYS} days)</h2>"
                );
            }
        }
        let near = self.summary.near_end();
        if near.is_empty() {
            self.note("Không có.", "None.");
            return;
        }
        let _ = write!(
            self.out,
            "<table class=\"list\"><thead><tr><th class=\"d\">{}</th><th>{}</th><th>{}</th><th class=\"n\">{}</th><th class=\"d\">{}</th></tr></thead><tbody>",
            l.pick("Hết hạn", "Ends"),
            l.pick("Người ký", "Signer"),
            l.pick("Cơ quan", "Agency"),
            l.pick("Chữ ký", "Signatures"),
            l.pick("Ký lần cuối", "Last signed"),
        );
        for (_, one) in near.iter().take(ROWS) {
            let _ = write!(
                self.out,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
                day(one.end),
                escape(one.signer.as_deref().unwrap_or("—")),
                escape(one.agency.as_deref().unwrap_or("—")),
                number_text(l, one.signatures),
                day(one.last),
            );
        }
        self.out.push_str("</tbody></table>");
        self.more(near.len());
    }

    fn more(&mut self, all: usize) {
        if all > ROWS {
            let text = match self.l {
                Language::Vi => format!("Còn {} dòng nữa trong summary.json.", all - ROWS),
                Language::En => format!("{} more are in summary.json.", all - ROWS),
            };
            let _ = write!(self.out, "<p class=\"muted\">{text}</p>");
        }
    }

    fn unprotected(&mut self) {
        let l = self.l;
        self.heading(
            "Chữ ký cần nâng lên mức B-LTA",
            "Signatures to be raised to B-LTA",
        );
        let unprotected = &self.summary.unprotected;
        if unprotected.total == 0 {
            self.note(
                "Mọi chữ ký hợp lệ đều đã được bảo vệ lâu dài.",
                "Every valid signature is protected for the long term.",
            );
            return;
        }
        let text = match l {
            Language::Vi => format!(
                "{} chữ ký hợp lệ chưa được bảo vệ lâu dài, trong đó {} chưa có dấu thời gian: sau khi chứng thư đầu tiên trong đường dẫn hết hạn thì không còn chứng minh được.",
                number_text(l, unprotected.total),
                number_text(l, unprotected.total - unprotected.with_time)
            ),
            Language::En => format!(
                "{} valid signatures are not protected for the long term, {} of them without a time-stamp: once the first certificate of their path ends, they can no longer be proven.",
                number_text(l, unprotected.total),
                number_text(l, unprotected.total - unprotected.with_time)
            ),
        };
        let _ = write!(self.out, "<p>{text}</p>");
        let mut quarters: BTreeMap<String, u64> = BTreeMap::new();
        for (month, number) in &unprotected.by_month {
            *quarters.entry(quarter(month)).or_default() += number;
        }
        let bars: Vec<Bar> = quarters
            .into_iter()
            .take(24)
            .map(|(label, number)| Bar {
                label: quarter_text(l, &label),
                parts: [0, number, 0],
            })
            .collect();
        if !bars.is_empty() {
            let title = l.pick(
                "Phải nâng mức trước quý",
                "Must be raised before, by quarter",
            );
            let _ = write!(self.out, "<p class=\"before\"><b>{title}</b></p>");
            chart::columns(&mut self.out, title, &bars, &|n| number_text(l, n));
        }
        let urgent = self.summary.urgent();
        if urgent.is_empty() {
            return;
        }
        let _ = write!(
            self.out,
            "<table class=\"list\"><thead><tr><th class=\"d\">{}</th><th class=\"d\">{}</th><th class=\"w\">{}</th><th>{}</th></tr></thead><tbody>",
            l.pick("Trước ngày", "Before"),
            l.pick("Ký ngày", "Signed"),
            l.pick("Người ký", "Signer"),
            l.pick("Tệp", "File"),
        );
        for one in urgent.iter().take(ROWS) {
            let inside = one
                .member
                .as_deref()
                .map_or_else(String::new, |name| format!(" › {name}"));
            let _ = write!(
                self.out,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"mono\">{}</td></tr>",
                day(Some(one.before)),
                day(one.signed_at),
                escape(one.signer.as_deref().unwrap_or("—")),
                escape(&format!("{}{inside}", one.path)),
            );
        }
        self.out.push_str("</tbody></table>");
        self.more(urgent.len());
    }

    fn unchecked(&mut self) {
        let l = self.l;
        if self.summary.errors.is_empty() && self.summary.passed_over == 0 {
            return;
        }
        self.heading("Không kiểm tra được", "What could not be checked");
        self.out.push_str("<table class=\"list\"><tbody>");
        for (code, number) in by_number(&self.summary.errors) {
            let _ = write!(
                self.out,
                "<tr><td class=\"n\">{}</td><td class=\"w mono\">{}</td><td>{}</td></tr>",
                number_text(l, number),
                escape(code),
                escape(error_text(l, code)),
            );
        }
        self.out.push_str("</tbody></table>");
        if self.summary.passed_over > 0 {
            let number = number_text(l, self.summary.passed_over);
            let text = match l {
                Language::Vi => format!("{number} tệp bị bỏ qua vì tên không khớp mẫu đã chọn."),
                Language::En => {
                    format!("{number} files were passed over: their names fit no pattern.")
                }
            };
            let _ = write!(self.out, "<p class=\"muted\">{text}</p>");
        }
    }

    fn basis(&mut self) {
        let l = self.l;
        let settings = &self.summary.settings;
        self.heading("Căn cứ", "What this rests on");
        let evidence = settings.evidence_sha256.len() as u64;
        let rows = [
            (
                l.pick("Chính sách", "Policy"),
                format!("{} (SHA-256 {})", settings.policy, settings.policy_sha256),
            ),
            (
                l.pick("Nguồn tin cậy", "Trust"),
                format!("SHA-256 {}", settings.trust_sha256),
            ),
            (
                l.pick("Chứng cứ bổ sung", "Further evidence"),
                self.number(evidence),
            ),
            (
                l.pick("Dung lượng đã kiểm tra (byte)", "Bytes checked"),
                self.number(self.summary.documents.bytes),
            ),
            (l.pick("Phần mềm", "Program"), settings.tool.clone()),
        ];
        self.out.push_str("<table>");
        for (name, value) in rows {
            let _ = write!(
                self.out,
                "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>",
                escape(&value)
            );
        }
        self.out.push_str("</table>");
    }
}

fn error_text(l: Language, code: &str) -> &'static str {
    match code {
        "io" => l.pick(
            "hệ thống không cho đọc",
            "the system did not let it be read",
        ),
        "not-pdf" => l.pick("không phải PDF", "not a PDF"),
        "empty" => l.pick("tệp rỗng", "empty file"),
        "password" => l.pick("tệp có mật khẩu", "needs a password"),
        "limit" => l.pick("vượt giới hạn xử lý", "asks for more than the limits allow"),
        "unsupported" => l.pick("dạng chưa hỗ trợ", "not supported"),
        _ => l.pick("cấu trúc tệp hỏng", "damaged structure"),
    }
}

/// `-` stands for what is not known.
fn unknown(l: Language, name: &str) -> &str {
    if name == "-" {
        l.pick("(không rõ)", "(not known)")
    } else {
        name
    }
}

fn by_number(map: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    let mut all: Vec<(&str, u64)> = map.iter().map(|(key, n)| (key.as_str(), *n)).collect();
    all.sort_by_key(|(key, number)| (u64::MAX - number, *key));
    all
}

fn day(at: Option<UtcTime>) -> String {
    at.map_or_else(
        || "—".to_owned(),
        |at| {
            let (year, month, day, ..) = at.civil(VIETNAM_OFFSET);
            format!("{day:02}/{month:02}/{year:04}")
        },
    )
}

/// `3/2026` of `2026-03`.
fn month_text(month: &str) -> String {
    let (year, month) = month.split_once('-').unwrap_or((month, ""));
    format!("{}/{year}", month.trim_start_matches('0'))
}

/// `2026/1` of `2026-03`, which sorts.
fn quarter(month: &str) -> String {
    let (year, month) = month.split_once('-').unwrap_or((month, "01"));
    let number = month.parse::<u32>().unwrap_or(1).saturating_sub(1) / 3 + 1;
    format!("{year}/{number}")
}

/// `Quý 1/2026` or `Q1 2026` of `2026/1`.
fn quarter_text(l: Language, quarter: &str) -> String {
    let (year, number) = quarter.split_once('/').unwrap_or((quarter, ""));
    match l {
        Language::Vi => format!("Quý {number}/{year}"),
        Language::En => format!("Q{number} {year}"),
    }
}

/// Digits in groups of three: `10.000` or `10,000`.
fn number_text(l: Language, number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push_str(l.pick(".", ","));
        }
        out.push(digit);
    }
    out
}

/// `19,8 %` or `19.8 %`.
fn percent(l: Language, share: f64) -> String {
    let text = format!("{:.1} %", share * 100.0);
    match l {
        Language::Vi => text.replace('.', ","),
        Language::En => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_numbers_and_periods_are_written_as_readers_expect() {
        assert_eq!(number_text(Language::Vi, 1_234_567), "1.234.567");
        assert_eq!(number_text(Language::En, 1000), "1,000");
        assert_eq!(number_text(Language::En, 999), "999");
        assert_eq!(percent(Language::Vi, 0.198), "19,8 %");
        assert_eq!(month_text("2026-03"), "3/2026");
        assert_eq!(quarter("2026-03"), "2026/1");
        assert_eq!(quarter("2026-10"), "2026/4");
        assert_eq!(quarter_text(Language::Vi, "2026/4"), "Quý 4/2026");
    }
}
