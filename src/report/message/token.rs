//! Words about tokens, their PINs and keys → sentences, in Vietnamese and English.

use super::Language;
use crate::error::{PinTries, RemoteFault, TokenFault};
use crate::report::token::{Advice, OfferedAlgorithm, PinFacts, TokenFacts};

/// The driver.
pub fn module(l: Language, path: &str, description: &str, version: &str, pkcs11: &str) -> String {
    say!(
        l,
        "trình điều khiển {path}: {description}, bản {version}, theo PKCS#11 {pkcs11}",
        "driver {path}: {description}, version {version}, following PKCS#11 {pkcs11}"
    )
}

/// One slot.
pub fn slot(l: Language, number: u64, description: &str) -> String {
    say!(
        l,
        "khe {number}: {description}",
        "slot {number}: {description}"
    )
}

/// Nothing is in the slot.
pub fn empty(l: Language) -> &'static str {
    l.pick("không có token", "no token is in it")
}

/// One token.
pub fn token(l: Language, label: &str, serial: &str, manufacturer: &str, model: &str) -> String {
    say!(
        l,
        "token \"{label}\", số hiệu {serial}, {manufacturer} {model}",
        "token \"{label}\", serial number {serial}, {manufacturer} {model}"
    )
}

/// The state of the PIN.
pub fn pin(l: Language, pin: &PinFacts, logged_in: bool) -> String {
    let mut text = if !pin.needed {
        l.pick("không cần mã PIN", "no PIN is needed").to_owned()
    } else if !pin.set {
        l.pick("chưa đặt mã PIN", "no PIN is set").to_owned()
    } else if pin.on_reader {
        l.pick("mã PIN nhập trên đầu đọc", "the PIN is typed on the reader")
            .to_owned()
    } else {
        let (least, most) = pin.length;
        say!(
            l,
            "mã PIN dài {least} đến {most} ký tự",
            "the PIN has {least} to {most} characters"
        )
    };
    if logged_in && pin.needed {
        text += l.pick("; đã đăng nhập", "; logged in");
    }
    text
}

/// Heads a certificate.
pub fn certificate(l: Language, number: usize, label: &str, id: &str) -> String {
    say!(
        l,
        "chứng thư {number}: \"{label}\" (id {id})",
        "certificate {number}: \"{label}\" (id {id})"
    )
}

/// Whether the key of a certificate is there.
pub fn certificate_key(l: Language, key: Option<usize>) -> String {
    match key {
        Some(key) => say!(
            l,
            "khóa của nó: khóa {}",
            "its key: key {}",
            key.saturating_add(1)
        ),
        None => l
            .pick(
                "không thấy khóa của nó trên token",
                "its key is not seen on the token",
            )
            .to_owned(),
    }
}

/// Certificates that cannot be read.
pub fn unreadable(l: Language, count: usize) -> String {
    say!(
        l,
        "{count} chứng thư không đọc được",
        "{count} certificates cannot be read"
    )
}

/// Heads a key.
pub fn key(l: Language, number: usize, kind: &str, label: &str, id: &str) -> String {
    say!(
        l,
        "khóa {number}: {kind}, \"{label}\" (id {id})",
        "key {number}: {kind}, \"{label}\" (id {id})"
    )
}

/// Which certificate a key has.
pub fn key_certificate(l: Language, certificate: Option<usize>) -> String {
    match certificate {
        Some(certificate) => say!(
            l,
            "chứng thư của nó: chứng thư {}",
            "its certificate: certificate {}",
            certificate.saturating_add(1)
        ),
        None => l
            .pick("không có chứng thư", "it has no certificate")
            .to_owned(),
    }
}

/// One way to sign.
pub fn algorithm(l: Language, one: &OfferedAlgorithm) -> String {
    let by = if one.token_hashes {
        l.pick("token tự băm", "the token hashes")
    } else {
        l.pick("chương trình băm", "the program hashes")
    };
    format!("{} ({by})", one.name)
}

