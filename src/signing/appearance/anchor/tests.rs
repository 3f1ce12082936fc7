use super::*;
use crate::pdf::Document;
use crate::signing::demo;
use crate::time::UtcTime;

fn demo() -> Vec<u8> {
    let at = UtcTime::from_rfc3339("2026-01-05T09:30:00+07:00").unwrap();
    demo::document(at).unwrap()
}

fn with_words<T>(bytes: &[u8], then: impl FnOnce(Words) -> T) -> T {
    let document = Document::open(bytes, &Default::default()).unwrap();
    then(Words::read(&document.latest(), 0).unwrap())
}

#[test]
fn ok_words_with_stacked_marks_are_found_in_any_form() {
    with_words(&demo(), |words| {
        for text in ["Ễ, Ự, Ậ, Ỡ", "Nguyễn Văn A", "Nguye\u{302}\u{303}n  Văn A"] {
            assert_eq!(words.all(text).len(), 1, "{text}");
        }
        let name = words.one("Nguyễn Văn A").unwrap();
        assert!(name.alone && (name.size - 14.0).abs() < 0.1);
        // Centred on 158 mm.
        let middle = (name.area.left + name.area.width / 2.0) / 72.0 * 25.4;
        assert!((middle - 158.0).abs() < 0.1, "{middle}");
    });
}

#[test]
fn ok_the_post_above_the_name_is_the_one_that_stands_alone() {
    with_words(&demo(), |words| {
        // In a heading, too; there it is part of a longer line.
        assert!(words.all("CHỦ TỊCH").len() > 1);
        let pairs = words.pairs("CHỦ TỊCH", "Nguyễn Văn A");
        let [(post, name)] = pairs[..] else {
            panic!("{pairs:?}");
        };
        let distance = (name.baseline - post.baseline) / 72.0 * 25.4;
        assert!((distance - 32.0).abs() < 0.1, "{distance}");
    });
}

#[test]
fn err_words_that_are_not_there_or_not_alone() {
    with_words(&demo(), |words| {
        let problem = |text: &str| match words.one(text).unwrap_err().kind() {
            crate::error::ErrorKind::Signing(SigningFault::Anchor { problem, .. }) => *problem,
            other => panic!("{other:?}"),
        };
        assert_eq!(problem("BỘ TRƯỞNG"), AnchorProblem::Missing { page: 1 });
        assert!(matches!(
            problem("tỉnh"),
            AnchorProblem::Several { page: 1, .. }
        ));
        assert!(words.one("").is_err());
        // The name stands below the post, not above.
        assert_eq!(words.pairs("Nguyễn Văn A", "CHỦ TỊCH"), []);
    });
}

/// The same page turned, cropped and in another unit: the words are where the reader sees them.
#[test]
fn ok_turned_pages_are_read_as_they_are_displayed() {
    let plain = with_words(&demo(), |words| words.one("Nơi nhận:").unwrap().area);
    for (entries, moved) in [
        ("/CropBox [20 30 595 842]", Some((-20.0, 0.0))),
        ("/UserUnit 2", None),
        ("/Rotate 90", None),
    ] {
        let mut file = lopdf::Document::load_mem(&demo()).unwrap();
        let id = *file.get_pages().get(&1).unwrap();
        let page = file.get_dictionary_mut(id).unwrap();
        let mut words = entries.splitn(2, ' ');
        let key = words.next().unwrap().trim_start_matches('/');
        match (key, words.next().unwrap()) {
            ("CropBox", _) => {
                let sides = [20, 30, 595, 842].map(|side: i64| lopdf::Object::Integer(side));
                page.set("CropBox", sides.to_vec());
            }
            (key, value) => page.set(key, value.parse::<i64>().unwrap()),
        }
        let mut bytes = Vec::new();
        file.save_to(&mut bytes).unwrap();
        with_words(&bytes, |words| {
            match (words.all("Nơi nhận:").first(), moved, key) {
                (Some(found), Some((across, _)), _) => {
                    assert!((found.area.left - plain.left - across).abs() < 0.01);
                }
                (Some(found), None, "UserUnit") => {
                    assert!((found.area.left - plain.left * 2.0).abs() < 0.01);
                    assert!((found.size - 24.0).abs() < 0.1);
                }
                // Text that runs downwards is no line to be found.
                (None, None, "Rotate") => {}
                other => panic!("{entries}: {other:?}"),
            }
        });
    }
}
