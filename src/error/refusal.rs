//! Document and plan → why one cannot be signed, or raised, as the other says.

/// Why a document is not signed like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A signature that is to be raised fails.
    #[error("the signature in field \"{field}\" is broken")]
    Broken {
        /// Its field.
        field: String,
    },
    /// A certification where signatures are already.
    #[error("a certification must be the first signature, and there is one already")]
    CertificationNotFirst,
    /// The certification permits nothing.
    #[error("its certification permits no changes (P = 1)")]
    Closed,
    /// A lock of a signature's field permits nothing.
    #[error("the signature in field \"{field}\" permits no changes (P = 1)")]
    ClosedBy {
        /// The field of that signature.
        field: String,
    },
    /// A form that is made while it is shown.
    #[error("it is a dynamic XFA form")]
    DynamicForm,
    /// The field is a part of another object.
    #[error("field \"{field}\" is not an object of its own")]
    FieldDirect {
        /// Its name.
        field: String,
    },
    /// There is such a field.
    #[error("a field named \"{field}\" exists already")]
    FieldExists {
        /// Its name.
        field: String,
    },
    /// There is no such field.
    #[error("there is no field named \"{field}\"")]
    FieldMissing {
        /// The name.
        field: String,
    },
    /// No name for a field.
    #[error("a field cannot be named \"{field}\": names are not empty and have no full stop")]
    FieldName {
        /// The name.
        field: String,
    },
    /// The field is for something else.
    #[error("field \"{field}\" is not a signature field")]
    FieldOfOtherKind {
        /// Its name.
        field: String,
    },
    /// Nothing of the field can be shown.
    #[error("field \"{field}\" has no place on a page, or more than one")]
    FieldPlace {
        /// Its name.
        field: String,
    },
    /// The field holds a signature.
    #[error("field \"{field}\" is signed already")]
    FieldSigned {
        /// Its name.
        field: String,
    },
    /// Which field is not clear.
    #[error("several fields are named \"{field}\"")]
    FieldsOfOneName {
        /// The name.
        field: String,
    },
    /// The field wants a form of signature that the plan has not.
    #[error("the field requires another form of signature than {form}")]
    Form {
        /// That of the plan.
        form: &'static str,
    },
    /// The field wants another signature handler.
    #[error("the field requires another signature handler")]
    Handler,
    /// A signature locks the field.
    #[error("the signature in field \"{by}\" locks field \"{field}\"")]
    Locked {
        /// The field of that signature.
        by: String,
        /// The field that is locked.
        field: String,
    },
    /// Nothing can be raised.
    #[error("it has no signature that could be raised")]
    NothingToRaise,
    /// The service has another certificate than the one that was prepared for.
    #[error("it was prepared for another certificate than that of the service")]
    OtherCertificate,
    /// It is not what was prepared.
    #[error("it is not the file that was prepared")]
    OtherFile,
    /// The page is a part of another object.
    #[error("the page is not an object of its own")]
    PageDirect,
    /// There is no such page.
    #[error("there is no page {page}")]
    PageMissing {
        /// Its number, from 1.
        page: usize,
    },
    /// The rectangle has no sides, or not in order.
    #[error("the rectangle of the signature is malformed")]
    Rectangle,
    /// More places for an existing field.
    #[error("a signature in an existing field cannot be shown in more places")]
    RepeatedField,
    /// More places for what is not shown at all.
    #[error("a signature that is not shown cannot be shown in more places")]
    RepeatedInvisible,
    /// The field requires more than is known here.
    #[error("the field requires properties of the signature (seed values) that are not supported")]
    SeedValues,
    /// One name for two new fields.
    #[error("two fields named \"{field}\"")]
    TwoNewFields {
        /// The name.
        field: String,
    },
}
