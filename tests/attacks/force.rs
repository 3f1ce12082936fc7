//! What cannot be checked never passes: signature checks forced to fail or to say nothing; and the
//! same answer whatever runs beside.

use std::cell::RefCell;

use kyso::crypto::{
    Broken, Checker, Direct, Message, Outcome, PublicKey, SignatureAlgorithm, Unknown,
};
use kyso::signature::observation::Linting;
use kyso::{Indication, Policy, UtcTime, Verifier};

use super::build::*;
use super::pki::*;
use super::trust::{crl_at, document_stamp, given, stamped, stamper, token};

/// One question to a checker.
#[derive(Clone, PartialEq, Eq)]
struct Question {
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// Answers `forced` to one question, whenever it is asked, and notes all.
struct Forced {
    target: Option<(Question, Outcome)>,
    asked: RefCell<Vec<(Question, Outcome)>>,
}

impl Forced {
    fn new(target: Option<(Question, Outcome)>) -> Self {
        Self {
            target,
            asked: RefCell::new(Vec::new()),
        }
    }
}

impl Checker for Forced {
    fn verify(
        &self,
        key: &PublicKey,
        algorithm: &SignatureAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Outcome {
        let question = Question {
            key: key.spki().to_vec(),
            message: match message {
                Message::Bytes(octets) => octets.to_vec(),
                Message::Digest(value) => value.as_bytes().to_vec(),
            },
            signature: signature.to_vec(),
        };
        let outcome = match &self.target {
            Some((target, forced)) if *target == question => forced.clone(),
            _ => Direct.verify(key, algorithm, message, signature),
        };
        let mut asked = self.asked.borrow_mut();
        if !asked.iter().any(|(known, _)| *known == question) {
            asked.push((question, outcome.clone()));
        }
        outcome
    }
}

/// Name, file, evidence and moment.
type Case = (&'static str, Vec<u8>, Vec<Vec<u8>>, UtcTime);

/// Files that pass only if every signature check in them does, with what is given, and when.
fn cases() -> Vec<Case> {
    let crls = vec![PKI.root_crl.clone(), PKI.issuing_crl.clone()];
    let later = at().plus(400 * DAY);
    let tsa = stamper(60);
    // Of its time, for the expired certificate; and of now, for the stamper and the authority.
    let fresh = vec![
        crl_at(&PKI.root, later.plus(-60)),
        crl_at(&PKI.issuing, at().plus(DAY)),
        crl_at(&PKI.issuing, later.plus(-60)),
    ];
    let stamped = stamped(|value| token(&tsa, value, at()));
    let covered = document_stamp(sign_new(&base(), "Z"), "/Type /DocTimeStamp", |content| {
        token(&tsa, content, at())
    });
    vec![
        ("one signature", signed(), crls.clone(), at()),
        (
            "two signatures",
            sign_second(&signed(), &in_new_field("B")),
            crls.clone(),
            at(),
        ),
        ("a document time-stamp", covered, crls, at()),
        (
            "a time-stamp on an expired certificate",
            stamped,
            fresh,
            later,
        ),
    ]
}

/// V001, V039: whichever signature check fails or says nothing, the file does not pass.
#[test]
fn no_signature_check_can_be_left_out() {
    for (name, file, pieces, moment) in cases() {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        // CRLs remember their answers: each run gets its own.
        let judge = |checker: &Forced| {
            let verifier = given(&pieces);
            let seen = verifier.observe(&file).unwrap();
            verifier
                .judge_with(&seen, moment, checker)
                .unwrap()
                .indication
        };
        let honest = Forced::new(None);
        assert_eq!(judge(&honest), Indication::TotalPassed, "{name}");
        let asked = honest.asked.into_inner();
        let verified = asked.iter().filter(|(_, outcome)| outcome.is_verified());
        let (mut open, mut count) = (Vec::new(), 0);
        for (index, (question, _)) in verified.enumerate() {
            for forced in [
                Outcome::Unknown(Unknown::MessageForm),
                Outcome::Broken(Broken::Mismatch),
            ] {
                count += 1;
                let target = Some((question.clone(), forced.clone()));
                if judge(&Forced::new(target)) == Indication::TotalPassed {
                    open.push((index, forced));
                }
            }
        }
        assert!(count >= 8, "{name}: {count}");
        assert_eq!(open, [], "{name}: passes without these checks");
        println!("{name}: {count} forced checks");
    }
}

/// V001: digests that were not computed leave the file open.
#[test]
fn no_digest_can_be_left_out() {
    for (name, file, pieces, moment) in cases() {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let verifier = given(&pieces);
        let seen = verifier.observe(&file).unwrap();
        let bare = kyso::signature::observe(&file, &Default::default(), Linting::Skip).unwrap();
        assert!(verifier.judge(&bare, moment).is_err(), "{name}");
        for left_out in 0..seen.digests.iter().count() {
            let mut partly = bare.clone();
            for (index, one) in seen.digests.iter().enumerate() {
                let value = seen.digests.get(one.of, one.algorithm).unwrap();
                assert!(index == left_out || partly.digests.set(one.of, &value));
            }
            let answer = verifier.judge(&partly, moment);
            assert!(
                answer.is_err() || answer.unwrap().indication != Indication::TotalPassed,
                "{name}: digest {left_out}"
            );
        }
    }
}

/// V032: one check less than a document needs is an error that names the limit, never a pass.
#[test]
fn err_a_document_that_needs_more_checks_than_its_budget() {
    let file = sign_second(&signed(), &in_new_field("B"));
    let run = |max: usize| {
        let mut limits = kyso::limits::Limits::new();
        limits.document_signature_checks = max;
        verifier().with_limits(limits).verify(&file, at())
    };
    let needed = (1..100).find(|max| run(*max).is_ok()).unwrap();
    assert_eq!(run(needed).unwrap().indication, Indication::TotalPassed);
    for max in 0..needed {
        let error = run(max).unwrap_err();
        assert!(
            error.to_string().contains("document_signature_checks"),
            "{error}"
        );
    }
}

/// V008: the same bytes of report, alone and beside others, in any order, from one verifier or
/// from a new one.
#[test]
fn ok_reports_are_the_same_bytes_on_any_number_of_threads() {
    let mut files = vec![
        base(),
        signed(),
        sign_second(&signed(), &in_new_field("B")),
        sign_new(&sign_new(&base(), "A"), "B"),
        ByHand::new().build(),
        b"%PDF-1.7 /ByteRange".to_vec(),
    ];
    let mut broken = signed();
    broken[200] ^= 1;
    files.push(broken);
    files.extend(cases().into_iter().map(|(_, file, ..)| file));
    let shared = with_policy(Policy::official()).with_lint();
    let json = |verifier: &Verifier, file: &[u8]| {
        verifier
            .verify(file, at())
            .map_or_else(|error| error.to_string(), |report| report.json())
    };
    let alone: Vec<String> = files
        .iter()
        .map(|file| json(&with_policy(Policy::official()).with_lint(), file))
        .collect();
    std::thread::scope(|scope| {
        for first in 0..6 {
            let (files, alone, shared) = (&files, &alone, &shared);
            scope.spawn(move || {
                for step in 0..files.len() {
                    // Forwards on some threads, backwards on others.
                    let index = match first % 2 {
                        0 => (first + step) % files.len(),
                        _ => (first + files.len() - step) % files.len(),
                    };
                    assert_eq!(json(shared, &files[index]), alone[index]);
                }
            });
        }
    });
}
