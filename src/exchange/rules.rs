//! What a message says → where the regulation does not allow it: lengths, codes, dates.
//!
//! Source: QCVN 102:2016/BTTTT with amendment 1:2022, as the field's checker applies it.

use serde::Serialize;

use super::message::{DocumentMessage, Message, Organ, ResponseFor, StatusMessage};
use crate::time::UtcTime;

/// A value that the regulation does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    /// Name of the element.
    pub element: &'static str,
    /// What is wrong, in English.
    pub problem: &'static str,
    /// Name of the attachment, or of the entry of the manifest, that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<String>,
}

impl FieldFault {
    /// What is wrong with one attachment.
    pub(super) fn about(attachment: &str, element: &'static str, problem: &'static str) -> Self {
        Self {
            element,
            problem,
            attachment: Some(attachment.to_owned()),
        }
    }
}

/// Codes of status messages.
pub(super) const STATUS: [&str; 9] = ["01", "02", "03", "04", "05", "06", "13", "15", "16"];

struct Faults(Vec<FieldFault>);

impl Faults {
    fn add(&mut self, element: &'static str, problem: &'static str) {
        let fault = FieldFault {
            element,
            problem,
            attachment: None,
        };
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    /// Text of 1 to `most` characters.
    fn needed(&mut self, element: &'static str, text: &str, most: usize) {
        if text.is_empty() {
            self.add(element, "is missing");
        }
        self.optional(element, Some(text), most);
    }

    fn optional<S: AsRef<str>>(&mut self, element: &'static str, text: Option<S>, most: usize) {
        if text.is_some_and(|text| text.as_ref().chars().count() > most) {
            self.add(element, "is too long");
        }
    }

    fn one_of<S: AsRef<str>>(&mut self, element: &'static str, text: Option<S>, known: &[&str]) {
        if text.is_some_and(|text| !known.contains(&text.as_ref())) {
            self.add(element, "is none of the codes");
        }
    }

    fn number<S: AsRef<str>>(&mut self, element: &'static str, text: Option<S>, digits: usize) {
        let wrong = |text: &str| text.len() > digits || !text.bytes().all(|c| c.is_ascii_digit());
        if text.is_some_and(|text| wrong(text.as_ref())) {
            self.add(element, "is not a number of the right size");
        }
    }

    /// `yyyy/MM/dd`.
    fn date(&mut self, element: &'static str, text: Option<&String>) {
        if text.is_some_and(|text| !is_date(text)) {
            self.add(element, "is no date of the form yyyy/MM/dd");
        }
    }

    /// `yyyy/MM/dd HH:mm:ss`.
    fn moment(&mut self, element: &'static str, text: &str) {
        let right = text.split_once(' ').is_some_and(|(date, time)| {
            is_date(date)
                && UtcTime::from_rfc3339(&format!("2000-01-01T{time}Z")).is_some()
                && time.len() == 8
        });
        if !right {
            self.add(element, "is no time of the form yyyy/MM/dd HH:mm:ss");
        }
    }

    /// At most 35 characters since the amendment; before, 13.
    fn organ_id(&mut self, text: &str) {
        self.needed("OrganId", text, 35);
        if !text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'.') {
            self.add(
                "OrganId",
                "has other characters than letters, digits and full stops",
            );
        }
    }

    fn organ(&mut self, organ: &Organ) {
        self.organ_id(&organ.id);
        self.needed("OrganName", &organ.name, 200);
        self.optional("OrganizationInCharge", organ.in_charge.as_ref(), 200);
        self.optional("OrganAdd", organ.address.as_ref(), 250);
        self.optional("Email", organ.email.as_ref(), 100);
        self.optional("Telephone", organ.telephone.as_ref(), 20);
        self.optional("Fax", organ.fax.as_ref(), 20);
        self.optional("Website", organ.website.as_ref(), 100);
    }

