//! V082: what was secret is not in memory when its owner is gone. One test, in a process of its
//! own.
#![cfg(target_os = "linux")]

#[path = "common/memory.rs"]
mod memory;

use std::path::Path;
use std::process::Command;

use kyso::error::{ErrorKind, KeyFault};
use kyso::limits::Limits;
use kyso::signing::key::{KeySource, Secret, pem, pkcs12};
use memory::Needle;

/// Password, PEM text and the DER of a private key: there while they are used, gone after. What
/// `ring` keeps of the key for itself, in another order of octets, is not sought: it frees that
/// without wiping.
#[test]
fn ok_nothing_of_a_key_file_stays_in_memory() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys");
    let path = |name: &str| folder.join(format!("throwaway-{name}"));
    let temporary = tempfile::tempdir().unwrap();
    let typed_file = temporary.path().join("password");
    let wide_file = temporary.path().join("wide");
    // Digits that nobody has written anywhere, and the form in which PKCS#12 takes them; another
    // process makes them, so that this one never held them.
    let made = Command::new("sh")
        .current_dir(temporary.path())
        .args(["-c", "od -An -N16 -tu1 /dev/urandom | tr -dc 0-9 | head -c16 > password && sed 's/./\\x00&/g' password > wide"])
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    // Inside the private exponent and inside the first prime of the DER; inside the PEM text.
    let exponent = Needle::from_file(&path("rsa.pkcs8.der"), 400, 24);
    let prime = Needle::from_file(&path("rsa.pkcs8.der"), 600, 24);
    let text = Needle::from_file(&path("rsa.key.pem"), 700, 40);
    let password = Needle::from_file(&typed_file, 0, 16);
    let wide = Needle::from_file(&wide_file, 0, 32);
    let all = [&exponent, &prime, &text, &password, &wide];
    assert_eq!(all.map(Needle::count), [0; 5]);

    let sought = memory::read(&path("rsa.pkcs8.der"));
    assert!(
        exponent.count() > 0 && prime.count() > 0,
        "the search finds nothing"
    );
    drop(sought);

    let certificates = std::fs::read(path("rsa.crt.pem")).unwrap();
    // A password goes the whole way of a derivation, also when it is wrong in the end.
    for file in [
        "rsa.aes256.pem",
        "rsa.pkcs12-3des.pem",
        "modern.p12",
        "legacy.p12",
    ] {
        let bytes = memory::read(&path(file));
        let typed = Secret::new(memory::read(&typed_file));
        assert!(password.count() > 0, "the search finds nothing");
        let given = Some(typed.expose());
        let error = if file.ends_with(".p12") {
            pkcs12::load(&bytes, given, &Limits::new()).unwrap_err()
        } else {
            pem::load(&bytes, &certificates, given, &Limits::new()).unwrap_err()
        };
        assert_eq!(error.kind(), &ErrorKind::Key(KeyFault::Password), "{file}");
        drop((bytes, typed));
        assert_eq!(all.map(Needle::count), [0; 5], "{file}");
    }
    {
        let bytes = memory::read(&path("rsa.key.pem"));
        let key = pem::load(&bytes, &certificates, None, &Limits::new()).unwrap();
        drop(bytes);
        let document = b"message";
        key.sign(&key.algorithms()[0], document).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains("redacted"), "{shown}");
        assert_eq!(all.map(Needle::count), [0; 5], "in use");
        drop(key);
        assert_eq!(all.map(Needle::count), [0; 5], "after use");
    }
}
