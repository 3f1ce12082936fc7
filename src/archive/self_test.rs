//! A back end → whether it answers fixed questions as it must; asked once before a run.

use crate::crypto::DigestAlgorithm;
use crate::crypto::simd::{
    Backend, Job, PreparedRsa, RsaCheck, RsaPadding, Sha256Lanes, Stream, verify_rsa,
};
use crate::error::{Error, ErrorKind};

/// The message of [`SIGNED`].
const MESSAGE: &[u8] = b"kyso";

/// Moduli (exponent 65537) and PKCS#1 v1.5 signatures with SHA-256 of [`MESSAGE`], hexadecimal:
/// `openssl genrsa`, `openssl dgst -sha256 -sign`. The private keys were thrown away.
const SIGNED: [(&str, &str); 3] = [
    (
        "d60764b70fa095b5be201459b77a4f8c05a487731ed9bb0e346c2b08eb22121f7580c91ffd946f4257c6009c\
         cbc3c557d8a7ae4a00fd60652ea18eef8050cc4aa2d9ac2b74d23da9b5c52f2c11f204e2f1a97f6a0bd4e57d\
         ac80d76f6d821448dcb50efdeedbaa6b674841eb3f51229874d862f93bab74f565801bb8e6dd51c3724c799f\
         0a0165d73d6b26a720b52d4fd4e8c429e70086077b53e09d7fb56a9aabf664565f270ca0ea6510d93db266d4\
         61c83357f14de772f958ca2aa38bd6bd3ad122a2161f1cb51620bd00c4b68f2327e573f2eab3a94293e9a201\
         27e4877b7dacb1e2662c38ac0b9736a0014cfd6ae0c369101570cae3ead9591802f5a69d",
        "057b79dbebf616e2c8892e5a84ff37fdcc994021fd5f1428bd44e01dbc6299203aed82e95a9a6037fa267ed9\
         ab8a194a82e341dcfb62521d8ec76e0c82346197fa258dd53f0c11ad2ea930d3bb5524191fa8b2960be333bb\
         119f8fc4cc6803a1d32e1bd35ec57bb3468ffaad006a03fb26b045497f2734d129c82c561b424b1d78c13e43\
         4f56c5b9d23e6779b8035ebecc2a72c683dff68011ced0f294b57f29e8ff8a5e3c3fb1e33926709571c2a361\
         1fa4e2bf1bbe842cc44c97dd5d218a869287c2767aef0c7b341c2dfa887fb5129279e71122c3d2645f64bf34\
         3041d8f50d0e2aa9f51f8c79adb53e8581b09eac82eae3e0c76e8c023057e0f31a631e6e",
    ),
    (
        "f339a36bbecc0bde2af9a6cb2d6a7766e54af54baf64e9d25c93906a7f6b2fe8d8c1f36ba22d3202cef7b921\
         78a14af0df923a31a7ac44db59f778750d4b2d08246711354b85996aa6201d4188769a7d06c52a52a3846688\
         99d1a78e1d052ca5dff03b33eed4acd23e0a5897337582cd77e8c0335adfe72ba3318c9564c7e700f3578200\
         d041e6a15db3bcd010dde3a70d8f3586c1b1b2b2086f36f18b8e1c4f9e311444143d269b0d11296641ce74d8\
         003b9eae27e7cca7308dce73b7c05a9aa94868a004b9ba4ce86aa57f8951ac5277d8c55dca91bed4fe68155f\
         989237870308df55cfb92dac608bd2542a3512a2d5a25b00b7b85cd6fa68f74ba58c2aa787844a9168fc5201\
         195697f964f1d00b0b7f04063e35eae3bdcd516eddfb6501011a62df4286f04eed3e17b8b1ad11a21d4e4858\
         6940cbe95e8affca8a1d78d0e489279035a5f910d284588477215a952c387680901042d2c8d1a3b1b8b16997\
         044453dab6c2c726073d010c04d66708e289ba1cd6c7a979e157990142fe666b",
        "17c107e50ef32a94aa163529cd3a7334eddae1dc81e6e73809aec3a412d90c616572cbb8ec31600174263a64\
         cd492cdb36b38b0550fc8297476b8d2938417f9d66823acb07733b924a2b0cf9e5a2798a3759cb6fcfd2691c\
         d4852a7ae436facda9e5c3e73296c59f6379899502e11722c9e55893b3338442b9c35a49a16a7d3dbb076ea8\
         56da88c3ef923ad551874354fb36dcdb2a5908d0a9b94a251d52ae8581c93a24db6a6bc06ab23036a1156264\
         d76925d64c593abea83a9950e9037e586da9fdb2a894209bd2ebdf91438d54fec2d39aae8a2851c5efbd8fc6\
         9c32ed279a822bf6698a8aa2a9bc3c1f322c555fa8ba9e64f71c1f3e5438f29484bcc098464019fde287b777\
         93d43612c97a2577c1228cc837f57fd90de04c85fb45f7fe32d19fe05a44ae6ed9aacfd496eefef203129f20\
         42ba626fc4bc91bc4b70cb6b8b48ee24784982f9e91498aea5f56caa0171c59fdb07ae25510452f4acb1efec\
         6b576c80a28cba58cdfb129d2d80c8f2daea8e32b7ad171ea24fe9cb8a7cc44a",
    ),
    (
        "b1d17bbeee48f1c6a707311b6281234f91ab7b0ce209d7394a0c2e4bf29a90e8c9e2abfa0c03fe1d692d80b1\
         31aeeec7b392e582e5f8bb97db4d0c90cc63d62c05af2bad04dd4e4511c9a878c62b60626742f0d9831cf449\
         447f540cef915f6fcba9046b0c578eb6f9912a2131afc4b51a61d4be9163f93cf3077c271c83b7a6d3231ad8\
         b0989f1d1d1f038cee1db1d4ced6589585f5809eb04bf3180f1352e2d525f76868c5c3c6820cb4c39af980e7\
         91e93c31bfc402cfb31b1c6bc8c35ed11387af779589da16188313321922eb56b87af98ca92b1c5a5b825648\
         7deedd84d7cefbfdc6594e1adf1c2978fab70c020a277415f90d5e4ef18a18b8ad6a4fefa7996def9b802bd8\
         aa8fdbed6aa4942821fd21ec8fc211701f5bb8cc47c10d54a490dbe9cb96a3134e7812d1ae12d29f4b3cb744\
         2cba0e7404f68743cd76b09408672c2976b2520cd470c7f2784b1c3ef1e98eb3f755286a4c5e6165a7460ef7\
         1e791e7c096138fed78d3f7bf40e2293eb89ce3491a5ceeb3a20f91e7b848dc0ed6188baea39c9242400fa79\
         aeebee86fda71cd0a43a364f152a70c24c32e4d92fb8b3634cacafe9e0c8c6de436aa08d83971958547386b4\
         9e0eb8c7dda96e98fd03205d9625c38493e1ea19c54b09078f2717db8676b9b49ec42920a272b8921034d7e3\
         5ea083e101ade0a33f29edce2548bad95413c6a6077c8d2673b591db",
        "abac8415bd5c6fe31c36b183ce6b0c822bcb5dc2f91b6197ecfb0b4b63b1587c5b3513401697922301c4d5f6\
         4ab400a517ab7fa8db93d7cbc11d7056eb4038769d6a5565dc102d0a8d394b30a23bf5b588fe6fc081d8951b\
         86430fddf438998d3210e37e9758ccaf1170a18aa4aa52f6323d08222d17ec0a5bfbab2841fc9d4d6e8c9785\
         b66b1a183dc3b666bdaa3fa6f8efc78a3748c75cee54215aee6e886a2d2792e8647f3bccefff9958f0d37ea4\
         a1f45cb336e45f16c24e5bb17125cceb7f9ca8a327938334fc8064f8f6458cd1e14fcd7230d822beed0332a9\
         9610d05604aae82ae87d1b75fa30f3ad6665ddda4d24936360057783f1d78629fc3f8cf88d37bbdf6ec3f9a3\
         0afd5c5b296f6fc492b4c4b62069e0192374ad670c1643fdcb09cb2c625df2410e06eb723db7c25d74f5cce3\
         8cf4fffbc67b935e94fc1dd674f24c31fd8d4c9eb08e90e797dfce08890309e7cc4e2cf69900ab63a5f27217\
         29ca0b3d9eb1bc278e8a7c3d4298e2d568ba4d429f707f89179829b7658c29a8a12ea94fafad0296ef8a3b0c\
         17dc76fb573e0bde6da46ef06b7910131c9379008c2c8d4f923fee18ffc1cc524c9b104f774fc71ffce7c6cf\
         18ebdf6715672839356afe1062520a1032c2a13a72054988d0901eaeba20d3c58ed5282d043bfab59cfd469f\
         b1fc4519b5e0cb3779625008b3d63dd42dcc6d7ed24cf24e3d64e6cc",
    ),
];