/// What a key can sign with.
pub fn algorithms(l: Language, list: &str) -> String {
    say!(l, "ký được bằng: {list}", "can sign with: {list}")
}

/// The key wants the PIN for every signature.
pub fn asks_each_time(l: Language) -> &'static str {
    l.pick(
        "khóa này hỏi mã PIN cho từng chữ ký",
        "this key wants the PIN for every signature",
    )
}

/// Mechanisms for signing.
pub fn mechanisms(l: Language, list: &str) -> String {
    say!(
        l,
        "cơ chế ký của token: {list}",
        "mechanisms for signing: {list}"
    )
}

/// What to do.
pub fn advice(l: Language, advice: &Advice, token: Option<&TokenFacts>) -> String {
    let one = |index: &usize| index.saturating_add(1);
    match advice {
        Advice::KeyCannotSign { key } => say!(
            l,
            "khóa {} không được phép ký; hãy chọn khóa khác",
            "key {} may not sign; choose another",
            one(key)
        ),
        Advice::KeyWithoutCertificate { key } => say!(
            l,
            "khóa {} không có chứng thư: đưa chứng thư bằng --certificate, hoặc nhờ bên cấp nạp vào token",
            "key {} has no certificate: give it with --certificate, or have the issuer put it on the token",
            one(key)
        ),
        Advice::CertificateWithoutKey { certificate } => say!(
            l,
            "chứng thư {} không có khóa trên token này: không ký được bằng nó",
            "certificate {} has no key on this token: nothing can be signed with it",
            one(certificate)
        ),
        Advice::OutOfPeriod { certificate } => say!(
            l,
            "chứng thư {} ngoài thời hạn: xin cấp mới hoặc gia hạn trước khi ký",
            "certificate {} is out of its period: have it renewed before signing",
            one(certificate)
        ),
        Advice::EndsSoon { certificate, days } => say!(
            l,
            "chứng thư {} còn {days} ngày: xin gia hạn sớm",
            "certificate {} ends in {days} days: have it renewed soon",
            one(certificate)
        ),
        Advice::LogIn => l
            .pick(
                "khóa bí mật chỉ hiện sau khi đăng nhập: chạy lại với --pin-file, --pin-fd, --pin-env hoặc --login để được hỏi mã PIN",
                "private keys show themselves after login only: run again with --pin-file, --pin-fd, --pin-env, or --login to be asked for the PIN",
            )
            .to_owned(),
        Advice::NoSlot => l
            .pick(
                "trình điều khiển không thấy đầu đọc nào: kiểm tra dây, cổng USB và dịch vụ pcscd",
                "the driver sees no reader: check the cable, the USB port and the service pcscd",
            )
            .to_owned(),
        Advice::NoKey => l
            .pick(
                "token không có khóa bí mật nào: nhờ bên cấp chứng thư nạp khóa",
                "the token holds no private key: ask the issuer of the certificate",
            )
            .to_owned(),
        Advice::NoMechanism { key } => say!(
            l,
            "token không có cơ chế ký nào hợp với khóa {}",
            "the token offers no mechanism that suits key {}",
            one(key)
        ),
        Advice::NoToken => l
            .pick(
                "chưa cắm token, hoặc token cần trình điều khiển khác",
                "no token is inserted, or it needs another driver",
            )
            .to_owned(),
        Advice::NoPin => l
            .pick(
                "token chưa có mã PIN: đặt bằng công cụ của nhà sản xuất",
                "the token has no PIN yet: set one with its maker's tool",
            )
            .to_owned(),
        Advice::NotInitialized => l
            .pick(
                "token chưa được khởi tạo: nhờ bên cấp token",
                "the token was never initialised: ask who issued it",
            )
            .to_owned(),
        Advice::PinFew => l
            .pick(
                "đã có lần nhập sai mã PIN: nhập thật cẩn thận",
                "a wrong PIN was given lately: type it with care",
            )
            .to_owned(),
        Advice::PinLast => l
            .pick(
                "chỉ còn MỘT lần nhập mã PIN: sai nữa là token bị khóa; --allow-last-try mới cho thử",
                "only ONE try is left: one more wrong PIN locks the token; --allow-last-try permits it",
            )
            .to_owned(),
        Advice::PinLocked => l
            .pick(
                "token đã bị khóa: mở khóa bằng mã SO-PIN hoặc nhờ bên cấp token",
                "the token is locked: unlock it with the SO PIN, or ask who issued it",
            )
            .to_owned(),
        Advice::PssPossible { key } => say!(
            l,
            "khóa {} ký được RSA-PSS: thêm --pss nếu bên nhận yêu cầu",
            "key {} can sign with RSA-PSS: add --pss where the receiver wants it",
            one(key)
        ),
        Advice::Ready { key } => {
            let uri = token
                .and_then(|token| token.keys.get(*key))
                .map_or("", |key| key.uri.as_str());
            say!(
                l,
                "khóa {} sẵn sàng: kyso sign --key '{uri}' …",
                "key {} is ready: kyso sign --key '{uri}' …",
                one(key)
            )
        }
    }
}

