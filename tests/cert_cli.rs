//! `kyso cert` and `kyso trust`: text, JSON and exit codes of the program.
#![cfg(feature = "cli")]

use std::path::{Path, PathBuf};
use std::process::Command;

use kyso::UtcTime;
use kyso::oid;
use kyso::pki::issue::{
    CrlTemplate, Key, KeyType, RevokedEntry, Subject, Template, pem, random_serial,
};
use kyso::signing::demo::Pki;

const NOW: &str = "2026-11-23T07:00:00Z";

struct Folder {
    folder: tempfile::TempDir,
    pki: Pki,
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).expect("JSON on stdout")
    }

    #[track_caller]
    fn says(&self, words: &str) -> &Self {
        assert!(self.out.contains(words), "no `{words}` in:\n{}", self.out);
        self
    }
}

impl Folder {
    fn new() -> Self {
        let key = || Key::generate(KeyType::P256).unwrap();
        let now = UtcTime::from_rfc3339(NOW).unwrap();
        let pki = Pki::with_keys([key(), key(), key(), key()], now).unwrap();
        let folder = Self {
            folder: tempfile::tempdir().unwrap(),
            pki,
        };
        for file in folder.pki.files().unwrap() {
            folder.write(file.name, &file.content);
        }
        // One certificate alone; `leader.pem` has the whole chain.
        let leader = folder.pki.leader.certificate_pem().unwrap();
        folder.write("leader.crt", leader.as_bytes());
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn run(&self, arguments: &str) -> Ran {
        run(self.folder.path(), arguments.split_whitespace())
    }

    /// `cert check` of the leader with everything that is needed, and more arguments.
    fn check(&self, more: &str) -> Ran {
        self.run(&format!(
            "cert check leader.crt --trust root.pem --pool issuing.pem --at {NOW} \
             --evidence root.crl --evidence issuing.crl {more}"
        ))
    }
}

fn run<'a>(folder: &Path, arguments: impl Iterator<Item = &'a str>) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_kyso"))
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn ok_show_tells_holder_period_rights_and_places_in_plain_words() {
    let folder = Folder::new();
    let shown = folder.run(&format!("cert show leader.crt --at {NOW}"));
    assert_eq!(shown.code, 0, "{}", shown.err);
    shown
        .says("leader.crt:")
        .says("title: Chủ tịch")
        .says("citizen identity (CCCD) 000000000000")
        .says("the identifiers suggest a person (no proof)")
        .says("valid: 2026-10-24T14:00:00+07:00")
        .says("key: P-256")
        .says("document signing (id-kp-documentSigning)")
        .says("CRL at: http://crl.demo.invalid/issuing.crl")
        .says("policies: 2.999.1.1");
    folder
        .run(&format!("--lang vi cert show issuing.pem --at {NOW}"))
        .says("cơ quan cấp chứng thư: có")
        .says("cấp chứng thư (keyCertSign)");
    let all = folder.run("cert show leader.pem --format json").json();
    assert_eq!(all.as_array().unwrap().len(), 3, "the whole chain");
    assert_eq!(all[0]["holder"]["title"], "Chủ tịch");
    assert_eq!(all[0]["hint"], "person");
    assert_eq!(all[0]["authority"], false);
    assert_eq!(all[2]["self_issued"], true);
    assert_eq!(all[2]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn ok_show_escapes_what_could_deceive_on_a_terminal() {
    let folder = Folder::new();
    let from = UtcTime::from_rfc3339(NOW).unwrap();
    let name = Subject::new().with(oid::AT_COMMON_NAME, "A\u{202e}B\u{1b}[2J");
    let template = Template::signer(&random_serial().unwrap(), name, from, from.plus(86_400));
    let spki = Key::generate(KeyType::P256).unwrap().spki().to_vec();
    folder.write(
        "odd.crt",
        &folder.pki.issuing.issue(&spki, &template).unwrap(),
    );
    let shown = folder.run("cert show odd.crt");
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(
        !shown.out.contains(['\u{202e}', '\u{1b}']),
        "{:?}",
        shown.out
    );
    shown.says("\\u{202e}");
}

#[test]
fn err_show_of_no_certificate_is_an_input_error() {
    let folder = Folder::new();
    folder.write("no.crt", b"nothing");
    assert_eq!(folder.run("cert show no.crt").code, 4);
    assert_eq!(folder.run("cert show absent.crt").code, 4);
    assert_eq!(folder.run("cert show").code, 5);
}

#[test]
fn ok_check_lists_the_path_and_the_status_of_each_certificate() {
    let folder = Folder::new();
    let checked = folder.check("");
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    checked
        .says("PASSED")
        .says("1. certificate: ")
        .says("2. intermediate: ")
        .says("3. trust anchor: ")
        .says("revocation: good (crl,");
    let json = folder.check("--format json").json();
    assert_eq!(json["conclusion"], "PASSED");
    assert_eq!(json["path"].as_array().unwrap().len(), 3);
    assert_eq!(json["path"][0]["revocation"]["status"], "good");
    assert_eq!(json["path"][2]["place"], "anchor");
    assert_eq!(json["failures"].as_array().unwrap().len(), 0);
    // The same question gives the same octets.
    assert_eq!(folder.check("").out, folder.check("").out);
}

#[test]
fn ok_certificates_beside_the_leaf_are_candidates_only() {
    let folder = Folder::new();
    let checked = folder.run(&format!(
        "cert check leader.pem --trust root.pem --at {NOW} --evidence root.crl --evidence issuing.crl"
    ));
    assert_eq!(checked.code, 0, "{}", checked.out);
    assert!(checked.err.contains("3 certificates"), "{}", checked.err);
    // The root beside it is not trusted for being there.
    let checked = folder.run(&format!("cert check leader.pem --at {NOW}"));
    assert_eq!(checked.code, 2);
}

#[test]
fn err_check_says_what_is_missing() {
    let folder = Folder::new();
    let checked = folder.run(&format!(
        "cert check leader.crt --trust root.pem --at {NOW}"
    ));
    assert_eq!(checked.code, 2, "{}", checked.out);
    checked
        .says("INDETERMINATE")
        .says("the certificate of")
        .says("(--pool)");
    let checked = folder.run(&format!(
        "cert check leader.crt --pool issuing.pem --pool root.pem --at {NOW} --format json"
    ));
    assert_eq!(checked.code, 2);
    assert_eq!(checked.json()["missing"][0]["what"], "anchor");
    let checked = folder.run(&format!(
        "--lang vi cert check leader.crt --trust root.pem --pool issuing.pem --at {NOW}"
    ));
    assert_eq!(checked.code, 2);
    checked
        .says("không rõ")
        .says("(--evidence); bên cấp công bố tại http://crl.demo.invalid/issuing.crl");
}

#[test]
fn err_each_revocation_mode_asks_what_it_says() {
    let folder = Folder::new();
    let check = |mode: &str| {
        folder.run(&format!(
            "cert check leader.crt --trust root.pem --pool issuing.pem --at {NOW} --revocation {mode}"
        ))
    };
    assert_eq!(check("require").code, 2);
    assert_eq!(check("if-declared").code, 2, "both say where to ask");
    let soft = check("soft-fail");
    assert_eq!(soft.code, 0);
    soft.says("is revoked is not known");
    let none = check("none");
    assert_eq!(none.code, 0);
    none.says("revocation was not asked");
    assert_eq!(check("perhaps").code, 5);
}

#[test]
fn err_check_names_the_rule_the_clause_and_the_certificate() {
    let folder = Folder::new();
    let at = UtcTime::from_rfc3339(NOW).unwrap();
    let serial = |authority: &kyso::pki::issue::Authority| {
        let certificate = kyso::pki::Certificate::from_der(authority.certificate()).unwrap();
        certificate.serial().as_bytes().to_vec()
    };
    let revoked = CrlTemplate {
        number: Some(2),
        this_update: at.plus(-30),
        next_update: Some(at.plus(86_400)),
        entries: vec![RevokedEntry {
            serial: serial(&folder.pki.leader),
            at: at.plus(-3600),
            reason: Some(1),
            invalidity_date: None,
        }],
        extensions: Vec::new(),
    };
    let crl = folder.pki.issuing.crl(&revoked).unwrap();
    folder.write("revoked.crl", pem("X509 CRL", &crl).unwrap().as_bytes());
    let checked = folder.check("--evidence revoked.crl --format json");
    assert_eq!(checked.code, 1, "{}", checked.out);
    let json = checked.json();
    assert_eq!(json["conclusion"], "FAILED");
    assert_eq!(json["failures"][0]["rule"], "revoked");
    assert_eq!(json["failures"][0]["clause"], "RFC 5280 §6.1.3 (a)(3)");
    let subject = json["failures"][0]["certificate"].as_str().unwrap();
    assert_eq!(subject, json["path"][0]["subject"].as_str().unwrap());
    folder
        .check("--evidence revoked.crl")
        .says("revoked since 2026-11-23T13:00:00+07:00 (keyCompromise) [RFC 5280 §6.1.3 (a)(3)]");

    let late = folder.run(
        "cert check leader.crt --trust root.pem --pool issuing.pem --at 2031-01-01 --revocation none"
    );
    assert_eq!(late.code, 1);
    late.says("[RFC 5280 §6.1.3 (a)(2)]")
        .says("3. trust anchor");

    let other = folder.check("--purpose time-stamping");
    assert_eq!(other.code, 1);
    other.says("[RFC 5280 §4.2.1.12]");
    let policy = folder.check("--policy 1.2.3.4 --format json");
    assert_eq!(policy.code, 1);
    assert_eq!(policy.json()["failures"][0]["rule"], "policies");
    assert_eq!(folder.check("--policy nonsense").code, 5);
}

#[test]
fn err_a_chain_signed_by_another_key_fails_by_signature() {
    let (folder, other) = (Folder::new(), Folder::new());
    folder.write(
        "other.pem",
        other.pki.issuing.certificate_pem().unwrap().as_bytes(),
    );
    let checked = folder.run(&format!(
        "cert check leader.crt --trust root.pem --pool other.pem --at {NOW} --format json"
    ));
    assert_ne!(checked.code, 0, "{}", checked.out);
    assert_ne!(checked.json()["conclusion"], "PASSED");
}

#[test]
fn ok_a_certificate_near_its_end_gets_a_warning() {
    let folder = Folder::new();
    let quiet = folder.check("");
    assert!(!quiet.out.contains("ends soon"), "{}", quiet.out);
    let near = folder.check("--warn-days 2000");
    assert_eq!(near.code, 0, "a warning decides nothing");
    near.says("ends soon: 1095 days are left");
    folder
        .run(&format!("cert show leader.crt --at {NOW} --warn-days 2000"))
        .says("ends soon: 1095 days");
    folder
        .run("cert show leader.crt --at 2029-11-20")
        .says("ends soon: 2 days");
    folder
        .run("--lang vi cert show leader.crt --at 2030-01-01")
        .says("đã hết hạn");
}

#[test]
fn ok_trust_is_added_listed_checked_and_used() {
    let folder = Folder::new();
    let digest = kyso::pki::Certificate::from_der(folder.pki.root.certificate()).unwrap();
    let digest: String = digest.sha256().iter().map(|o| format!("{o:02X}")).collect();
    let add = |more: &[&str]| {
        let all = ["trust", "add", "trust.json", "root.pem"];
        run(folder.folder.path(), all.iter().chain(more).copied())
    };
    let source = "handed over by the registration office";
    let added = add(&[
        "--sha256",
        &digest,
        "--source",
        source,
        "--until",
        "2027-01-01",
    ]);
    assert_eq!(added.code, 0, "{}", added.err);
    added.says("added").says(&digest.to_lowercase());
    let written = std::fs::read(folder.path("trust.json")).unwrap();
    let again = add(&[]);
    assert_eq!(again.code, 0);
    again.says("already there");
    assert_eq!(std::fs::read(folder.path("trust.json")).unwrap(), written);

    let listed = folder.run("trust list trust.json");
    assert_eq!(listed.code, 0);
    listed
        .says(source)
        .says("trusted until: 2027-01-01T07:00:00+07:00");
    let json = folder.run("trust list trust.json --format json").json();
    assert_eq!(json["anchors"][0]["source"], source);
    assert_eq!(json["anchors"][0]["until"], "2027-01-01T00:00:00Z");
    assert_eq!(json["rules"], serde_json::json!([]));

    let fine = folder.run(&format!("trust check trust.json --at {NOW}"));
    assert_eq!(fine.code, 0, "{}", fine.out);
    fine.says("in order");
    let near = folder.run("trust check trust.json --at 2026-12-20");
    assert_eq!(near.code, 0);
    near.says("trust ends soon: 12 days");
    let over = folder.run("--lang vi trust check trust.json --at 2027-02-01");
    assert_eq!(over.code, 1);
    over.says("chỉ được tin cậy đến");

    let used = |at: &str| {
        folder.run(&format!(
            "cert check leader.crt --trust trust.json --pool issuing.pem --revocation none --at {at}"
        ))
    };
    assert_eq!(used(NOW).code, 0);
    let late = used("2027-02-01");
    assert_eq!(late.code, 1);
    late.says("until");
}

/// Who is a person and who an agency is what the trust file says, and nothing else.
#[test]
fn ok_rules_are_added_once_and_say_who_is_who() {
    let folder = Folder::new();
    let arguments = [
        "trust",
        "rule",
        "trust.json",
        "--is",
        "agency",
        "--policy",
        "1.2.3.4",
    ];
    let add = || run(folder.folder.path(), arguments.iter().copied());
    let first = add();
    assert_eq!(first.code, 0, "{}", first.err);
    first.says("added the rule: agency: ").says("1.2.3.4");
    let written = std::fs::read(folder.path("trust.json")).unwrap();
    add().says("already there");
    assert_eq!(std::fs::read(folder.path("trust.json")).unwrap(), written);
    let pin = "ab".repeat(32);
    let person = format!("--lang vi trust rule trust.json --is person --certificate {pin}");
    folder.run(&person).says("cá nhân");
    let listed = folder.run("trust list trust.json --format json").json();
    assert_eq!(
        listed["rules"],
        serde_json::json!([
            {"is": "agency", "policy": "1.2.3.4"},
            {"is": "person", "certificate": pin}
        ])
    );
    let anchor = folder.run("trust add trust.json root.pem --pki test --source by-hand");
    assert_eq!(anchor.code, 0, "{}", anchor.err);
    folder
        .run("trust list trust.json")
        .says("PKI: test")
        .says("agency: ")
        .says("person: ");
    for wrong in [
        "trust rule new.json --is agency",
        "trust rule new.json --is agency --certificate 12",
        "trust rule new.json --is agency --policy x",
        "trust rule new.json --is nobody --policy 1.2.3",
        "trust rule new.json --is agency --issuer nonsense",
    ] {
        assert_eq!(folder.run(wrong).code, 5, "{wrong}");
        assert!(!folder.path("new.json").exists());
    }
}

#[test]
fn ok_a_pin_alone_finds_its_certificate_in_the_pool() {
    let folder = Folder::new();
    let root = kyso::pki::Certificate::from_der(folder.pki.root.certificate()).unwrap();
    let digest: String = root.sha256().iter().map(|o| format!("{o:02x}")).collect();
    let added = folder.run(&format!("trust add pin.json --sha256 {digest}"));
    assert_eq!(added.code, 0, "{}", added.err);
    let check = "cert check leader.crt --trust pin.json --pool issuing.pem --revocation none";
    let without = folder.run(&format!("{check} --at {NOW}"));
    assert_eq!(without.code, 2, "{}", without.out);
    let with = folder.run(&format!("{check} --pool root.pem --at {NOW}"));
    assert_eq!(with.code, 0, "{}", with.out);
}

#[test]
fn err_nothing_is_written_when_a_pin_differs_or_a_file_is_broken() {
    let folder = Folder::new();
    let wrong = "00".repeat(32);
    let ran = folder.run(&format!("trust add new.json root.pem --sha256 {wrong}"));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("nothing was written"), "{}", ran.err);
    assert!(!folder.path("new.json").exists());
    assert_eq!(
        folder.run("trust add new.json root.pem --sha256 12").code,
        5
    );
    assert_eq!(folder.run("trust add new.json").code, 5);
    assert!(!folder.path("new.json").exists());
    // A file that is no trust file is never overwritten.
    folder.write("mine.json", b"{\"mine\": 1}");
    assert_eq!(folder.run("trust add mine.json root.pem").code, 4);
    assert_eq!(
        std::fs::read(folder.path("mine.json")).unwrap(),
        b"{\"mine\": 1}"
    );
    let clash = folder.run("trust add root.pem root.pem");
    assert_eq!(clash.code, 4, "{}", clash.err);
    assert_eq!(folder.run("trust check root.pem --at 2050-01-01").code, 1);
}
