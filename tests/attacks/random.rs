//! Random changes: of signed bytes, of the signature value, and behind the end.

use kyso::Indication;

use super::build::*;
use super::pki::{PKI, at, verifier};

/// The seed of everything here; printed, so that a failure can be made again.
const SEED: u64 = 0x006b_7973_6f20_0001;

/// xorshift64*: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }
}

/// The octets of /Contents that the signer answers for: what is signed, the value, the signer's
/// certificate. The rest of the value (copies of other certificates, algorithm lists, versions)
/// is protected by nothing and decides nothing.
fn answered_for(contents: &[u8]) -> Option<[Vec<u8>; 3]> {
    let data = kyso::cms::SignedData::parse(contents, &kyso::limits::Limits::default()).ok()?;
    let [signer] = data.signers.as_slice() else {
        return None;
    };
    let attributes = signer.signed_attributes.as_ref()?.octets_as_sent().to_vec();
    let signers = [PKI.leader.certificate(), PKI.agency.certificate()];
    let certificate = data.certificates.iter().find(|one| signers.contains(one))?;
    Some([attributes, signer.signature.to_vec(), certificate.to_vec()])
}

fn decoded(file: &[u8], gap: &std::ops::Range<usize>) -> Vec<u8> {
    let digits: Vec<u8> = file[gap.start + 1..gap.end - 1]
        .iter()
        .filter_map(|c| (*c as char).to_digit(16).map(|d| d as u8))
        .collect();
    digits
        .chunks(2)
        .map(|two| two[0] << 4 | two.get(1).unwrap_or(&0))
        .collect()
}

/// V053, V061: no signed byte and no octet of the signature can change unseen; nothing panics.
#[test]
fn a_changed_file_never_passes_for_the_signed_one() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED);
    let verifier = verifier();
    let (one, two) = (signed(), sign_second(&signed(), &in_new_field("B")));
    let (mut passed, mut total) = (0, 0);
    for (file, count) in [(&one, 2500), (&two, 1500), (&ByHand::new().build(), 1000)] {
        let report = verifier.verify(file, at()).unwrap();
        assert_eq!(report.indication, Indication::TotalPassed);
        let gaps: Vec<_> = report
            .signatures
            .iter()
            .map(|s| {
                let gap = s.byte_range.unwrap().gap();
                gap.start as usize..gap.end as usize
            })
            .collect();
        for round in 0..count {
            let mut changed = file.clone();
            // Half of the changes go into a signature value, where most bytes are.
            let place = if round % 2 == 0 {
                let gap = &gaps[random.below(gaps.len())];
                let used = file[gap.clone()]
                    .iter()
                    .rposition(|c| !matches!(c, b'0' | b'>'))
                    .unwrap();
                gap.start + random.below(used + 2)
            } else {
                random.below(file.len())
            };
            for offset in 0..=random.below(4) {
                if let Some(byte) = changed.get_mut(place + offset) {
                    *byte = match random.below(3) {
                        0 => *byte ^ (1 << random.below(8)),
                        1 => random.byte(),
                        _ => b"0123456789abcdef <>/[]()%\n"[random.below(26)],
                    };
                }
            }
            let values = |bytes: &[u8]| -> Vec<Vec<u8>> {
                gaps.iter().map(|gap| decoded(bytes, gap)).collect()
            };
            let outside = |bytes: &[u8]| {
                let mut rest = bytes.to_vec();
                for gap in &gaps {
                    rest[gap.start + 1..gap.end - 1].fill(b'0');
                }
                rest
            };
            let same_outside = outside(&changed) == outside(file);
            if changed == *file || (same_outside && values(&changed) == values(file)) {
                continue;
            }
            total += 1;
            let Ok(report) = verifier.verify(&changed, at()) else {
                continue;
            };
            if report.indication != Indication::TotalPassed {
                continue;
            }
            passed += 1;
            assert!(
                same_outside,
                "round {round}: a signed byte changed at {place}"
            );
            for gap in &gaps {
                let (was, is) = (
                    answered_for(&decoded(file, gap)),
                    answered_for(&decoded(&changed, gap)),
                );
                assert!(
                    was.is_some_and(|was| Some(was) == is)
                        || decoded(file, gap) == decoded(&changed, gap),
                    "round {round}: the signature changed at {place}: {:?}",
                    decoded(file, gap)
                        .iter()
                        .zip(decoded(&changed, gap))
                        .enumerate()
                        .filter(|(_, (was, is))| **was != *is)
                        .collect::<Vec<_>>()
                );
            }
        }
    }
    println!("{total} changed files; {passed} of them pass, changed where no one signs");
    // The unsigned parts of the value are few.
    assert!(passed * 4 < total, "{passed} of {total}");
}

/// V061, V056: whatever is appended, the document is as signed or the signature does not pass.
#[test]
fn a_random_tail_never_passes_unless_it_is_explained() {
    println!("seed {SEED:#x}");
    let mut random = Random(SEED ^ 1);
    let verifier = verifier();
    let file = signed();
    let bodies: Vec<Vec<u8>> = vec![
        b"null".to_vec(),
        b"<< >>".to_vec(),
        b"[1 0 R]".to_vec(),
        b"<< /Type /Page /Parent 2 0 R >>".to_vec(),
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (X) /Rect [0 0 9 9] >>".to_vec(),
        stream("/Type /XObject /Subtype /Form", b"f"),
        stream("/Type /ObjStm /N 1 /First 4", b"4 0 null"),
        b"<< /Unclosed".to_vec(),
        b"(string".to_vec(),
    ];
    let (mut passed, mut total) = (0, 0);
    for round in 0..1500 {
        let mut tail = Tail::new();
        for _ in 0..=random.below(3) {
            let number = 1 + random.below(40) as u32;
            match random.below(6) {
                0 => tail = tail.free(number),
                1 => tail = tail.point(number, random.below(file.len()) as u64),
                2 if number < FREE => tail = tail.object(number, current(&file, number)),
                _ => {
                    let body = bodies[random.below(bodies.len())].clone();
                    tail = tail.object(number, body);
                }
            }
        }
        if random.below(3) == 0 {
            tail = tail.xref_stream(size(&file) + random.below(3) as u32);
        }
        if random.below(8) == 0 {
            tail.prev = Some(random.below(file.len()) as u64);
        }
        let mut changed = tail.build(&file);
        if random.below(3) == 0 {
            let at = file.len() + random.below(changed.len() - file.len());
            changed[at] = random.byte();
        }
        if random.below(6) == 0 {
            changed.truncate(file.len() + 1 + random.below(changed.len() - file.len() - 1));
        }
        total += 1;
        let Ok(report) = verifier.verify(&changed, at()) else {
            continue;
        };
        if report.indication != Indication::TotalPassed {
            continue;
        }
        passed += 1;
        // What passes shows what was signed: every object that the signed document reaches is the
        // same, by a reader that knows nothing of rules.
        assert_eq!(report.signatures.len(), 1, "round {round}");
        let options = kyso::pdf::OpenOptions::default();
        let was = kyso::pdf::Document::open(&file, &options).unwrap();
        let is = kyso::pdf::Document::open(&changed, &options).unwrap();
        for number in 1..size(&file) {
            // Title and metadata of the document may change.
            if matches!(number, INFO | METADATA) {
                continue;
            }
            let id = kyso::pdf::ObjectId::new(number, 0);
            let before = was.latest().get(id).unwrap();
            let after = is.latest().get(id).unwrap();
            assert!(
                before == after,
                "round {round}: object {number} changed and passes"
            );
        }
    }
    println!("{total} tails; {passed} of them change nothing that is shown");
}
