//! One signature → its section: the minimum fields of Thông tư 15/2025/TT-BKHCN, and every check with its clause.

use super::super::message::page::{self as say, Label, label};
use super::super::message::{self, Language};
use super::super::{Report, reading};
use super::{Page, capital, sign, tone};
use crate::pki::trust::Role;
use crate::validation::{Check, SignatureVerdict, Status};

pub(super) fn section(page: &mut Page, report: &Report, index: usize) {
    let l = page.language;
    let Some(s) = report.signatures.get(index) else {
        return;
    };
    let number = index + 1;
    page.raw("<section class=\"one ");
    page.raw(tone(s.indication));
    page.raw("\" aria-labelledby=\"s");
    page.raw(&number.to_string());
    page.raw("\">");
    page.element(
        "h2",
        &format!("id=\"s{number}\""),
        &format!(
            "{}: {}",
            say::signature_of(l, number, report.signatures.len()),
            reading::signer(l, s)
        ),
    );
    let sub = s
        .sub_indication
        .map_or_else(String::new, |sub| format!(" / {sub}"));
    page.raw("<p>");
    page.element(
        "span",
        "class=\"tag\"",
        &format!("{} {}", sign(s.indication), say::result(l, s.indication)),
    );
    page.raw(" ");
    page.element(
        "span",
        "class=\"small soft\"",
        &format!("{}{sub}", s.indication),
    );
    page.raw("</p>");
    if let (Some(why), Some(advice)) = (reading::why(l, s), reading::advice(l, s)) {
        page.raw("<div class=\"due\"><p>");
        page.element("strong", "", &format!("{}.", capital(&why)));
        page.raw("</p>");
        page.element("p", "", &format!("→ {advice}"));
        page.raw("</div>");
    }
    page.raw("<table class=\"facts\"><tbody>");
    minimum(page, report, s);
    more(page, s);
    page.raw("</tbody></table>");
    page.element("h3", "", label(l, Label::Checks));
    checks(page, &s.checks);
    page.raw("</section>");
}

/// Source: Thông tư 15/2025/TT-BKHCN, Điều 6 khoản 4.
fn minimum(page: &mut Page, report: &Report, s: &SignatureVerdict) {
    let l = page.language;
    match &s.certificate {
        Some(certificate) => {
            page.row(Label::Issuer, reading::issuer(certificate));
            page.row(Label::Signer, reading::name(certificate));
            let unit = reading::unit(certificate);
            page.row(
                Label::ManagingUnit,
                match unit.is_empty() {
                    true => label(l, Label::NotKnown),
                    false => &unit,
                },
            );
        }
        None => page.row(Label::Signer, label(l, Label::UnknownSigner)),
    }
    for when in reading::when(l, s) {
        let time = when.time.as_deref().unwrap_or("—");
        page.row(Label::Time, &format!("{time} — {}", when.source));
    }
    page.row(Label::Integrity, message::integrity(l, s.integrity));
    page.row(Label::ValidThen, &reading::valid_then(l, s, &report.policy));
    if let Some(certificate) = &s.certificate {
        let period = format!(
            "{} – {}",
            say::moment(certificate.not_before),
            say::moment(certificate.not_after)
        );
        page.row(Label::Period, &period);
    }
}

