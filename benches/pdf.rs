//! Finding the signature dictionaries of a file in memory, beside `lopdf`, which loads all of it.
//!
//! Names are `what/input/objects/engine`. The files are made here, because they are too large to
//! keep: `table` has a classic cross-reference table, `objstm` object streams of 100 objects,
//! `images` one hundred streams of a megabyte. Every iteration asserts what it found.
//!
//! `cargo bench --features cli --bench pdf`

mod support;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use kyso::pdf::{Document, Object, ObjectId, OpenOptions, View};
use support::{image, memory, text_object, with_object_streams, with_table};

/// Opens and walks trailer, catalog, form, field, signature dictionary; its `/ByteRange`.
fn locate(bytes: &[u8]) -> [i64; 4] {
    fn walk(view: View<'_, '_>) -> Option<[i64; 4]> {
        let catalog = view.catalog().ok()?;
        let form = view.value(&catalog, b"AcroForm").ok()?;
        let fields = view.value(form.as_dictionary()?, b"Fields").ok()?;
        let field = view.resolve(fields.as_array()?.get(0)?).ok()?;
        let signature = view.value(field.as_dictionary()?, b"V").ok()?;
        let range = signature.as_dictionary()?.get(b"ByteRange")?.as_array()?;
        let range: Vec<i64> = range.iter().filter_map(Object::as_integer).collect();
        range.try_into().ok()
    }
    let document = Document::open(bytes, &OpenOptions::default()).expect("the file is good");
    walk(document.latest()).expect("the file has a signature")
}

fn lopdf(bytes: &[u8]) -> usize {
    let document = lopdf::Document::load_mem(bytes).expect("the file is good");
    assert!(document.get_object((6, 0)).is_ok());
    document.objects.len()
}

fn bench(criterion: &mut Criterion) {
    const RANGE: [i64; 4] = [0, 1000, 17386, 2000];
    let images = with_table(106, image);
    let before = memory();
    assert_eq!(locate(&images), RANGE);
    let after = memory();
    println!(
        "memory/images/106/kyso: {:.1} MB now, {:.1} MB at most, over {:.1} MB before",
        after.0 - before.0,
        after.1 - before.1,
        before.0
    );
    let files = [
        ("table", 2_100, with_table(2_100, text_object)),
        ("table", 21_000, with_table(21_000, text_object)),
        ("objstm", 400_000, with_object_streams(400_000)),
        ("images", 106, images),
    ];
    for (name, objects, bytes) in &files {
        println!("{name}/{objects}: {} bytes", bytes.len());
        criterion.bench_function(&format!("locate/{name}/{objects}/kyso"), |bencher| {
            bencher.iter(|| assert_eq!(locate(black_box(bytes)), RANGE));
        });
        let mut slow = criterion.benchmark_group("load");
        slow.sample_size(10);
        slow.bench_function(format!("{name}/{objects}/lopdf"), |bencher| {
            bencher.iter(|| assert!(lopdf(black_box(bytes)) >= *objects));
        });
        slow.bench_function(format!("{name}/{objects}/kyso-every-object"), |bencher| {
            bencher.iter(|| {
                let document = Document::open(black_box(bytes), &OpenOptions::default());
                let document = document.expect("the file is good");
                let view = document.latest();
                let found = (1..=*objects as u32)
                    .filter(|number| matches!(view.get(ObjectId::new(*number, 0)), Ok(Some(_))));
                assert_eq!(found.count(), *objects);
            });
        });
        slow.bench_function(format!("{name}/{objects}/kyso-recover"), |bencher| {
            bencher.iter(|| {
                let document = Document::recover(black_box(bytes), &OpenOptions::default());
                assert_eq!(
                    document.expect("the file is good").latest().page_count(),
                    Ok(1)
                );
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = bench
}
criterion_main!(benches);