/// Why a token cannot be used, in Vietnamese.
pub(super) fn fault_vi(fault: &TokenFault) -> String {
    let list = |items: &[String]| {
        if items.is_empty() {
            "; không có cái nào".to_owned()
        } else {
            format!("; đang có {}", items.join(", "))
        }
    };
    match fault {
        TokenFault::NoPin => "token chưa được đặt mã PIN".to_owned(),
        TokenFault::NoKey { keys } => {
            format!("không có khóa nào trên token phù hợp{}", list(keys))
        }
        TokenFault::NoToken { tokens } => format!("không có token nào phù hợp{}", list(tokens)),
        TokenFault::LastTry => {
            "chỉ còn một lần thử trước khi token bị khóa; chưa thử mã PIN".to_owned()
        }
        TokenFault::Locked => "token đã bị khóa do nhập sai mã PIN quá nhiều lần".to_owned(),
        TokenFault::Module { path, reason } => {
            format!("không dùng được trình điều khiển PKCS#11 {path}: {reason}")
        }
        TokenFault::PinNeeded => "token cần mã PIN".to_owned(),
        TokenFault::PinExpired => "mã PIN đã hết hạn, phải đổi trước".to_owned(),
        TokenFault::Refused(what) => format!("token từ chối: {what}"),
        TokenFault::Removed => "token đã bị rút ra".to_owned(),
        TokenFault::SeveralKeys { keys } => format!("có nhiều khóa phù hợp{}", list(keys)),
        TokenFault::SeveralTokens { tokens } => {
            format!("có nhiều token phù hợp{}", list(tokens))
        }
        TokenFault::Uri(what) => format!("địa chỉ pkcs11: {what}"),
        TokenFault::WrongPin { tries } => {
            let tries = match tries {
                PinTries::Few => "; còn ít lần thử",
                PinTries::Last => "; còn một lần thử",
                PinTries::None => "; token đã bị khóa",
                _ => "",
            };
            format!("mã PIN sai{tries}")
        }
    }
}

/// Why a key elsewhere gave no signature, in Vietnamese.
pub(super) fn remote_vi(fault: &RemoteFault) -> String {
    match fault {
        RemoteFault::Answer(what) => format!("câu trả lời không dùng được: {what}"),
        RemoteFault::Authorization(what) => {
            format!("quyền ký đã hết hạn hoặc không được chấp nhận: {what}")
        }
        RemoteFault::Configuration(what) => format!("cấu hình sai: {what}"),
        RemoteFault::Connection(what) => format!("không kết nối được dịch vụ ký: {what}"),
        RemoteFault::Credential(what) => format!("không dùng được khóa từ xa: {what}"),
        RemoteFault::Program(what) => format!("chương trình ký: {what}"),
        RemoteFault::Refused(what) => format!("bị từ chối: {what}"),
        RemoteFault::Waiting { seconds } => format!("chưa có trả lời sau {seconds} giây"),
        RemoteFault::WrongSignature => {
            "chữ ký nhận về không phải của khóa trong chứng thư".to_owned()
        }
    }
}