/// SHA-256 of "abc", and of the message of two blocks.
///
/// Source: NIST, examples of FIPS 180-4.
const HASHED: [(&[u8], &str); 2] = [
    (
        b"abc",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    (
        b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
];

/// # Errors
/// [`ErrorKind::Disagreement`]: an answer of `backend` is not the known one.
pub(super) fn run(backend: Backend) -> Result<(), Error> {
    let disagree = |what| Error::new(ErrorKind::Disagreement { what });
    // Every number of live lanes, and every lane: another kernel may serve each.
    for live in 1..=backend.sha256_lanes() {
        let mut lanes = Sha256Lanes::new(backend);
        for (message, expected) in HASHED.iter().cycle().take(live) {
            let mut job = Job::new(*message, *expected);
            let asked = job
                .append(Stream::FIRST, 0..message.len())
                .and_then(|()| job.digest(Stream::FIRST));
            asked.map_err(|_| disagree("SHA-256"))?;
            lanes.submit(job);
        }
        lanes.run_all();
        let mut right = 0;
        while let Some(done) = lanes.finished() {
            let digest = done
                .digests
                .first()
                .map(|digest| crate::report::hex(digest));
            right += usize::from(digest.as_deref() == Some(done.tag));
        }
        if right != live {
            return Err(disagree("SHA-256"));
        }
    }
    let digest = DigestAlgorithm::Sha256.digest(&[MESSAGE]);
    let padding = RsaPadding::Pkcs1 { digest: &digest };
    for (modulus, signature) in SIGNED {
        let key = octets(modulus).and_then(|n| PreparedRsa::from_components(&n, &[1, 0, 1]));
        let (Some(key), Some(good)) = (key, octets(signature)) else {
            return Err(disagree("RSA"));
        };
        let mut bad = good.clone();
        if let Some(last) = bad.last_mut() {
            *last ^= 1;
        }
        let check = |signature| RsaCheck {
            key: &key,
            padding,
            signature,
        };
        // Good and bad in turn, in every lane of eight.
        let checks: Vec<_> = (0..16)
            .map(|place| check(if place % 3 == 0 { &bad } else { &good }))
            .collect();
        let right = verify_rsa(backend, &checks);
        if right
            .iter()
            .enumerate()
            .any(|(place, right)| *right == (place % 3 == 0))
        {
            return Err(disagree("RSA"));
        }
    }
    Ok(())
}

fn octets(hexadecimal: &str) -> Option<Vec<u8>> {
    let (pairs, []) = hexadecimal.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_back_end_of_this_machine_knows_the_answers() {
        for backend in Backend::available() {
            assert_eq!(run(backend), Ok(()), "{}", backend.name());
        }
    }
}
