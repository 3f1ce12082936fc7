//! The service's settings → the page from which a citizen sends a file and on which the answer appears.
//!
//! The page works without its script: the form is then sent by the browser, and the answer is a
//! page of its own. Both show the same HTML report of the service.

use super::Settings;
use crate::report::Language;
use crate::report::html::{STYLE, escape};
use crate::report::message::portal as say;

/// The script of the page.
pub(super) const SCRIPT: &str = include_str!("portal.js");

/// The look of the page: that of reports, and of what is around them.
pub(super) fn style() -> String {
    format!("{STYLE}{}", include_str!("portal.css"))
}

/// The page in one language; `trusting` is whether any signature can pass here.
pub(super) fn page(
    language: Language,
    settings: &Settings,
    policy: &str,
    trusting: bool,
) -> String {
    let l = language;
    let (here, other) = match l {
        Language::Vi => ("vi", "en"),
        Language::En => ("en", "vi"),
    };
    let other_name = match l {
        Language::Vi => "English",
        Language::En => "Tiếng Việt",
    };
    let warning = match trusting {
        true => String::new(),
        false => format!("<p class=\"due open\">{}</p>", escape(say::no_trust(l))),
    };
    let tool = concat!("kyso ", env!("CARGO_PKG_VERSION"));
    format!(
        "<!DOCTYPE html>\n\
<html lang=\"{here}\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
<link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"portal.css\">\
<script src=\"portal.js\" defer></script></head>
<body class=\"portal\"><header class=\"top\"><h1>{title}</h1>\
<a class=\"language\" href=\"?lang={other}\" hreflang=\"{other}\" lang=\"{other}\">{other_name}</a></header>
<main><p class=\"lead\">{lead}</p>{warning}
<form id=\"check\" action=\"v1/verify?lang={here}\" method=\"post\" enctype=\"multipart/form-data\" \
data-most=\"{most}\" data-too-large=\"{too_large}\" data-checking=\"{checking}\" data-waiting=\"{waiting}\" \
data-done=\"{done}\" data-failed=\"{failed}\" data-one=\"{one}\">
<div id=\"drop\" class=\"drop\">\
<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><path d=\"M12 4h17l9 9v31H12zM28 4v10h10M25 37V21m-6 6 6-6 6 6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2.500\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/></svg>
<input id=\"file\" name=\"file\" type=\"file\" accept=\".pdf,application/pdf\" required aria-describedby=\"hint\">\
<label for=\"file\">{choose}</label>
<p class=\"or\">{or_drop}</p></div>
<p id=\"hint\" class=\"small soft\"><span class=\"at-once\">{at_once} </span>{hint}</p>
<p class=\"send\"><button type=\"submit\">{submit}</button></p></form>
<p id=\"status\" role=\"status\"></p>
<section id=\"result\" aria-label=\"{result}\" hidden>\
<div id=\"report\"><p id=\"tools\" class=\"tools\" lang=\"{here}\">\
<button type=\"button\" id=\"print\">{print}</button>\
<a id=\"save\" class=\"button\" download=\"{report_name}.html\" href=\"#result\">{save}</a>\
<button type=\"button\" id=\"translate\" lang=\"{other}\">{translate}</button>\
<button type=\"button\" id=\"another\">{another}</button></p>\
</div></section></main>
<footer class=\"small soft\"><p>{basis}</p></footer></body></html>\n",
        title = escape(say::title(l)),
        lead = escape(say::lead(l)),
        most = settings.upload_bytes,
        too_large = escape(&say::too_large(l, settings.upload_bytes)),
        checking = escape(say::checking(l)),
        waiting = escape(say::waiting(l)),
        done = escape(say::done(l)),
        failed = escape(say::failed(l)),
        one = escape(say::one_at_a_time(l)),
        choose = escape(say::choose(l)),
        or_drop = escape(say::or_drop(l)),
        at_once = escape(say::at_once(l)),
        hint = escape(&say::hint(l, settings.upload_bytes)),
        submit = escape(say::submit(l)),
        result = escape(say::result(l)),
        print = escape(say::print(l)),
        report_name = say::report_name(l),
        save = escape(say::save(l)),
        translate = escape(say::translate(l)),
        another = escape(say::another(l)),
        basis = escape(&say::basis(l, policy, tool)),
    )
}
