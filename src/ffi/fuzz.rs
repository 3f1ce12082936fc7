//! Any bytes → nothing: the entry for fuzzing of the C functions.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut, without_provenance_mut};

use super::*;

/// The bytes stand for every kind of input, and their first eight for a handle that was made up;
/// each call gives a code, and what it gave a handle for can be read and freed, once.
pub fn c_entry(input: &[u8]) {
    let at = 1_795_417_200;
    let (data, length) = (input.as_ptr(), input.len());
    let mut text: Vec<u8> = input.iter().copied().filter(|octet| *octet != 0).collect();
    text.push(0);
    let words: *const c_char = text.as_ptr().cast();

    // SAFETY: pointers and lengths are those of `input`, of `text` and of variables here.
    unsafe {
        let number = input
            .first_chunk()
            .map_or(1, |first| usize::from_le_bytes(*first));
        let made_up: *mut Report = without_provenance_mut(number | 1 << 40);
        assert_ne!(kyso_report_free(made_up), Code::Ok);

        let mut verifier = null_mut();
        if kyso_verifier_new(words, &raw mut verifier) != Code::Ok {
            assert!(verifier.is_null());
            assert_eq!(kyso_verifier_new(null(), &raw mut verifier), Code::Ok);
        }
        kyso_verifier_add_evidence(verifier, data, length);
        kyso_verifier_add_certificates(verifier, data, length);
        kyso_verifier_add_password(verifier, data, length.min(200));

        let calls: [&dyn Fn(*mut *mut Report) -> Code; 5] = [
            &|out| kyso_certificates_show(data, length, at, out),
            &|out| kyso_certificate_check(verifier, data, length, 1, at, out),
            &|out| kyso_verify(verifier, data, length, at, out),
            &|out| kyso_verify_path(verifier, words, at, out),
            &|out| kyso_exchange_verify(verifier, data, length, at, 0, out),
        ];
        for one in calls {
            let mut report = null_mut();
            if one(&raw mut report) == Code::Ok {
                read(report);
                assert_eq!(kyso_report_free(report), Code::Ok);
                assert_eq!(kyso_report_free(report), Code::BadHandle);
            } else {
                assert!(report.is_null() && !kyso_last_error().is_null());
            }
        }

        // Starting the engine costs more than all the rest.
        if length.is_multiple_of(16) {
            many(verifier, input, at);
        }
        assert_eq!(kyso_verifier_free(verifier), Code::Ok);

        let mut prepared = null_mut();
        if kyso_prepared_restore(data, length, &raw mut prepared) == Code::Ok {
            let mut signed = null_mut();
            if kyso_finish(prepared, data, length, &raw mut signed) == Code::Ok {
                kyso_signed_free(signed);
            }
            kyso_prepared_free(prepared);
        }
    }
    prepare(input, at);
}

/// The input twice through the engine.
fn many(verifier: *const Verifier, input: &[u8], at: i64) {
    unsafe extern "C" fn count(sum: *mut c_void, _: usize, _: i32, _: *const Report) -> i32 {
        // SAFETY: the context of the call below.
        unsafe { *sum.cast::<usize>() += 1 };
        0
    }
    let document = Document {
        path: null(),
        data: input.as_ptr(),
        length: input.len(),
    };
    let two = [document; 2];
    let mut sum = 0_usize;
    let context = (&raw mut sum).cast();
    // SAFETY: pointers and lengths are those of `input` and of variables here.
    let code =
        unsafe { kyso_verify_many(verifier, two.as_ptr(), 2, at, 1, 1, Some(count), context) };
    assert_eq!((code, sum), (Code::Ok, 2));
}

/// The input as document, certificates and options, one after the other with the octet 0x1e
/// between them, which PEM and JSON never have. Whether that could be prepared.
fn prepare(input: &[u8], at: i64) -> bool {
    let mut parts = input.rsplitn(3, |octet| *octet == 0x1e);
    let options = parts.next().unwrap_or(input);
    let certificates = parts.next().unwrap_or(input);
    let document = parts.next().unwrap_or(input);
    let mut options: Vec<u8> = options
        .iter()
        .copied()
        .filter(|octet| *octet != 0)
        .collect();
    options.push(0);

    let mut prepared = null_mut();
    // SAFETY: pointers and lengths are those of `input`, of `options` and of variables here.
    unsafe {
        let code = kyso_prepare(
            document.as_ptr(),
            document.len(),
            certificates.as_ptr(),
            certificates.len(),
            options.as_ptr().cast(),
            at,
            &raw mut prepared,
        );
        if code != Code::Ok {
            assert!(prepared.is_null() && !kyso_last_error().is_null());
            return false;
        }
        let (mut text, mut data, mut length) = (null(), null(), 0_usize);
        let code = kyso_prepared_algorithm(prepared, &raw mut text);
        assert!(code == Code::Ok && *text != 0);
        let code = kyso_prepared_field(prepared, &raw mut text);
        assert!(code == Code::Ok && !text.is_null());
        let code = kyso_prepared_digest(prepared, &raw mut data, &raw mut length);
        assert_eq!(code, Code::Ok);
        let code = kyso_prepared_message(prepared, &raw mut data, &raw mut length);
        assert!(code == Code::Ok && length > 0);
        let mut signed = null_mut();
        let code = kyso_finish(prepared, data, length, &raw mut signed);
        assert!(code != Code::Ok, "the message is not its own signature");
        let code = kyso_prepared_state(prepared, &raw mut text, &raw mut length);
        assert_eq!(code, Code::Ok);
        let mut restored = null_mut();
        let code = kyso_prepared_restore(text.cast(), length, &raw mut restored);
        assert_eq!(code, Code::Ok, "what was stored is read");
        assert_eq!(kyso_prepared_free(restored), Code::Ok);
        assert_eq!(kyso_prepared_free(prepared), Code::Ok);
    }
    true
}

/// Every accessor of a report.
///
/// # Safety
/// None beyond what the functions ask: it is what they are called with that is checked here.
unsafe fn read(report: *const Report) {
    let (mut text, mut length, mut number) = (null(), 0_usize, Indication::None);
    // SAFETY: the outputs are variables here.
    unsafe {
        assert_eq!(kyso_report_indication(report, &raw mut number), Code::Ok);
        assert_eq!(kyso_report_sub_indication(report, &raw mut text), Code::Ok);
        assert_eq!(
            kyso_report_signature_count(report, &raw mut length),
            Code::Ok
        );
        for language in [Language::Vi as i32, Language::En as i32] {
            let code = kyso_report_text(report, language, &raw mut text, &raw mut length);
            assert_eq!(code, Code::Ok);
            assert_eq!(*text.add(length), 0);
        }
        let code = kyso_report_json(report, &raw mut text, &raw mut length);
        assert_eq!(code, Code::Ok);
        assert_eq!(*text.add(length), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_seed_gets_past_the_refusals() {
        let seed = include_bytes!("../../fuzz/seeds/c_entry/seed-prepare");
        assert!(prepare(seed, 1_795_417_200));
        assert!(!prepare(&seed[1..], 1_795_417_200));
    }
}