    fn response(&mut self, response: &ResponseFor) {
        self.organ_id(&response.organ_id);
        self.needed("Code", &response.code, 42);
        self.date("PromulgationDate", response.promulgation_date.as_ref());
    }
}

/// Whether it is `yyyy/MM/dd`, a day that exists.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10
        && !text.contains('-')
        && UtcTime::from_rfc3339(&text.replace('/', "-")).is_some()
}

/// All values that the regulation does not allow.
pub fn check(message: &Message) -> Vec<FieldFault> {
    let mut faults = Faults(Vec::new());
    match message {
        Message::Document(document) => check_document(&mut faults, document),
        Message::Status(status) => check_status(&mut faults, status),
    }
    faults.0
}

fn check_document(faults: &mut Faults, document: &DocumentMessage) {
    faults.organ(&document.from);
    if document.to.is_empty() {
        faults.add("To", "is missing");
    }
    for organ in &document.to {
        faults.organ(organ);
    }
    faults.needed("CodeNumber", &document.code.number, 11);
    faults.needed("CodeNotation", &document.code.notation, 30);
    faults.needed("Place", &document.place, 50);
    faults.date("PromulgationDate", Some(&document.promulgation_date));
    faults.number("Type", Some(&document.document_type), 3);
    faults.number("TypeDetail", document.document_type_detail.as_ref(), 3);
    faults.needed("TypeName", &document.document_type_name, 100);
    faults.needed("Subject", &document.subject, 500);
    faults.optional("Content", document.content.as_ref(), 500);
    faults.optional("Competence", document.signer_competence.as_ref(), 100);
    faults.optional("Position", document.signer_position.as_ref(), 100);
    faults.needed("FullName", &document.signer_full_name, 50);
    faults.date("DueDate", document.due_date.as_ref());
    for place in &document.to_places {
        faults.optional("ToPlaces", Some(place), 150);
    }
    faults.one_of(
        "Priority",
        document.priority.as_ref(),
        &["0", "1", "2", "3"],
    );
    faults.optional(
        "SphereOfPromulgation",
        document.sphere_of_promulgation.as_ref(),
        100,
    );
    faults.optional("TyperNotation", document.typer_notation.as_ref(), 10);
    faults.number(
        "PromulgationAmount",
        document.promulgation_amount.as_ref(),
        3,
    );
    faults.number("PageAmount", document.page_amount.as_ref(), 3);
    faults.one_of("Direction", document.direction.as_ref(), &["true", "false"]);
    for appendix in &document.appendixes {
        faults.optional("Appendix", Some(appendix), 250);
    }
    for response in &document.response_for {
        faults.response(response);
    }
    faults.one_of("SteeringType", document.steering_type.as_ref(), &["0", "1"]);
    if document.trace.is_empty() {
        faults.add("TraceHeader", "is missing");
    }
    for trace in &document.trace {
        faults.organ_id(&trace.organ_id);
        faults.moment("Timestamp", &trace.timestamp);
    }
    let business = &document.business;
    faults.one_of(
        "BussinessDocType",
        Some(&business.document_type),
        &["0", "1", "2", "3"],
    );
    faults.one_of("Paper", business.paper.as_ref(), &["0", "1"]);
    if matches!(business.document_type.as_str(), "1" | "2") && business.document_id.is_none() {
        faults.add(
            "DocumentId",
            "is missing although a document is recalled or updated",
        );
    }
    if business.document_type == "3" && business.replaced.is_empty() {
        faults.add(
            "ReplacementInfo",
            "is missing although a document is replaced",
        );
    }
}

fn check_status(faults: &mut Faults, status: &StatusMessage) {
    faults.organ(&status.from);
    faults.response(&status.response_for);
    faults.one_of("StatusCode", Some(&status.status_code), &STATUS);
    faults.optional("Description", status.description.as_ref(), 500);
    faults.moment("Timestamp", &status.timestamp);
    if status.status_code == "02" && status.description.is_none() {
        faults.add("Description", "is missing although the document is refused");
    }
}
