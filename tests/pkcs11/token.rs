//! A software token with keys and certificates, made anew for each test in a process of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use kyso::asn1::{self, Tag, write};
use kyso::crypto::PublicKey;
use kyso::oid::{self, Oid};
use kyso::pki::Certificate;
use kyso::pki::issue::{
    Authority, CrlTemplate, ExtensionValue, Key, KeyType, Subject, Template, random_serial,
};
use kyso::signing::key::Secret;
use kyso::signing::key::pkcs11::{Module, Token, TokenChoice};
use kyso::time::UtcTime;
use kyso::{Evidence, Origin, Policy, Trust, Verifier};

pub const LABEL: &str = "Văn thư";
const DAY: i64 = 86_400;

pub fn at() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T07:00:00Z").unwrap()
}

/// Where the software token's driver may be.
pub fn softhsm() -> Option<PathBuf> {
    [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
    ]
    .into_iter()
    .map(PathBuf::from)
    .find(|path| path.exists())
}

/// The files of one token: its store, its driver, its PIN, and the PKI of its certificates.
pub struct Setup {
    folder: PathBuf,
}

/// Runs `body` on a fresh token. The driver reads its configuration from the environment once, so
/// every test is a process of its own: this one starts itself again, first to make the token,
/// then for the test. `body` runs in the last of them alone.
pub fn on_token(test: &str, body: fn(&Setup)) {
    if let Some(folder) = std::env::var_os("KYSO_TOKEN_FOLDER") {
        let setup = Setup {
            folder: folder.into(),
        };
        match std::env::var_os("KYSO_TOKEN_MAKE") {
            Some(_) => setup.make(),
            None => body(&setup),
        }
        return;
    }
    let Some(driver) = softhsm() else {
        println!("NOT RUN: {test}: softhsm2 is not installed");
        return;
    };
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    std::fs::create_dir(folder.join("tokens")).unwrap();
    std::fs::create_dir(folder.join("state")).unwrap();
    std::fs::write(
        folder.join("softhsm.conf"),
        format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            folder.join("tokens").display()
        ),
    )
    .unwrap();
    let pin: u64 = u64::from_be_bytes(random_serial().unwrap()[..8].try_into().unwrap());
    std::fs::write(folder.join("pin"), format!("{:08}\n", pin % 100_000_000)).unwrap();
    let wrapper = folder.join("wrapper.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pkcs11/wrapper.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&wrapper, &source])
        .arg("-ldl")
        .status();
    if !built.is_ok_and(|status| status.success()) {
        println!("NOT RUN: {test}: there is no C compiler");
        return;
    }
    for make in [true, false] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env("KYSO_TOKEN_FOLDER", folder)
            .env("SOFTHSM2_CONF", folder.join("softhsm.conf"))
            .env("KYSO_WRAPPED", &driver)
            .env("KYSO_WRAPPER_STATE", folder.join("state"));
        if make {
            command.env("KYSO_TOKEN_MAKE", "1");
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned());
        assert!(output.status.success(), "{}", said.concat());
        assert!(said[0].contains("1 passed"), "no such test: {test}");
    }
}

/// One key of the token.
pub struct Made {
    pub label: &'static str,
    pub id: u8,
    certificate: bool,
}

/// What lies on the token: all kinds, and one without a certificate.
pub const KEYS: [Made; 5] = [
    made("rsa", 1, true),
    made("p256", 2, true),
    made("p384", 3, true),
    made("ed25519", 4, true),
    made("bare", 5, false),
];

const fn made(label: &'static str, id: u8, certificate: bool) -> Made {
    Made {
        label,
        id,
        certificate,
    }
}

impl Setup {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The PIN, which tests never write out.
    pub fn pin(&self) -> Secret {
        let text = self.read("pin");
        Secret::new(text.trim_ascii_end().to_vec())
    }

    /// The driver with the wrapper in front, which locks and can be pulled.
    pub fn module(&self) -> Module {
        Module::load(&self.path("wrapper.so")).unwrap()
    }