fn more(page: &mut Page, s: &SignatureVerdict) {
    let l = page.language;
    if let Some(state) = reading::at_claimed_time(l, s) {
        page.row(Label::AtClaimedTime, &state);
    }
    page.row(Label::Covers, reading::covers(l, s));
    if let Some(later) = reading::later(l, s) {
        page.row(Label::LaterChanges, &later);
    }
    if let Some(baseline) = &s.baseline {
        page.row(Label::Level, &message::signing::baseline(l, baseline));
    }
    if !s.unprocessed.is_empty() {
        page.row(Label::Unprocessed, &s.unprocessed.join(", "));
    }
    page.row(Label::Role, role(l, s.role));
    let field = s
        .field
        .as_deref()
        .unwrap_or_else(|| label(l, Label::NotKnown));
    page.row(
        Label::Field,
        &format!("{field} ({})", message::kind(l, s.kind)),
    );
    for (words, value) in [(Label::Reason, &s.reason), (Label::Location, &s.location)] {
        page.row(words, value.as_deref().unwrap_or_default());
    }
    for stamp in &s.time_stamps {
        let time = stamp.time.map_or_else(|| "—".to_owned(), say::moment);
        let sub = stamp
            .sub_indication
            .map_or_else(String::new, |sub| format!(" / {sub}"));
        let line = format!(
            "{time}, {} ({}{sub})",
            stamp.authority.as_deref().unwrap_or("—"),
            stamp.indication
        );
        page.row(Label::TimeStamps, &line);
    }
    if let Some(certificate) = &s.certificate {
        page.code_row(Label::Serial, &certificate.serial);
    }
    let path: Vec<&str> = s.path.iter().map(|one| reading::name(one)).collect();
    page.row(Label::Path, &path.join(" → "));
    page.row(
        Label::Algorithm,
        &[s.algorithm.as_deref(), s.sub_filter.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; "),
    );
}

fn role(l: Language, role: Option<Role>) -> &'static str {
    label(
        l,
        match role {
            Some(Role::Agency) => Label::Agency,
            Some(Role::Person) => Label::Person,
            None => Label::RoleUnknown,
        },
    )
}

/// What did not pass stands first and wide, with its reasons; the rest in two columns.
fn checks(page: &mut Page, checks: &[Check]) {
    page.raw("<ul class=\"checks\">");
    for check in sorted(checks) {
        let (mark, class) = match check.status {
            Status::Passed => ("✓", "good"),
            Status::Warned => ("!", "open full"),
            Status::Failed => ("✗", "bad full"),
            Status::NotRun => ("·", "open"),
        };
        let l = page.language;
        page.raw("<li class=\"");
        page.raw(class);
        page.raw("\"><span class=\"m\" aria-hidden=\"true\">");
        page.raw(mark);
        page.raw("</span><span>");
        page.text(&capital(message::check(l, check.id)));
        let word = say::status(l, check.status);
        match check.status {
            Status::Passed => page.element("span", "class=\"hide\"", &format!(" {word}")),
            _ => page.text(&format!(": {word}")),
        }
        page.raw("</span>");
        page.element("span", "class=\"cl\"", check.id.clause());
        // "Not run because of an earlier failure" says no more than the word.
        let plain = check.status == Status::NotRun;
        let reasons: Vec<String> = check
            .reasons
            .iter()
            .filter(|reason| !(plain && matches!(reason, crate::validation::Reason::Earlier)))
            .map(|reason| message::reason(l, reason))
            .collect();
        if !reasons.is_empty() {
            page.raw("<div class=\"why\">");
            page.lines(&reasons);
            page.raw("</div>");
        }
        page.raw("</li>");
    }
    page.raw("</ul>");
}

fn sorted(checks: &[Check]) -> impl Iterator<Item = &Check> {
    let of = |wanted: &'static [Status]| {
        checks
            .iter()
            .filter(move |check| wanted.contains(&check.status))
    };
    of(&[Status::Failed])
        .chain(of(&[Status::Warned]))
        .chain(of(&[Status::NotRun]))
        .chain(of(&[Status::Passed]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validation::CheckId;

    /// What failed is seen first, whatever its place in the standard.
    #[test]
    fn ok_failed_checks_come_first() {
        let check = |id, status| Check {
            id,
            status,
            sub_indication: None,
            reasons: Vec::new(),
        };
        let checks = [
            check(CheckId::Structure, Status::Passed),
            check(CheckId::Digest, Status::NotRun),
            check(CheckId::Path, Status::Failed),
            check(CheckId::Cms, Status::Warned),
        ];
        let order: Vec<CheckId> = sorted(&checks).map(|check| check.id).collect();
        assert_eq!(
            order,
            [
                CheckId::Path,
                CheckId::Cms,
                CheckId::Digest,
                CheckId::Structure
            ]
        );
    }
}