/// What to do about a key elsewhere.
pub(super) fn remote_remedy(l: Language, fault: &RemoteFault) -> Option<&'static str> {
    Some(match fault {
        RemoteFault::Authorization(_) => l.pick(
            "đăng nhập lại ở dịch vụ ký để lấy mã truy cập mới",
            "sign in at the service again for a new access token",
        ),
        RemoteFault::Waiting { .. } => l.pick(
            "xác nhận trên ứng dụng của dịch vụ; nếu cần nhiều phút, dùng kyso prepare và kyso finish",
            "confirm in the app of the service; where that takes minutes, use kyso prepare and kyso finish",
        ),
        RemoteFault::WrongSignature => l.pick(
            "kiểm tra chứng thư (--certificate) có đúng của khóa đã chọn không",
            "check that the certificate (--certificate) is that of the chosen key",
        ),
        _ => return None,
    })
}

/// What to do about a token.
pub(super) fn remedy(l: Language, fault: &TokenFault) -> Option<&'static str> {
    Some(match fault {
        TokenFault::WrongPin { .. } => l.pick(
            "kiểm tra lại mã PIN; chương trình không tự thử lại",
            "check the PIN; the program does not try it again by itself",
        ),
        TokenFault::Locked => l.pick(
            "mở khóa bằng mã SO-PIN hoặc nhờ bên cấp token",
            "unlock it with the SO PIN, or ask who issued it",
        ),
        TokenFault::LastTry => l.pick(
            "nếu chắc chắn mã PIN đúng, thêm --allow-last-try",
            "if you are sure of the PIN, add --allow-last-try",
        ),
        TokenFault::PinNeeded => l.pick(
            "đưa mã PIN bằng --pin-file, --pin-fd hoặc --pin-env",
            "give the PIN with --pin-file, --pin-fd or --pin-env",
        ),
        TokenFault::NoToken { .. } | TokenFault::Removed => l.pick(
            "cắm token rồi chạy lại; kyso key doctor cho biết đang thấy gì",
            "insert the token and run again; kyso key doctor tells what is seen",
        ),
        TokenFault::NoKey { .. } | TokenFault::SeveralKeys { .. } => l.pick(
            "chọn khóa bằng object= hoặc id= trong địa chỉ pkcs11:; kyso key doctor liệt kê chúng",
            "choose the key by object= or id= in the pkcs11: URI; kyso key doctor lists them",
        ),
        TokenFault::SeveralTokens { .. } => l.pick(
            "chọn token bằng token= hoặc serial= trong địa chỉ pkcs11:",
            "choose the token by token= or serial= in the pkcs11: URI",
        ),
        TokenFault::Module { .. } => l.pick(
            "đưa đường dẫn trình điều khiển của nhà sản xuất token bằng --module",
            "give the path of the driver of the token's maker with --module",
        ),
        _ => return None,
    })
}

/// Asks for the PIN of a token.
pub fn prompt(l: Language, token: &str, tries: PinTries) -> String {
    let warning = match tries {
        PinTries::Few => l.pick(" (còn ít lần thử)", " (few tries are left)"),
        PinTries::Last => l.pick(" (CÒN MỘT LẦN THỬ)", " (ONE TRY IS LEFT)"),
        _ => "",
    };
    say!(
        l,
        "Mã PIN của token \"{token}\"{warning}: ",
        "PIN of the token \"{token}\"{warning}: "
    )
}