    pub fn token(&self) -> Token {
        self.module().token(&TokenChoice::default()).unwrap()
    }

    /// State of the wrapper, as a number of octets; `None`: no such file.
    pub fn state(&self, name: &str) -> Option<u64> {
        let found = std::fs::metadata(self.path("state").join(name)).ok()?;
        Some(found.len())
    }

    pub fn set(&self, name: &str) {
        std::fs::write(self.path("state").join(name), b"").unwrap();
    }

    pub fn clear(&self, name: &str) {
        let _ = std::fs::remove_file(self.path("state").join(name));
    }

    pub fn verifier(&self) -> Verifier {
        let mut evidence = Evidence::new();
        for crl in ["root.crl", "issuing.crl"] {
            evidence
                .add_bytes(&self.read(crl), Origin::Caller, &Default::default())
                .unwrap();
        }
        let trust = Trust::from_pem(&self.read("root.pem")).unwrap();
        Verifier::new(trust, Policy::official()).with_evidence(evidence)
    }

    /// The program, with the driver of this token; what it says never holds the PIN.
    pub fn kyso(&self, arguments: &[&str]) -> Output {
        self.kyso_with(arguments, |_| {})
    }

    pub fn kyso_with(&self, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kyso"));
        command
            .current_dir(&self.folder)
            .args(["--lang", "en"])
            .args(arguments)
            .env("KYSO_PKCS11_MODULE", self.path("wrapper.so"))
            .env_remove("KYSO_TOKEN_FOLDER")
            .stdin(std::process::Stdio::null());
        change(&mut command);
        let output = command.output().unwrap();
        let said = [output.stdout.clone(), output.stderr.clone()].concat();
        let pin = self.pin();
        assert!(
            !said.windows(8).any(|window| window == pin.expose()),
            "V082: the program shows the PIN"
        );
        output
    }

    /// Makes token, keys and certificates.
    fn make(&self) {
        let module = OsString::from(softhsm().unwrap());
        let context = Pkcs11::new(Path::new(&module)).unwrap();
        context
            .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
            .unwrap();
        let slot = context.get_all_slots().unwrap()[0];
        let officer = AuthPin::new("87654321".into());
        let pin = String::from_utf8(self.pin().expose().to_vec()).unwrap();
        context.init_token(slot, &officer, LABEL).unwrap();
        let slot = context.get_slots_with_initialized_token().unwrap()[0];
        let session = context.open_rw_session(slot).unwrap();
        session.login(UserType::So, Some(&officer)).unwrap();
        session.init_pin(&AuthPin::new(pin.clone().into())).unwrap();
        session.logout().unwrap();
        let pin = AuthPin::new(pin.into());
        session.login(UserType::User, Some(&pin)).unwrap();

        let from = at().plus(-365 * DAY);
        let until = at().plus(3 * 365 * DAY);
        let name = |name: &str| Subject::new().with(oid::AT_COMMON_NAME, name);
        let serial = || random_serial().unwrap();
        let key = || Key::generate(KeyType::P256).unwrap();
        let root = Template::root(&serial(), name("Gốc thử"), from, until);
        let root = Authority::root(key(), &root).unwrap();
        let issuing = Template::issuing(&serial(), name("Bên cấp thử"), from, until);
        let issuing = root.subordinate(key(), &issuing).unwrap();
        let crl = CrlTemplate {
            number: Some(1),
            this_update: at().plus(-60),
            next_update: Some(at().plus(365 * DAY)),
            entries: Vec::new(),
            extensions: Vec::new(),
        };
        let write = |name: &str, bytes: &[u8]| std::fs::write(self.path(name), bytes).unwrap();
        write("root.pem", root.certificate_pem().unwrap().as_bytes());
        write("root.crl", &root.crl(&crl).unwrap());
        write("issuing.crl", &issuing.crl(&crl).unwrap());

        for made in KEYS {
            let (public, _) = generate(&session, &made);
            let spki = spki(&session, public, made.label);
            let mut template = Template::signer(&serial(), name(made.label), from, until);
            let purpose = [oid::KP_DOCUMENT_SIGNING];
            template
                .extensions
                .push(ExtensionValue::extended_key_usage(&purpose).unwrap());
            let der = issuing.issue(&spki, &template).unwrap();
            write(&format!("{}.der", made.label), &der);
            if made.certificate {
                store(&session, made.label, &[made.id], &der);
            }
        }
        store(&session, "issuing", &[], issuing.certificate());
        store(&session, "root", &[], root.certificate());
        // Of somebody else; it must not end up in signatures.
        let stray = Template::signer(&serial(), name("người khác"), from, until);
        let der = issuing.issue(key().spki(), &stray).unwrap();
        store(&session, "stray", &[9], &der);
    }
}

