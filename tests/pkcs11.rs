//! Promises about keys on tokens, against SoftHSM2 with a driver in front that locks and is pulled.
#![cfg(all(feature = "pkcs11", feature = "cli", unix))]

#[path = "common/pdf.rs"]
#[allow(dead_code)]
mod documents;
#[cfg(target_os = "linux")]
#[path = "common/memory.rs"]
mod memory;
#[path = "pkcs11/token.rs"]
mod token;

use std::path::Path;
use std::process::Command;

use documents::{Form, PLAIN, build};
use kyso::crypto::{DigestAlgorithm, Message, SignatureAlgorithm, verify};
use kyso::error::{ErrorKind, KeyFault, PinTries, TokenFault};
use kyso::pki::Certificate;
use kyso::signing::key::pkcs11::{KeyChoice, Module, TokenChoice, TokenKey, TokenUri};
use kyso::signing::key::{KeySource, Secret};
use kyso::signing::plan::RsaPadding;
use kyso::signing::{Plan, Signer};
use kyso::{Error, Indication};
use token::{KEYS, LABEL, Setup, at, on_token};

fn document() -> Vec<u8> {
    build(Form::Table, &PLAIN)
}

fn label(text: &str) -> KeyChoice {
    KeyChoice {
        label: Some(text.to_owned()),
        ..KeyChoice::default()
    }
}

fn open(setup: &Setup, choice: &KeyChoice) -> Result<TokenKey, Error> {
    setup.token().key(choice, Some(setup.pin()), &[], false)
}

