//! JSON from another language → [`Plan`], with the words of the program's options.

use serde::Deserialize;

use super::{Field, Permission, Plan, RsaPadding, SubFilter};
use crate::crypto::DigestAlgorithm;
use crate::error::{Error, ErrorKind};
use crate::time::UtcTime;

/// What can be asked for; each member may be left out.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Wishes {
    field: Option<String>,
    sub_filter: Option<Form>,
    digest: Option<DigestAlgorithm>,
    padding: Option<Padding>,
    reason: Option<String>,
    location: Option<String>,
    contact: Option<String>,
    name: Option<String>,
    certify: Option<u8>,
    claimed_time: Option<UtcTime>,
    allow_certificate_outside_its_period: bool,
    allow_certificate_of_another_purpose: bool,
}

#[derive(Deserialize)]
enum Form {
    #[serde(rename = "ETSI.CAdES.detached")]
    Cades,
    #[serde(rename = "adbe.pkcs7.detached")]
    Pkcs7,
}

#[derive(Deserialize)]
enum Padding {
    #[serde(rename = "pkcs1")]
    Pkcs1,
    #[serde(rename = "pss")]
    Pss,
}

impl Plan {
    /// A plan from one JSON object: an invisible signature of level B-B. Members, all optional:
    /// `field` (an empty one that exists, or a new name), `sub_filter` (`ETSI.CAdES.detached`,
    /// `adbe.pkcs7.detached`), `digest` (`SHA-256`, `SHA-384`, `SHA-512`), `padding` (`pkcs1`,
    /// `pss`), `reason`, `location`, `contact`, `name`, `certify` (1, 2 or 3), `claimed_time`
    /// (RFC 3339), `allow_certificate_outside_its_period` and
    /// `allow_certificate_of_another_purpose` (true or false).
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`]: no such object, or a member that is not known; the byte is where the
    /// reader stopped, where it is on the first line.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let kind = ErrorKind::Misuse("not the JSON of a plan, or with a member not known");
        // The reader would take an array for the members in order.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(Error::at(kind, 0));
        }
        let wishes: Wishes = serde_json::from_slice(json).map_err(|error| match error.line() {
            1 => Error::at(kind, error.column().saturating_sub(1) as u64),
            _ => Error::new(kind),
        })?;
        let certify = match wishes.certify {
            None => None,
            Some(1) => Some(Permission::NoChanges),
            Some(2) => Some(Permission::FormFilling),
            Some(3) => Some(Permission::Annotations),
            Some(_) => return Err(ErrorKind::Misuse("certify is 1, 2 or 3").into()),
        };
        Ok(Self {
            field: wishes.field.map_or(Field::Automatic, Field::Named),
            sub_filter: match wishes.sub_filter {
                Some(Form::Pkcs7) => SubFilter::AdbePkcs7Detached,
                Some(Form::Cades) | None => SubFilter::EtsiCadesDetached,
            },
            digest: wishes.digest,
            padding: match wishes.padding {
                Some(Padding::Pss) => RsaPadding::Pss,
                Some(Padding::Pkcs1) | None => RsaPadding::Pkcs1,
            },
            reason: wishes.reason,
            location: wishes.location,
            contact: wishes.contact,
            name: wishes.name,
            certify,
            claimed_time: wishes.claimed_time,
            allow_certificate_outside_its_period: wishes.allow_certificate_outside_its_period,
            allow_certificate_of_another_purpose: wishes.allow_certificate_of_another_purpose,
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_member_is_read() {
        let plan = Plan::from_json(
            br#"{"field":"A","sub_filter":"adbe.pkcs7.detached","digest":"SHA-384",
                "padding":"pss","reason":"r","location":"l","contact":"c","name":"n","certify":2,
                "claimed_time":"2026-11-23T07:00:00Z",
                "allow_certificate_outside_its_period":true}"#,
        )
        .unwrap();
        let expected = Plan {
            field: Field::Named("A".to_owned()),
            sub_filter: SubFilter::AdbePkcs7Detached,
            digest: Some(DigestAlgorithm::Sha384),
            padding: RsaPadding::Pss,
            reason: Some("r".to_owned()),
            location: Some("l".to_owned()),
            contact: Some("c".to_owned()),
            name: Some("n".to_owned()),
            certify: Some(Permission::FormFilling),
            claimed_time: UtcTime::from_rfc3339("2026-11-23T07:00:00Z"),
            allow_certificate_outside_its_period: true,
            ..Plan::default()
        };
        assert_eq!(plan, expected);
        // One permission is not the other.
        let plan = Plan::from_json(br#"{"allow_certificate_of_another_purpose":true}"#).unwrap();
        let expected = Plan {
            allow_certificate_of_another_purpose: true,
            ..Plan::default()
        };
        assert_eq!(plan, expected);
        assert_eq!(Plan::from_json(b"{}").unwrap(), Plan::default());
    }

    #[test]
    fn err_a_member_that_is_not_known_is_refused() {
        for bad in [
            r#"{"filed":"A"}"#,
            r#"{"certify":4}"#,
            r#"{"allow_certificate_outside_its_period":1}"#,
            // A revoked certificate is signed with by whoever has services to know it, not by this.
            r#"{"allow_revoked_certificate":true}"#,
            r#"{"digest":"CRC"}"#,
            "[]",
            "",
        ] {
            let error = Plan::from_json(bad.as_bytes()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{bad}");
        }
    }
}