fn generate(session: &Session, made: &Made) -> (ObjectHandle, ObjectHandle) {
    let curve = |oid: &Oid| write::oid(oid).unwrap();
    let (mechanism, parameters) = match made.label {
        "rsa" => (
            Mechanism::RsaPkcsKeyPairGen,
            vec![
                Attribute::ModulusBits(2048.into()),
                Attribute::PublicExponent(vec![1, 0, 1]),
            ],
        ),
        "p384" => (
            Mechanism::EccKeyPairGen,
            vec![Attribute::EcParams(curve(&oid::P384))],
        ),
        "ed25519" => (
            Mechanism::EccEdwardsKeyPairGen,
            vec![Attribute::EcParams(curve(&oid::ED25519))],
        ),
        _ => (
            Mechanism::EccKeyPairGen,
            vec![Attribute::EcParams(curve(&oid::P256))],
        ),
    };
    let common = || {
        vec![
            Attribute::Token(true),
            Attribute::Label(made.label.into()),
            Attribute::Id(vec![made.id]),
        ]
    };
    let mut public = common();
    public.extend(parameters);
    public.push(Attribute::Private(false));
    let mut private = common();
    private.extend([
        Attribute::Sign(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
    ]);
    session
        .generate_key_pair(&mechanism, &public, &private)
        .unwrap()
}

fn spki(session: &Session, public: ObjectHandle, label: &str) -> Vec<u8> {
    let get = |kind| match session.get_attributes(public, &[kind]).unwrap().pop() {
        Some(
            Attribute::Modulus(octets)
            | Attribute::PublicExponent(octets)
            | Attribute::EcPoint(octets),
        ) => octets,
        other => panic!("{label}: {other:?}"),
    };
    if label == "rsa" {
        let (n, e) = (
            get(AttributeType::Modulus),
            get(AttributeType::PublicExponent),
        );
        return PublicKey::from_rsa_components(&n, &e)
            .unwrap()
            .spki()
            .to_vec();
    }
    let stored = get(AttributeType::EcPoint);
    let point = asn1::parse(&stored).unwrap();
    assert_eq!(point.tag, Tag::OCTET_STRING);
    let name = |oid: &Oid| write::oid(oid).unwrap();
    let algorithm = match label {
        "ed25519" => name(&oid::ED25519),
        "p384" => [name(&oid::EC_PUBLIC_KEY), name(&oid::P384)].concat(),
        _ => [name(&oid::EC_PUBLIC_KEY), name(&oid::P256)].concat(),
    };
    write::sequence(&[
        &write::sequence(&[&algorithm]).unwrap(),
        &write::element(Tag::BIT_STRING, &[&[0], point.content]).unwrap(),
    ])
    .unwrap()
}

fn store(session: &Session, label: &str, id: &[u8], der: &[u8]) {
    let certificate = Certificate::from_der(der).unwrap();
    session
        .create_object(&[
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Label(label.into()),
            Attribute::Id(id.to_vec()),
            Attribute::Subject(certificate.subject().der().to_vec()),
            Attribute::Value(der.to_vec()),
        ])
        .unwrap();
}