fn fault(error: &Error) -> &TokenFault {
    match error.kind() {
        ErrorKind::Key(KeyFault::Token(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn holds(key: &dyn KeySource, algorithm: &SignatureAlgorithm, message: &[u8]) {
    let value = key.sign(algorithm, message).unwrap();
    let public = key.certificate().public_key();
    let outcome = verify(public, algorithm, Message::Bytes(message), &value);
    assert!(outcome.is_verified(), "{}", algorithm.name());
    let outcome = verify(public, algorithm, Message::Bytes(b"another"), &value);
    assert!(!outcome.is_verified(), "{}", algorithm.name());
}

/// Every kind of key, with every algorithm that the token offers, hashed by the token and, where
/// it cannot hash, by the program.
#[test]
fn ok_every_kind_of_key_signs() {
    on_token("ok_every_kind_of_key_signs", |setup| {
        for raw in [false, true] {
            if raw {
                setup.set("raw");
            }
            for (name, count) in [("rsa", 6), ("p256", 3), ("p384", 3), ("ed25519", 1)] {
                let key = open(setup, &label(name)).unwrap();
                let algorithms = key.algorithms();
                assert_eq!(algorithms.len(), count, "{name}: {algorithms:?}");
                for algorithm in &algorithms {
                    holds(&key, algorithm, b"the message");
                }
                let subject = key.certificate().subject().common_name();
                assert_eq!(subject.as_deref(), Some(name));
                // The way to the root from the token; nobody else's certificate.
                let chain: Vec<_> = key
                    .chain()
                    .iter()
                    .map(|one| one.subject().common_name().unwrap())
                    .collect();
                assert_eq!(chain, ["Bên cấp thử", "Gốc thử"]);
            }
        }
        let key = open(setup, &label("p384")).unwrap();
        let first = key.algorithms().remove(0);
        assert_eq!(first.digest(), Some(DigestAlgorithm::Sha384));
    });
}

/// Documents signed on the token pass, with v1.5 by default and with PSS when asked for.
#[test]
fn ok_documents_pass_with_both_paddings() {
    on_token("ok_documents_pass_with_both_paddings", |setup| {
        for (name, padding, used) in [
            ("rsa", RsaPadding::Pkcs1, "RSASSA-PKCS1-v1_5 with SHA-256"),
            ("rsa", RsaPadding::Pss, "RSASSA-PSS with SHA-256"),
            ("p256", RsaPadding::Pkcs1, "ECDSA with SHA-256"),
            ("p384", RsaPadding::Pss, "ECDSA with SHA-384"),
        ] {
            let signer = Signer::new(open(setup, &label(name)).unwrap());
            let mut plan = Plan::default();
            plan.padding = padding;
            let prepared = signer.prepare(&document(), &plan, at()).unwrap();
            assert_eq!(prepared.signature_algorithm().name(), used);
            let signed = signer.sign(&document(), &plan, at()).unwrap();
            let report = setup.verifier().verify(signed.bytes(), at()).unwrap();
            assert_eq!(report.indication, Indication::TotalPassed, "{name}");
            openssl_accepts(setup, signed.cms(), signed.bytes(), signed.byte_range());
        }
    });
}

fn openssl_accepts(setup: &Setup, cms: &[u8], bytes: &[u8], range: [u64; 4]) {
    let [_, first, second, rest] = range.map(|n| n as usize);
    let content = [&bytes[..first], &bytes[second..second + rest]].concat();
    std::fs::write(setup.path("content"), content).unwrap();
    std::fs::write(setup.path("cms.der"), cms).unwrap();
    let output = Command::new("openssl")
        .current_dir(setup.path(""))
        .args("cms -verify -binary -inform DER -in cms.der -content content".split(' '))
        .args("-CAfile root.pem -purpose any -out /dev/null".split(' '))
        .args(["-attime", &at().unix().to_string()])
        .output();
    match output {
        Ok(output) => assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(_) => println!("NOT RUN: openssl is not installed"),
    }
}

/// One key shared by threads, each with a session of its own, after one login.
#[test]
fn ok_two_threads_share_one_login() {
    on_token("ok_two_threads_share_one_login", |setup| {
        let key = open(setup, &label("p256")).unwrap();
        let algorithm = key.algorithms().remove(0);
        std::thread::scope(|scope| {
            for thread in 0..2_u8 {
                let (key, algorithm) = (&key, &algorithm);
                scope.spawn(move || {
                    for round in 0..50_u8 {
                        holds(key, algorithm, &[thread, round]);
                    }
                });
            }
        });
        assert_eq!(setup.state("logins"), Some(1));
    });
}

/// Two documents, one login; and the login ends with the key.
#[test]
fn ok_two_documents_need_one_login() {
    on_token("ok_two_documents_need_one_login", |setup| {
        let signer = Signer::new(open(setup, &label("rsa")).unwrap());
        let first = signer.sign(&document(), &Plan::default(), at()).unwrap();
        let second = signer.sign(first.bytes(), &Plan::default(), at()).unwrap();
        let report = setup.verifier().verify(second.bytes(), at()).unwrap();
        assert_eq!(report.indication, Indication::TotalPassed);
        assert_eq!(report.signatures.len(), 2);
        assert_eq!(setup.state("logins"), Some(1));
        drop(signer);
        let refused = setup.token().key(&label("rsa"), None, &[], false);
        assert_eq!(fault(&refused.unwrap_err()), &TokenFault::PinNeeded);
    });
}

/// A wrong PIN is told with what the token says about further tries, and is tried once.
#[test]
fn err_wrong_pins_lock_the_token() {
    on_token("err_wrong_pins_lock_the_token", |setup| {
        let wrong = || Some(Secret::new(b"00000000x".to_vec()));
        let open = |pin, last| setup.token().key(&label("rsa"), pin, &[], last);
        let tries = |tries| TokenFault::WrongPin { tries };
        let error = open(wrong(), false).unwrap_err();
        assert_eq!(fault(&error), &tries(PinTries::Few));
        assert_eq!(setup.state("logins"), Some(1));
        let error = open(wrong(), false).unwrap_err();
        assert_eq!(fault(&error), &tries(PinTries::Last));
        // The last try is not used up without being told to, even with the right PIN.
        let error = open(Some(setup.pin()), false).unwrap_err();
        assert_eq!(fault(&error), &TokenFault::LastTry);
        assert_eq!(setup.state("logins"), Some(2));
        let error = open(wrong(), true).unwrap_err();
        assert_eq!(fault(&error), &tries(PinTries::None));
        // Now the right one comes too late, and is not sent at all.
        for last in [false, true] {
            let error = open(Some(setup.pin()), last).unwrap_err();
            assert_eq!(fault(&error), &TokenFault::Locked);
        }
        assert_eq!(setup.state("logins"), Some(3));
        assert_eq!(setup.token().tries(), PinTries::None);

        std::fs::write(setup.path("a.pdf"), document()).unwrap();
        let locked = setup.kyso(&[
            "sign",
            "a.pdf",
            "-o",
            "b.pdf",
            "--key",
            "pkcs11:object=rsa",
            "--pin-file",
            "pin",
        ]);
        assert_eq!(
            String::from_utf8_lossy(&locked.stderr),
            "kyso: pkcs11:object=rsa: the token is locked after too many wrong PINs\n\
             kyso: unlock it with the SO PIN, or ask who issued it\n"
        );
        assert_eq!(locked.status.code(), Some(4));
        assert!(!setup.path("b.pdf").exists());
    });
}

/// A token that is pulled between two documents, and put back.
#[test]
fn err_a_pulled_token_is_named() {
    on_token("err_a_pulled_token_is_named", |setup| {
        let key = open(setup, &label("p256")).unwrap();
        let algorithm = key.algorithms().remove(0);
        holds(&key, &algorithm, b"first");
        setup.set("pulled");
        for _ in 0..2 {
            let error = key.sign(&algorithm, b"second").unwrap_err();
            assert_eq!(fault(&error), &TokenFault::Removed);
        }
        let error = setup.module().token(&TokenChoice::default()).unwrap_err();
        assert_eq!(fault(&error), &TokenFault::NoToken { tokens: vec![] });
        setup.clear("pulled");
        holds(&open(setup, &label("p256")).unwrap(), &algorithm, b"third");
    });
}

/// The store of the software token is deleted under a key that is in use.
#[test]
fn err_a_token_whose_store_is_gone() {
    on_token("err_a_token_whose_store_is_gone", |setup| {
        let key = open(setup, &label("rsa")).unwrap();
        std::fs::remove_dir_all(setup.path("tokens")).unwrap();
        let error = key.sign(&key.algorithms()[0], b"message").unwrap_err();
        assert!(
            matches!(fault(&error), TokenFault::Removed | TokenFault::Refused(_)),
            "{error}"
        );
    });
}

#[test]
fn ok_keys_are_chosen_by_label_id_and_certificate() {
    on_token("ok_keys_are_chosen_by_label_id_and_certificate", |setup| {
        let certificate =
            |name: &str| Certificate::from_der(&setup.read(&format!("{name}.der"))).unwrap();
        let key = |uri: &str, extra: &[Certificate]| {
            let uri = TokenUri::from_text(uri).unwrap();
            let token = setup.module().token(&uri.token)?;
            token.key(&uri.key, Some(setup.pin()), extra, false)
        };
        for (uri, name) in [
            ("pkcs11:object=p384", "p384"),
            ("pkcs11:id=%02", "p256"),
            ("pkcs11:object=rsa;type=cert", "rsa"),
            (
                "pkcs11:token=V%C4%83n%20th%C6%B0;id=%04;object=ed25519",
                "ed25519",
            ),
        ] {
            let found = key(uri, &[]).unwrap();
            assert_eq!(found.certificate(), &certificate(name), "{uri}");
            assert_eq!(found.token(), LABEL);
        }
        // By certificate: the one that is given says which key.
        let found = key("pkcs11:", &[certificate("p384")]).unwrap();
        assert_eq!(found.certificate(), &certificate("p384"));
        // A key without a certificate on the token signs with one from outside.
        let error = key("pkcs11:object=bare", &[]).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Key(KeyFault::CertificateNeeded));
        let error = key("pkcs11:object=bare", &[certificate("rsa")]).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Key(KeyFault::CertificateNeeded));
        let found = key("pkcs11:object=bare", &[certificate("bare")]).unwrap();
        holds(&found, &found.algorithms()[0], b"message");
        assert_eq!(found.chain().len(), 2);

        let error = key("pkcs11:", &[]).unwrap_err();
        let TokenFault::SeveralKeys { keys } = fault(&error) else {
            panic!("{error}");
        };
        assert_eq!(keys.len(), 4, "{keys:?}");
        let error = key("pkcs11:object=nobody", &[]).unwrap_err();
        let TokenFault::NoKey { keys } = fault(&error) else {
            panic!("{error}");
        };
        assert_eq!(keys.len(), KEYS.len());
        let error = key("pkcs11:token=other", &[]).unwrap_err();
        let TokenFault::NoToken { tokens } = fault(&error) else {
            panic!("{error}");
        };
        assert!(tokens[0].starts_with("\"Văn thư\" (serial "), "{tokens:?}");
    });
}

#[test]
fn err_no_driver() {
    for path in [
        "/nowhere/driver.so",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ] {
        let error = Module::load(Path::new(path)).unwrap_err();
        let TokenFault::Module { path: named, .. } = fault(&error) else {
            panic!("{error}");
        };
        assert_eq!(named, path);
    }
    let command = Command::new(env!("CARGO_BIN_EXE_kyso"))
        .args([
            "--lang",
            "en",
            "key",
            "doctor",
            "--module",
            "/nowhere/driver.so",
        ])
        .output()
        .unwrap();
    assert_eq!(command.status.code(), Some(4));
    let said = String::from_utf8_lossy(&command.stderr);
    assert!(said.contains("with --module"), "{said}");
}

/// V082: PINs come from a file, a descriptor or a variable; no output shows them, nor `Debug`.
#[test]
fn ok_the_program_signs_with_a_token() {
    on_token("ok_the_program_signs_with_a_token", |setup| {
        std::fs::write(setup.path("a.pdf"), document()).unwrap();
        let pin = String::from_utf8(setup.pin().expose().to_vec()).unwrap();
        let sign = |out: &str, more: &[&str], change: &dyn Fn(&mut Command)| {
            let mut arguments = vec!["sign", "a.pdf", "-o", out, "--time", "2026-11-23T07:00:00Z"];
            arguments.push("--allow-certificate-outside-its-period");
            arguments.extend(more);
            let output = setup.kyso_with(&arguments, |command| change(command));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(0), "{said}");
            let report = setup.verifier().verify(&setup.read(out), at()).unwrap();
            assert_eq!(report.indication, Indication::TotalPassed);
        };
        let key = ["--key", "pkcs11:object=rsa"];
        sign("1.pdf", &[key[0], key[1], "--pin-file", "pin"], &|_| {});
        sign(
            "2.pdf",
            &[key[0], key[1], "--pss", "--pin-env", "P"],
            &|command| {
                command.env("P", &pin);
            },
        );
        sign("3.pdf", &[key[0], key[1], "--pin-fd", "0"], &|command| {
            command.stdin(std::fs::File::open(setup.path("pin")).unwrap());
        });
        let uri = format!(
            "pkcs11:object=p256?pin-source=file:{}&module-path={}",
            setup.path("pin").display(),
            setup.path("wrapper.so").display()
        );
        sign("4.pdf", &["--key", &uri], &|command| {
            command.env_remove("KYSO_PKCS11_MODULE");
        });
        let key = open(setup, &label("rsa")).unwrap();
        let shown = format!("{key:?} {key:#?} {:?} {:?}", setup.token(), setup.pin());
        assert!(!shown.contains(&pin), "{shown}");
    });
}

#[test]
fn ok_the_doctor_explains_the_token() {
    on_token("ok_the_doctor_explains_the_token", |setup| {
        let doctor = |more: &[&str]| {
            let mut arguments = vec!["key", "doctor", "--at", "2026-11-23T07:00:00Z"];
            arguments.extend(more);
            let output = setup.kyso(&arguments);
            assert_eq!(output.status.code(), Some(0));
            String::from_utf8(output.stdout).unwrap()
        };
        let outside = doctor(&[]);
        assert!(outside.contains("run again with --pin-file"), "{outside}");
        assert!(!outside.contains("is ready"), "{outside}");
        let inside = doctor(&["--pin-file", "pin"]);
        for part in [
            "token \"Văn thư\"",
            "RSA 2048, \"rsa\" (id 01)",
            "RSASSA-PSS with SHA-256 (the token hashes)",
            "ECDSA with SHA-384 (the program hashes)",
            "key 5 has no certificate",
            "id=%01' …",
            "has no key on this token",
        ] {
            assert!(inside.contains(part), "{part}: {inside}");
        }
        let vi = doctor(&["--pin-file", "pin", "--lang", "vi"]);
        assert!(vi.contains("sẵn sàng: kyso sign --key"), "{vi}");
        let json: serde_json::Value =
            serde_json::from_str(&doctor(&["--pin-file", "pin", "--format", "json"])).unwrap();
        let token = &json["slots"][0]["token"];
        assert_eq!(token["keys"].as_array().unwrap().len(), KEYS.len());
        assert_eq!(token["certificates"].as_array().unwrap().len(), 7);
        assert_eq!(token["logged_in"], true);
        // What the doctor says is what `sign` takes.
        let keys = token["keys"].as_array().unwrap();
        let rsa = keys.iter().find(|key| key["label"] == "rsa").unwrap();
        let uri = TokenUri::from_text(rsa["uri"].as_str().unwrap()).unwrap();
        let token = setup.module().token(&uri.token).unwrap();
        token.key(&uri.key, Some(setup.pin()), &[], false).unwrap();
    });
}

/// V082: the PIN is in memory while it is held, and nowhere once the key is gone; nor is it in a
/// document that waits for its signature.
#[cfg(target_os = "linux")]
#[test]
fn ok_no_pin_is_left_in_memory() {
    on_token("ok_no_pin_is_left_in_memory", |setup| {
        let needle = memory::Needle::from_file(&setup.path("pin"), 0, 8);
        assert_eq!(needle.count(), 0);
        let mut pin = memory::read(&setup.path("pin"));
        pin.pop();
        let pin = Secret::new(pin);
        assert!(needle.count() > 0, "the search finds nothing");
        let token = setup.token();
        let signer = Signer::new(token.key(&label("rsa"), Some(pin), &[], false).unwrap());
        let prepared = signer.prepare(&document(), &Plan::default(), at()).unwrap();
        let signed = signer.sign(&document(), &Plan::default(), at()).unwrap();
        let state = serde_json::to_string(&prepared).unwrap();
        // With the state file and the document still there.
        assert_eq!(needle.count(), 0, "while the key is in use");
        drop(signer);
        assert_eq!(needle.count(), 0, "after the key is gone");
        drop((state, signed));
    });
}
