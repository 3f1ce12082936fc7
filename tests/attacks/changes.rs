//! A17 to A47: what later revisions do to a signed document.
//!
//! The catalogue's "F" for a change that is not permitted is FORMAT_FAILURE here: EN 319 102-1 has
//! no word of its own for it, and the level says what it is.

use kyso::Policy;
use kyso::signature::ChangeLevel as L;
use kyso::signing::plan::{EmptyField, Field, Permission, Plan, Rectangle};
use kyso::validation::policy::ChangeAllowance;

use super::build::*;
use super::expect::{Expect, FORMAT, Row, S};
use super::pki::{PKI, at, signer, verifier, with_policy};

/// A certified base document, without a field for it on a page.
fn certified(permission: Permission) -> Vec<u8> {
    let mut plan = in_new_field("C");
    plan.certify = Some(permission);
    sign(&base(), &plan)
}

fn xobject(data: &[u8]) -> Vec<u8> {
    stream("/Type /XObject /Subtype /Form /BBox [0 0 100 20]", data)
}

/// V061, V065: incremental saving attack.
#[test]
fn a17_page_content_overridden() {
    let mut row = Row::new("A17");
    let file = signed();
    let evil = stream("", b"BT /F1 12 Tf 72 700 Td (Pay 900 VND) Tj ET");
    let tail = Tail::new().object(CONTENT, &evil);
    row.level("table", &tail.build(&file), FORMAT, L::Other);
    row.level(
        "stream",
        &tail.clone().xref_stream(size(&file)).build(&file),
        FORMAT,
        L::Other,
    );
    // The page points to new content.
    let number = size(&file);
    let page = edited(
        &file,
        PAGE,
        "/Contents 4 0 R",
        &format!("/Contents {number} 0 R"),
    );
    let tail = Tail::new().object(number, &evil).object(PAGE, page);
    row.level("new content", &tail.build(&file), FORMAT, L::Other);
    // Two revisions: the second puts the old content back.
    let back = Tail::new()
        .object(CONTENT, current(&base(), CONTENT))
        .build(&Tail::new().object(CONTENT, &evil).build(&file));
    row.level("changed and changed back", &back, FORMAT, L::Other);
    // Written again and the same is no change.
    let same = Tail::new()
        .object(CONTENT, current(&base(), CONTENT))
        .build(&file);
    row.case("written again, the same", &same, Expect::Pass);
    row.finish();
}

/// V053, V056: no repair of a signed file.
#[test]
fn a18_tail_without_table_or_trailer() {
    let mut row = Row::new("A18");
    let file = signed();
    let evil = b"4 0 obj\n<< /Length 2 >>\nstream\nBT\nendstream\nendobj\n";
    row.case("no table", &[&file[..], evil].concat(), FORMAT);
    let marker = format!("startxref\n{}\n%%EOF\n", startxref(&file));
    row.case(
        "no table, marker copied",
        &[&file[..], evil, marker.as_bytes()].concat(),
        FORMAT,
    );
    let tail = Tail::new().object(CONTENT, b"null").build(&file);
    let cut = rfind(&tail, b"trailer").unwrap();
    let after = rfind(&tail, b"startxref").unwrap();
    row.case(
        "no trailer",
        &[&tail[..cut], &tail[after..]].concat(),
        FORMAT,
    );
    row.case("ends in startxref", &tail[..after + 9], FORMAT);
    row.case("ends in the number", &tail[..after + 12], FORMAT);
    row.case("no %%EOF", &tail[..rfind(&tail, b"%%EOF").unwrap()], FORMAT);
    row.case(
        "startxref beyond the end",
        &[&file[..], b"startxref\n99999999\n%%EOF\n"].concat(),
        FORMAT,
    );
    row.case(
        "startxref zero",
        &[&file[..], b"startxref\n0\n%%EOF\n"].concat(),
        FORMAT,
    );
    row.finish();
}

/// V053, V054: the signature copied into the tail.
#[test]
fn a19_signature_copied_into_the_tail() {
    let mut row = Row::new("A19");
    let file = ByHand::new().build();
    let copy = current(&file, 41);
    let evil = stream("", b"BT ET");
    let tail = Tail::new().object(41, &copy).object(CONTENT, &evil);
    row.case("same number", &tail.build(&file), FORMAT);
    let number = size(&file);
    let field = edited(&file, 40, "/V 41 0 R", &format!("/V {number} 0 R"));
    let tail = Tail::new()
        .object(number, &copy)
        .object(40, field)
        .object(CONTENT, &evil);
    row.case("new number", &tail.build(&file), FORMAT);
    row.finish();
}

/// V054.
#[test]
fn a20_signature_dictionary_defined_anew() {
    let mut row = Row::new("A20");
    let file = ByHand::new()
        .dictionary("/M (D", "/Name (Leader) /M (D")
        .build();
    for (from, to) in [
        ("/Name (Leader)", "/Name (Boss)  "),
        ("/M (D:2026", "/M (D:2020"),
        ("/Name (Leader)", "/Reason (Any) "),
    ] {
        let tail = Tail::new().object(41, edited(&file, 41, from, to));
        row.case(to, &tail.build(&file), FORMAT);
    }
    // The field is given another value, or none.
    for (name, to) in [
        ("direct", "/V << /Type /Sig >>"),
        ("null", "/V null"),
        ("none", ""),
    ] {
        let tail = Tail::new().object(40, edited(&file, 40, "/V 41 0 R", to));
        row.case(name, &tail.build(&file), FORMAT);
    }
    row.case("freed", &Tail::new().free(41).build(&file), FORMAT);
    row.finish();
}

/// V061.
#[test]
fn a21_page_tree_changed() {
    let mut row = Row::new("A21");
    let file = signed();
    for (name, number, from, to) in [
        ("kids", PAGES, "[3 0 R]", "[3 0 R 3 0 R]"),
        ("count", PAGES, "/Count 1", "/Count 2"),
        (
            "empty",
            PAGES,
            "/Kids [3 0 R] /Count 1",
            "/Kids [] /Count 0",
        ),
        ("media box", PAGES, "595 842", "595 100"),
        ("rotate", PAGES, "/Count 1", "/Count 1 /Rotate 180"),
        (
            "rotate of the page",
            PAGE,
            "/Parent 2 0 R",
            "/Parent 2 0 R /Rotate 180",
        ),
        (
            "crop of the page",
            PAGE,
            "/Parent 2 0 R",
            "/Parent 2 0 R /CropBox [0 0 9 9]",
        ),
        (
            "user unit",
            PAGE,
            "/Parent 2 0 R",
            "/Parent 2 0 R /UserUnit 2",
        ),
        ("resources of the page", PAGE, "/Im 10 0 R", "/Im 11 0 R"),
        (
            "group of the page",
            PAGE,
            "/Parent 2 0 R",
            "/Parent 2 0 R /Group << /S /Transparency >>",
        ),
        (
            "structure",
            CATALOG,
            "/Pages 2 0 R",
            "/Pages 2 0 R /StructTreeRoot 11 0 R",
        ),
        (
            "page labels",
            CATALOG,
            "/Pages 2 0 R",
            "/Pages 2 0 R /PageLabels << /Nums [] >>",
        ),
        (
            "viewer preferences",
            CATALOG,
            "/Pages 2 0 R",
            "/Pages 2 0 R /ViewerPreferences << /HideToolbar true >>",
        ),
    ] {
        let tail = Tail::new().object(number, edited(&file, number, from, to));
        row.level(name, &tail.build(&file), FORMAT, L::Other);
    }
    row.finish();
}

/// V061.
#[test]
fn a22_root_of_another_catalog() {
    let mut row = Row::new("A22");
    let file = signed();
    let number = size(&file);
    let catalog = current(&file, CATALOG);
    let trailer = Tail::new()
        .trailer
        .replace("/Root 1 0 R", &format!("/Root {number} 0 R"));
    let other = [
        &catalog[..catalog.len() - 2],
        b"/OpenAction [3 0 R /Fit] >>",
    ]
    .concat();
    let tail = Tail::new().object(number, other).trailer(&trailer);
    row.level("another catalog", &tail.build(&file), FORMAT, L::Other);
    let tail = Tail::new().object(number, &catalog).trailer(&trailer);
    row.level("a copy", &tail.build(&file), FORMAT, L::Other);
    row.case("no root", &Tail::new().trailer("").build(&file), FORMAT);
    row.finish();
}

/// V055, V056.
#[test]
fn a23_chain_leaves_out_the_signed_revision() {
    let mut row = Row::new("A23");
    let file = signed();
    let objects = objects();
    // Everything is there again, and the chain begins anew.
    let mut whole = Tail::new();
    whole.objects = objects.into_iter().collect();
    whole.first = true;
    row.case("no /Prev", &whole.build(&file), FORMAT);
    let mut skip = Tail::new().object(CONTENT, current(&base(), CONTENT));
    skip.prev = Some(startxref(&base()));
    row.case("/Prev skips it", &skip.build(&file), FORMAT);
    let mut wrong = Tail::new().object(CONTENT, current(&base(), CONTENT));
    wrong.prev = Some(3);
    row.case("/Prev to nowhere", &wrong.build(&file), FORMAT);
    // The fields are still reached through a form that repeats them.
    let mut keeps = Tail::new()
        .object(FORM, current(&file, FORM))
        .object(PAGE, current(&file, PAGE));
    keeps.prev = Some(startxref(&base()));
    row.case("/Prev skips it, form repeated", &keeps.build(&file), FORMAT);
    row.finish();
}

/// V066: RUB shadow attacks, hide.
#[test]
fn a24_overlay_becomes_metadata() {
    let mut row = Row::new("A24");
    let file = signed();
    let metadata = stream("/Type /Metadata /Subtype /XML", XMP.as_bytes());
    row.level(
        "image",
        &Tail::new().object(IMAGE, &metadata).build(&file),
        FORMAT,
        L::Other,
    );
    let catalog = edited(&file, CATALOG, "/Metadata 12 0 R", "/Metadata 10 0 R");
    let tail = Tail::new()
        .object(IMAGE, &metadata)
        .object(CATALOG, catalog);
    row.level(
        "image, and the catalog points to it",
        &tail.build(&file),
        FORMAT,
        L::Other,
    );
    let dss = edited(
        &file,
        CATALOG,
        "/Metadata 12 0 R",
        "/Metadata 12 0 R /DSS << /Certs [10 0 R] >>",
    );
    let tail = Tail::new()
        .object(IMAGE, stream("", b"0\x03\x02\x01\x01"))
        .object(CATALOG, dss);
    row.level(
        "image becomes a member of the store",
        &tail.build(&file),
        FORMAT,
        L::Other,
    );
    row.finish();
}

/// V057, V066.
#[test]
fn a25_two_numbers_at_one_place() {
    let mut row = Row::new("A25");
    let file = signed();
    let of = |number: u32| rfind(&file, format!("\n{number} 0 obj").as_bytes()).unwrap() as u64 + 1;
    row.case(
        "image points to the metadata",
        &Tail::new().point(IMAGE, of(METADATA)).build(&file),
        FORMAT,
    );
    let fresh = Tail::new().object(60, xobject(b"f"));
    let place = find(&fresh.build(&file), b"60 0 obj").unwrap() as u64;
    row.case(
        "two new numbers",
        &fresh.clone().point(61, place).build(&file),
        FORMAT,
    );
    row.case(
        "header of another number",
        &fresh.point(IMAGE, place).build(&file),
        FORMAT,
    );
    row.finish();
}

/// V066.
#[test]
fn a26_overlay_widget_removed() {
    let mut row = Row::new("A26");
    let file = signed();
    row.level(
        "empty dictionary",
        &Tail::new().object(OVERLAY, "<< >>").build(&file),
        FORMAT,
        L::Other,
    );
    let page = edited(&file, PAGE, "17 0 R", "");
    row.level(
        "not on the page any more",
        &Tail::new().object(PAGE, page).build(&file),
        FORMAT,
        L::Other,
    );
    row.level(
        "null",
        &Tail::new().object(OVERLAY, "null").build(&file),
        FORMAT,
        L::Other,
    );
    let moved = edited(&file, OVERLAY, "72 690 272 720", "0 0 0 0");
    row.level(
        "moved away",
        &Tail::new().object(OVERLAY, moved).build(&file),
        FORMAT,
        L::Other,
    );
    let bare = edited(&file, OVERLAY, "/AP << /N 11 0 R >>", "");
    row.case(
        "without its appearance",
        &Tail::new().object(OVERLAY, bare).build(&file),
        FORMAT,
    );
    row.level(
        "annotation removed",
        &Tail::new().object(ANNOTATION, "<< >>").build(&file),
        FORMAT,
        L::Other,
    );
    row.finish();
}

/// V065, V066.
#[test]
fn a27_font_overridden() {
    let mut row = Row::new("A27");
    let file = signed();
    for (name, number, body) in [
        (
            "font program",
            FONT_FILE,
            stream("/Length1 5", b"\0\x01\0\0x"),
        ),
        ("to unicode", TO_UNICODE, stream("", b"other")),
        ("widths", WIDTHS, b"[900 900]".to_vec()),
        (
            "descriptor",
            DESCRIPTOR,
            edited(&file, DESCRIPTOR, "/Flags 32", "/Flags 4"),
        ),
        (
            "font",
            FONT,
            edited(&file, FONT, "/FirstChar 32", "/FirstChar 33"),
        ),
    ] {
        row.level(
            name,
            &Tail::new().object(number, body).build(&file),
            FORMAT,
            L::Other,
        );
    }
    row.finish();
}

fn filled(file: &[u8]) -> Tail {
    let number = size(file);
    let field = edited(file, TEXT_FIELD, "/V (15)", "/V (99)");
    let field = patched(&field, "/N 22 0 R", &format!("/N {number} 0 R"));
    Tail::new()
        .object(TEXT_FIELD, field)
        .object(number, xobject(b"BT (99) Tj ET"))
}

fn opted(changes: ChangeAllowance) -> kyso::Verifier {
    let mut policy = Policy::official();
    policy.changes = changes;
    with_policy(policy)
}

/// V063, V064.
#[test]
fn a28_text_field_filled() {
    let mut row = Row::new("A28");
    let file = signed();
    row.level(
        "not opted in",
        &filled(&file).build(&file),
        FORMAT,
        L::FormFilling,
    );
    row.level(
        "P 1",
        &filled(&certified(Permission::NoChanges)).build(&certified(Permission::NoChanges)),
        FORMAT,
        L::FormFilling,
    );
    let p2 = certified(Permission::FormFilling);
    row.level("P 2", &filled(&p2).build(&p2), Expect::Pass, L::FormFilling);
    // V065: what the field shows may not be an object that others show.
    let shared = edited(&p2, TEXT_FIELD, "/V (15)", "/V (99)");
    let tail = Tail::new()
        .object(TEXT_FIELD, shared)
        .object(XOBJECT, xobject(b"9"));
    row.level(
        "P 2, a shared appearance replaced",
        &tail.build(&p2),
        FORMAT,
        L::Other,
    );
    let moved = patched(
        &edited(&p2, TEXT_FIELD, "/V (15)", "/V (99)"),
        "72 600",
        "72 100",
    );
    row.level(
        "P 2, moved",
        &Tail::new().object(TEXT_FIELD, moved).build(&p2),
        FORMAT,
        L::Other,
    );
    let acts = edited(&p2, TEXT_FIELD, "/V (15)", "/V (99) /AA << >>");
    row.level(
        "P 2, an action",
        &Tail::new().object(TEXT_FIELD, acts).build(&p2),
        FORMAT,
        L::Other,
    );
    row.finish();
    let mut row = Row::with("A28 opted in", opted(ChangeAllowance::FormFilling));
    row.level(
        "opted in",
        &filled(&file).build(&file),
        Expect::Pass,
        L::FormFilling,
    );
    row.finish();
}

/// A base document that has a second page content and page stocked.
fn stocked() -> Vec<u8> {
    let mut objects = objects();
    objects.insert(
        30,
        stream("", b"BT /F1 12 Tf 72 700 Td (Pay 900 VND) Tj ET"),
    );
    let page = patched(&objects[&PAGE], "/Contents 4 0 R", "/Contents 30 0 R");
    objects.insert(31, page);
    objects.insert(
        32,
        b"<< /Type /Pages /Kids [31 0 R] /Count 1 /MediaBox [0 0 595 842] >>".to_vec(),
    );
    file(&objects)
}

/// V057, V066: hide and replace, by the table alone.
#[test]
fn a29_table_points_into_signed_bytes() {
    let mut row = Row::new("A29");
    // The stocked content carries the number of the page's content, so that the header fits.
    let mut plain = objects();
    let evil = b"4 0 obj\n<< /Length 2 >>\nstream\nBT\nendstream\nendobj";
    plain.insert(30, stream("", evil));
    let file = sign_new(&file(&plain), "A");
    let inner = find(&file, b"\nstream\n4 0 obj").unwrap() as u64 + 8;
    row.case(
        "content stocked in a stream",
        &Tail::new().point(CONTENT, inner).build(&file),
        FORMAT,
    );
    let file = sign_new(&stocked(), "A");
    let of = |n: u32| rfind(&file, format!("\n{n} 0 obj").as_bytes()).unwrap() as u64 + 1;
    row.case(
        "content",
        &Tail::new().point(CONTENT, of(30)).build(&file),
        FORMAT,
    );
    row.case(
        "pages",
        &Tail::new().point(PAGES, of(32)).build(&file),
        FORMAT,
    );
    // A number that was free gets a place in signed bytes.
    row.case(
        "new number",
        &Tail::new().point(size(&file), of(30)).build(&file),
        FORMAT,
    );
    // Back to the state before the signature: the page without the new widget.
    let first = find(&file, b"\n3 0 obj").unwrap() as u64 + 1;
    row.level(
        "page of the first revision",
        &Tail::new().point(PAGE, first).build(&file),
        FORMAT,
        L::Other,
    );
    // The same place again is no change.
    row.case(
        "same place",
        &Tail::new().point(CONTENT, of(CONTENT)).build(&file),
        Expect::Pass,
    );
    row.finish();
}

/// V057, V066.
#[test]
fn a30_objects_freed() {
    let mut row = Row::new("A30");
    let file = signed();
    for number in [OVERLAY, CONTENT, IMAGE, PAGE, METADATA, ANNOTATION] {
        row.case(
            &format!("{number} freed"),
            &Tail::new().free(number).build(&file),
            FORMAT,
        );
    }
    row.level(
        "image freed",
        &Tail::new().free(IMAGE).build(&file),
        FORMAT,
        L::Other,
    );
    row.finish();
}

/// V070: the file passes, with the finding for who asks for it.
#[test]
fn a31_stock_that_nobody_touched() {
    let mut row = Row::new("A31");
    let file = sign_new(&stocked(), "A");
    row.case("stocked, untouched", &file, Expect::Pass);
    row.finish();
    let codes = |file: &[u8]| -> Vec<&str> {
        let report = super::pki::verifier()
            .with_lint()
            .verify(file, super::pki::at())
            .unwrap();
        assert_eq!(report.indication, kyso::Indication::TotalPassed);
        report.document.findings.iter().map(|f| f.code).collect()
    };
    // The base document has a layer that is off.
    assert_eq!(
        codes(&file),
        ["shadow-stock", "shadow-stock", "hidden-layer"]
    );
    // One thing more in the document before it is signed, and the word for it.
    let base = Tail::new()
        .object(OC_CONFIG, "<< /Order [15 0 R] >>")
        .build(&base());
    let page = |annotation: &str| {
        Tail::new()
            .object(
                PAGE,
                patched(&current(&base, PAGE), "/Annots [", "/Annots [60 0 R "),
            )
            .object(60, annotation)
            .build(&base)
    };
    let catalog = |more: &str| {
        let to = format!("/Pages 2 0 R {more}");
        let catalog = edited(&base, CATALOG, "/Pages 2 0 R", &to);
        Tail::new().object(CATALOG, catalog).build(&base)
    };
    let text = |value: &str, shown: &str| {
        let annotation = format!(
            "<< /Type /Annot /Subtype /Widget /FT /Tx /T (x) /V ({value}) /Rect [0 0 50 10] /AP << /N 61 0 R >> >>"
        );
        let content = format!("BT ({shown}) Tj ET");
        Tail::new()
            .object(
                PAGE,
                patched(&current(&base, PAGE), "/Annots [", "/Annots [60 0 R "),
            )
            .object(60, annotation)
            .object(
                61,
                stream(
                    "/Type /XObject /Subtype /Form /BBox [0 0 50 10]",
                    content.as_bytes(),
                ),
            )
            .build(&base)
    };
    let stamp = |rectangle: &str| {
        page(&format!(
            "<< /Type /Annot /Subtype /Stamp /Rect [{rectangle}] /AP << /N {CONTENT} 0 R >> >>"
        ))
    };
    for (document, expected) in [
        (base.clone(), &[][..]),
        (stamp("0 0 500 700"), &["overlay"]),
        (stamp("0 0 50 70"), &[]),
        (text("12 000 VND", "12 000 VND"), &[]),
        (
            text("12 000 VND", "90 000 VND"),
            &["value-appearance-mismatch"],
        ),
        (
            Tail::new()
                .object(OC_CONFIG, "<< /BaseState /OFF >>")
                .build(&base),
            &["hidden-layer"],
        ),
        (
            catalog("/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"),
            &["script"],
        ),
        (
            Tail::new()
                .object(CONTENT, stream("/F (elsewhere.txt)", b""))
                .build(&base),
            &["content-outside"],
        ),
        (
            Tail::new()
                .object(FORM, edited(&base, FORM, "/Fields [", "/XFA (x) /Fields ["))
                .build(&base),
            &["xfa"],
        ),
    ] {
        assert_eq!(codes(&sign_new(&document, "A")), expected);
    }
}

/// V061.
#[test]
fn a32_layers_switched() {
    let mut row = Row::new("A32");
    let file = signed();
    let config = edited(&file, OC_CONFIG, "/OFF [15 0 R]", "/ON [15 0 R]");
    row.level(
        "default configuration",
        &Tail::new().object(OC_CONFIG, config).build(&file),
        FORMAT,
        L::Other,
    );
    let properties = edited(&file, OC_PROPERTIES, "/D 16 0 R", "/D << >>");
    row.level(
        "properties",
        &Tail::new().object(OC_PROPERTIES, properties).build(&file),
        FORMAT,
        L::Other,
    );
    let group = edited(
        &file,
        15,
        "/Name (L)",
        "/Name (L) /Usage << /View << /ViewState /OFF >> >>",
    );
    row.level(
        "usage of the group",
        &Tail::new().object(15, group).build(&file),
        FORMAT,
        L::Other,
    );
    let catalog = edited(&file, CATALOG, "/OCProperties 14 0 R", "");
    row.level(
        "catalog",
        &Tail::new().object(CATALOG, catalog).build(&file),
        FORMAT,
        L::Other,
    );
    row.finish();
}

/// V061, V065.
#[test]
fn a33_annotation_hidden() {
    let mut row = Row::new("A33");
    let file = signed();
    for number in [ANNOTATION, TEXT_FIELD, OVERLAY, EMPTY_FIELD] {
        let hidden = edited(&file, number, "/F 4", "/F 2");
        row.case(
            &format!("{number}"),
            &Tail::new().object(number, hidden).build(&file),
            FORMAT,
        );
    }
    // An empty signature field is a place to draw on, too.
    let number = size(&file);
    let drawn = edited(
        &file,
        EMPTY_FIELD,
        "/F 4",
        &format!("/F 4 /AP << /N {number} 0 R >>"),
    );
    let tail = Tail::new()
        .object(EMPTY_FIELD, drawn)
        .object(number, xobject(b"1 g 0 0 99 20 re f"));
    row.level(
        "empty field gets an appearance",
        &tail.build(&file),
        FORMAT,
        L::Other,
    );
    // Even where filling is permitted.
    let p2 = certified(Permission::FormFilling);
    for number in [TEXT_FIELD, OVERLAY] {
        let hidden = edited(&p2, number, "/F 4", "/F 2");
        row.level(
            &format!("P 2, {number}"),
            &Tail::new().object(number, hidden).build(&p2),
            FORMAT,
            L::Other,
        );
    }
    row.finish();
}

/// V062: the path counts, not the name of a key.
#[test]
fn a34_resource_with_a_harmless_name() {
    let mut row = Row::new("A34");
    let file = signed();
    row.level(
        "named /DSS and /Extensions",
        &Tail::new().object(XOBJECT, xobject(b"9")).build(&file),
        FORMAT,
        L::Other,
    );
    let number = size(&file);
    for key in ["/DSS 11", "/Extensions 11"] {
        let (name, _) = key.split_once(' ').unwrap();
        let page = edited(
            &file,
            PAGE,
            &format!("{key} 0 R"),
            &format!("{name} {number} 0 R"),
        );
        let tail = Tail::new().object(number, xobject(b"9")).object(PAGE, page);
        row.level(key, &tail.build(&file), FORMAT, L::Other);
    }
    for key in ["/PieceInfo", "/Names", "/Metadata", "/DSS", "/Extensions"] {
        let page = edited(
            &file,
            PAGE,
            "/Parent 2 0 R",
            &format!("/Parent 2 0 R {key} {number} 0 R"),
        );
        let tail = Tail::new().object(number, xobject(b"9")).object(PAGE, page);
        row.level(
            &format!("{key} of the page"),
            &tail.build(&file),
            FORMAT,
            L::Other,
        );
    }
    for key in [
        "/Names",
        "/PieceInfo",
        "/Collection",
        "/URI",
        "/Dests",
        "/Threads",
        "/SpiderInfo",
    ] {
        let catalog = edited(
            &file,
            CATALOG,
            "/Pages 2 0 R",
            &format!("/Pages 2 0 R {key} {number} 0 R"),
        );
        let tail = Tail::new().object(number, "<< >>").object(CATALOG, catalog);
        row.level(
            &format!("{key} of the catalog"),
            &tail.build(&file),
            FORMAT,
            L::Other,
        );
    }
    // The store brings a page's object along.
    let catalog = edited(
        &file,
        CATALOG,
        "/Pages 2 0 R",
        "/Pages 2 0 R /Extensions << /ADBE 4 0 R >>",
    );
    let tail = Tail::new()
        .object(CONTENT, "<< >>")
        .object(CATALOG, catalog);
    row.level(
        "extensions refer to the content",
        &tail.build(&file),
        FORMAT,
        L::Other,
    );
    row.finish();
}

/// An annotation of `kind` over the text of the page.
fn annotated(file: &[u8], kind: &str) -> Vec<u8> {
    let number = size(file);
    let page = patched(
        &current(file, PAGE),
        "/Annots [",
        &format!("/Annots [{number} 0 R "),
    );
    // The order of what was there stays; a new one in front is as good as one behind.
    Tail::new()
        .object(PAGE, page)
        .object(number, format!("<< /Type /Annot {kind} /Rect [72 690 272 720] /F 4 /P 3 0 R /AP << /N {} 0 R >> >>", number + 1))
        .object(number + 1, xobject(b"1 g 0 0 200 30 re f"))
        .build(file)
}

/// V064, V066: evil annotation attack.
#[test]
fn a35_annotation_after_certification_p2() {
    let mut row = Row::new("A35");
    let file = certified(Permission::FormFilling);
    for kind in [
        "/Subtype /FreeText /Contents (x)",
        "/Subtype /Stamp",
        "/Subtype /Redact",
        "/Subtype /Unknown",
        "",
    ] {
        row.case(kind, &annotated(&file, kind), FORMAT);
    }
    row.finish();
}

/// V064, V066.
#[test]
fn a36_annotation_after_certification_p3() {
    let kinds = ["/Subtype /FreeText /Contents (x)", "/Subtype /Stamp"];
    let mut row = Row::new("A36");
    let file = certified(Permission::Annotations);
    for kind in kinds {
        row.level(kind, &annotated(&file, kind), FORMAT, L::Annotations);
    }
    row.level(
        "approval",
        &annotated(&signed(), kinds[0]),
        FORMAT,
        L::Annotations,
    );
    row.finish();
    let verifier = opted(ChangeAllowance::Annotations);
    let opted_in = verifier.verify(&annotated(&file, kinds[0]), at()).unwrap();
    assert!(
        opted_in.signatures[0]
            .changes
            .objects
            .iter()
            .any(|o| o.level == L::Annotations),
        "the annotation is listed"
    );
    let mut row = Row::with("A36 opted in", verifier);
    for kind in kinds {
        row.level(kind, &annotated(&file, kind), Expect::Pass, L::Annotations);
    }
    for kind in [
        "/Subtype /Link /A << /S /URI /URI (http://x.invalid) >>",
        "/Subtype /FileAttachment",
        "/Subtype /Stamp /A << /S /JavaScript /JS (x) >>",
        "/Subtype /Screen",
    ] {
        row.level(kind, &annotated(&file, kind), FORMAT, L::Other);
    }
    row.finish();
}

const PLACE: Rectangle = Rectangle {
    left: 72.0,
    bottom: 690.0,
    right: 272.0,
    top: 720.0,
};

/// A visible field of the agency over the text of the page, empty until filled by the next.
fn with_visible_field(file: &[u8], name: &str) -> Vec<u8> {
    let number = size(file);
    let page = patched(
        &current(file, PAGE),
        "/Annots [",
        &format!("/Annots [{number} 0 R "),
    );
    let form = patched(
        &current(file, FORM),
        "/Fields [",
        &format!("/Fields [{number} 0 R "),
    );
    let tail = Tail::new()
        .object(PAGE, page)
        .object(FORM, form)
        .object(number, format!("<< /Type /Annot /Subtype /Widget /FT /Sig /T ({name}) /Rect [72 690 272 720] /F 4 /P 3 0 R >>"));
    tail.build(file)
}

fn visible(name: &str) -> Plan {
    let form = kyso::signing::appearance::draw(
        &kyso::signing::appearance::TextAppearance::signer("Agency", None, at(), None),
        &kyso::signing::appearance::PageGeometry::new([0.0, 0.0, 595.0, 842.0], None, 0, 1.0)
            .unwrap()
            .place(&kyso::signing::appearance::Area::millimetres(
                25.0, 40.0, 60.0, 20.0,
            ))
            .unwrap(),
    )
    .unwrap();
    let mut plan = in_new_field(name);
    plan.visible = Some(form.visible(0).unwrap());
    plan
}

/// V064, V066: sneaky signature attack, as DESIGN decides it.
#[test]
fn a37_visible_field_after_certification() {
    let p2 = certified(Permission::FormFilling);
    let second = sign_second(&p2, &visible("B"));
    let mut row = Row::new("A37");
    row.signature("official", &second, 0, Expect::Warn, Some(L::Signing));
    row.signature("official, the added one", &second, 1, Expect::Pass, None);
    // Not signed: the field alone hides the text.
    let empty = with_visible_field(&p2, "B");
    row.case("empty field", &empty, FORMAT);
    let empty = with_visible_field(&signed(), "B");
    row.case("empty field after an approval", &empty, FORMAT);
    row.finish();
    // The warning names the field.
    let report = verifier().verify(&second, at()).unwrap();
    let json = serde_json::to_string(&report.signatures[0].checks).unwrap();
    assert!(
        json.contains("field-after-certification") && json.contains("\"B\""),
        "{json}"
    );
    let mut row = Row::with("A37 strict", with_policy(Policy::strict()));
    row.case("strict", &second, FORMAT);
    row.finish();
}

/// V064, V066.
#[test]
fn a38_later_signature_that_does_not_hold() {
    let mut row = Row::new("A38");
    for (name, first) in [
        ("approval", signed()),
        ("P 2", certified(Permission::FormFilling)),
    ] {
        let second = sign_second(&first, &visible("B"));
        // One digit of the later signature value is another one.
        let mut broken = second.clone();
        let report = verifier().verify(&second, at()).unwrap();
        let gap = report.signatures[1].byte_range.unwrap().gap();
        let digits = &second[gap.start as usize + 1..gap.end as usize - 1];
        let end = digits.iter().rposition(|c| *c != b'0').unwrap() & !1;
        let place = gap.start as usize + 1 + end - 6;
        broken[place] = if broken[place] == b'1' { b'2' } else { b'1' };
        row.case(&format!("{name}, broken: the earlier"), &broken, FORMAT);
        row.signature(
            &format!("{name}, broken: the later"),
            &broken,
            1,
            Expect::Fail(S::SigCryptoFailure),
            None,
        );
        // Self-signed: nobody trusts it.
        let stranger = kyso::Signer::new(
            kyso::signing::key::pem::load(
                PKI.stranger.key().pkcs8(),
                PKI.stranger.certificate_pem().unwrap().as_bytes(),
                None,
                &kyso::limits::Limits::default(),
            )
            .unwrap(),
        );
        let second = stranger
            .sign(&first, &visible("B"), at())
            .unwrap()
            .into_bytes();
        // NOTE: the catalogue has "F overall"; DESIGN §5 amends: INDETERMINATE when it is not trusted.
        row.case(
            &format!("{name}, stranger: the earlier"),
            &second,
            Expect::Open(S::SigConstraintsFailure),
        );
        row.signature(
            &format!("{name}, stranger: the later"),
            &second,
            1,
            Expect::Open(S::NoCertificateChainFound),
            None,
        );
    }
    row.finish();
}

/// V067.
#[test]
fn a39_actions_and_files_added() {
    let mut row = Row::new("A39");
    let file = signed();
    let script = "<< /S /JavaScript /JS (app.alert) >>";
    for (name, number, from, to) in [
        (
            "open action",
            CATALOG,
            "/Pages 2 0 R",
            format!("/Pages 2 0 R /OpenAction {script}"),
        ),
        (
            "catalog /AA",
            CATALOG,
            "/Pages 2 0 R",
            format!("/Pages 2 0 R /AA << /WC {script} >>"),
        ),
        (
            "page /AA",
            PAGE,
            "/Parent 2 0 R",
            format!("/Parent 2 0 R /AA << /O {script} >>"),
        ),
        (
            "scripts by name",
            CATALOG,
            "/Pages 2 0 R",
            format!("/Pages 2 0 R /Names << /JavaScript << /Names [(a) {script}] >> >>"),
        ),
        (
            "embedded file",
            CATALOG,
            "/Pages 2 0 R",
            "/Pages 2 0 R /Names << /EmbeddedFiles << /Names [] >> >>".to_owned(),
        ),
        (
            "associated file",
            CATALOG,
            "/Pages 2 0 R",
            "/Pages 2 0 R /AF [4 0 R]".to_owned(),
        ),
        ("xfa", FORM, "/DA", "/XFA [] /DA".to_owned()),
        (
            "calculation order",
            FORM,
            "/DA",
            "/CO [8 0 R] /DA".to_owned(),
        ),
        (
            "button action",
            OVERLAY,
            "/FT /Btn",
            format!("/FT /Btn /A {script}"),
        ),
        (
            "needs rendering",
            CATALOG,
            "/Pages 2 0 R",
            "/Pages 2 0 R /NeedsRendering true".to_owned(),
        ),
        (
            "empty field gets an action",
            EMPTY_FIELD,
            "/FT /Sig",
            format!("/FT /Sig /AA << /E {script} >>"),
        ),
    ] {
        let tail = Tail::new().object(number, edited(&file, number, from, &to));
        row.level(name, &tail.build(&file), FORMAT, L::Other);
    }
    // A new signature field that brings an action, signed and all.
    let number = size(&file);
    let page = patched(
        &current(&file, PAGE),
        "/Annots [",
        &format!("/Annots [{number} 0 R "),
    );
    let form = patched(
        &current(&file, FORM),
        "/Fields [",
        &format!("/Fields [{number} 0 R "),
    );
    let tail = Tail::new().object(PAGE, page).object(FORM, form).object(
        number,
        format!("<< /Type /Annot /Subtype /Widget /FT /Sig /T (B) /Rect [0 0 0 0] /F 132 /P 3 0 R /AA << /E {script} >> >>"),
    );
    row.level(
        "new field with an action",
        &tail.build(&file),
        FORMAT,
        L::Other,
    );
    row.finish();
}

/// V065.
#[test]
fn a40_form_defaults_replaced() {
    let mut row = Row::new("A40");
    let file = signed();
    for (name, from, to) in [
        ("need appearances", "/DA", "/NeedAppearances true /DA"),
        ("font of the defaults", "/F1 6 0 R", "/F1 11 0 R"),
        ("defaults removed", "/DR << /Font << /F1 6 0 R >> >>", ""),
        ("appearance string", "(/F1 10 Tf)", "(/F1 0 Tf 1 g)"),
    ] {
        let tail = Tail::new().object(FORM, edited(&file, FORM, from, to));
        row.level(name, &tail.build(&file), FORMAT, L::Other);
    }
    row.finish();
}

/// V064.
#[test]
fn a41_permissions_removed_or_replaced() {
    let mut row = Row::new("A41");
    let file = certified(Permission::FormFilling);
    let catalog = String::from_utf8_lossy(&current(&file, CATALOG)).into_owned();
    let start = catalog.find("/Perms").unwrap();
    let end = start + catalog[start..].find(">>").unwrap() + 2;
    let perms = catalog[start..end].to_owned();
    for (name, to) in [
        ("removed", String::new()),
        ("replaced", "/Perms << /DocMDP 8 0 R >>".to_owned()),
        ("renamed", perms.replace("DocMDP", "UR3")),
    ] {
        let tail = Tail::new().object(CATALOG, catalog.replace(&perms, &to));
        row.level(name, &tail.build(&file), FORMAT, L::Other);
    }
    // /Perms added to an approval, pointing at it.
    let approval = signed();
    let value = String::from_utf8_lossy(&approval).rfind("/V ").unwrap() + 3;
    let value = number_at(&approval, value);
    let catalog = edited(
        &approval,
        CATALOG,
        "/Pages 2 0 R",
        &format!("/Pages 2 0 R /Perms << /DocMDP {value} 0 R >>"),
    );
    row.level(
        "added to an approval",
        &Tail::new().object(CATALOG, catalog).build(&approval),
        FORMAT,
        L::Other,
    );
    // A second certification.
    let reference = "/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 3 /V /1.2 >> >>] /M (D";
    let mut second = ByHand::new();
    let first = certified(Permission::FormFilling);
    let annots = patched(&current(&first, PAGE), "/Annots [", "/Annots [40 0 R ");
    let form = patched(&current(&first, FORM), "/Fields [", "/Fields [40 0 R ");
    second.tail.objects[0].1 = annots;
    second.tail.objects[1].1 = form;
    second.document = first;
    let plain = second.dictionary("/M (D", reference);
    // ISO 32000-2 §12.8.2.2.1 knows one certification: the second is none, and the first has a later
    // signature that fails.
    row.all(
        "second certification in its references",
        &plain.build(),
        FORMAT,
        2,
    );
    row.finish();
}

/// A signature that locks fields.
fn locking(lock: &str) -> Vec<u8> {
    let reference = format!(
        "/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /V /1.2 {lock} >> >>] /M (D"
    );
    ByHand::new().dictionary("/M (D", &reference).build()
}

/// V064.
#[test]
fn a42_locked_fields() {
    let mut row = Row::with("A42", opted(ChangeAllowance::FormFilling));
    for (lock, expect) in [
        ("/Action /All", FORMAT),
        ("/Action /Include /Fields [(so)]", FORMAT),
        ("/Action /Exclude /Fields [(khac)]", FORMAT),
        ("/Action /Include /Fields [(s)]", Expect::Pass),
        ("/Action /Include /Fields [(so.con)]", Expect::Pass),
        ("/Action /Exclude /Fields [(so)]", Expect::Pass),
        ("/Action /Unknown", FORMAT),
    ] {
        let file = locking(lock);
        row.case(lock, &filled(&file).build(&file), expect);
    }
    // The appearance alone, no value.
    let file = locking("/Action /Include /Fields [(so)]");
    let look = patched(
        &current(&file, TEXT_FIELD),
        "/N 22 0 R",
        &format!("/N {} 0 R", size(&file)),
    );
    let tail = Tail::new()
        .object(TEXT_FIELD, look)
        .object(size(&file), xobject(b"9"));
    row.case(
        "locked field shows something else",
        &tail.build(&file),
        FORMAT,
    );
    // The lock of the signature field itself.
    let mut by_field = ByHand::new();
    for (number, body) in &mut by_field.tail.objects {
        if *number == 40 {
            *body = patched(
                body,
                "/V 41 0 R",
                "/V 41 0 R /Lock << /Type /SigFieldLock /Action /Include /Fields [(so)] >>",
            );
        }
    }
    let file = by_field.build();
    row.case("/Lock", &filled(&file).build(&file), FORMAT);
    // Signing an empty field that is locked.
    let locked = locking("/Action /Include /Fields [(ky)]");
    let mut plan = Plan::default();
    plan.field = Field::Existing("ky".to_owned());
    assert!(
        signer(&PKI.agency).sign(&locked, &plan, at()).is_err(),
        "V078: signing refuses"
    );
    row.finish();
}

/// V054, R10.
#[test]
fn a43_recycled_signature() {
    let mut row = Row::new("A43");
    // The signature object stands in the base document already; the later revision only points to it.
    let file = ByHand::new().build();
    let number = size(&file);
    let page = edited(&file, PAGE, "40 0 R]", &format!("40 0 R {number} 0 R]"));
    let form = edited(&file, FORM, "40 0 R]", &format!("40 0 R {number} 0 R]"));
    let tail = Tail::new().object(PAGE, page).object(FORM, form).object(
        number,
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T (B) /Rect [72 690 272 720] /F 4 /P 3 0 R /V 41 0 R >>",
    );
    row.case(
        "a second field with the same value",
        &tail.build(&file),
        FORMAT,
    );
    let empty = edited(&file, EMPTY_FIELD, "/FT /Sig", "/FT /Sig /V 41 0 R");
    row.case(
        "an empty field with the same value",
        &Tail::new().object(EMPTY_FIELD, empty).build(&file),
        FORMAT,
    );
    // Signed object without a field at first: added to a field later.
    let mut orphan = ByHand::new();
    orphan
        .tail
        .objects
        .retain(|(number, _)| *number != PAGE && *number != FORM && *number != 40);
    let file = orphan.build();
    let later = {
        let ByHand { tail, .. } = ByHand::new();
        tail.build(&file)
    };
    row.case("a field that comes later", &later, FORMAT);
    row.finish();
}

/// A security store in the catalog with `members`.
fn with_store(file: &[u8], store: &str) -> Tail {
    let catalog = current(file, CATALOG);
    let text = String::from_utf8_lossy(&catalog).into_owned();
    assert!(!text.contains("/DSS"));
    Tail::new().object(
        CATALOG,
        text.replace("/Pages 2 0 R", &format!("/Pages 2 0 R /DSS {store}")),
    )
}

fn der_stream() -> Vec<u8> {
    stream("", PKI.issuing.certificate())
}

/// V063, V064, V066: permitted for every signature, P 1 too.
#[test]
fn a44_security_store() {
    let mut row = Row::new("A44");
    for (name, file) in [
        ("approval", signed()),
        ("P 1", certified(Permission::NoChanges)),
        ("P 2", certified(Permission::FormFilling)),
    ] {
        let number = size(&file);
        let vri = "0123456789ABCDEF0123456789ABCDEF01234567";
        let store = format!(
            "<< /Type /DSS /Certs [{number} 0 R] /CRLs [{} 0 R] /VRI << /{vri} << /Cert [{number} 0 R] /TU (D:20260504100201Z) >> >> >>",
            number + 1
        );
        let once = with_store(&file, &store)
            .object(number, der_stream())
            .object(number + 1, stream("", &PKI.issuing_crl))
            .build(&file);
        row.level(
            &format!("{name}: store"),
            &once,
            Expect::Pass,
            L::LtaUpdates,
        );
        let by_reference = with_store(&file, &format!("{number} 0 R"))
            .object(number, format!("<< /Certs {} 0 R >>", number + 1))
            .object(number + 1, format!("[{} 0 R]", number + 2))
            .object(number + 2, der_stream());
        let first = by_reference.build(&file);
        row.level(
            &format!("{name}: store by reference"),
            &first,
            Expect::Pass,
            L::LtaUpdates,
        );
        let streamed = by_reference.clone().xref_stream(number + 3).build(&file);
        row.level(
            &format!("{name}: store, stream"),
            &streamed,
            Expect::Pass,
            L::LtaUpdates,
        );
        // And once more.
        let next = number + 10;
        let grown = Tail::new()
            .object(
                number,
                format!("<< /Certs {} 0 R /CRLs [{next} 0 R] >>", number + 1),
            )
            .object(number + 1, format!("[{} 0 R {} 0 R]", number + 2, next + 1))
            .object(next, stream("", &PKI.root_crl))
            .object(next + 1, stream("", PKI.root.certificate()))
            .build(&first);
        row.level(
            &format!("{name}: store twice"),
            &grown,
            Expect::Pass,
            L::LtaUpdates,
        );
    }
    row.finish();
}

/// V062, V063.
#[test]
fn a45_store_with_what_does_not_belong_there() {
    let mut row = Row::new("A45");
    let file = signed();
    let number = size(&file);
    let member = |dictionary: &str| stream(dictionary, PKI.issuing.certificate());
    for (name, store, body) in [
        (
            "extra key",
            format!("<< /Certs [{number} 0 R] /Page {number} 0 R >>"),
            der_stream(),
        ),
        (
            "no stream",
            format!("<< /Certs [{number} 0 R] >>"),
            b"<< >>".to_vec(),
        ),
        (
            "direct member",
            format!("<< /Certs [(x)] /CRLs [{number} 0 R] >>"),
            der_stream(),
        ),
        (
            "form as a member",
            format!("<< /Certs [{number} 0 R] >>"),
            member("/Type /XObject /Subtype /Form"),
        ),
        (
            "list is none",
            format!("<< /Certs {number} 0 R >>"),
            der_stream(),
        ),
        (
            "VRI key",
            format!("<< /VRI << /Name << /Cert [{number} 0 R] >> >> >>"),
            der_stream(),
        ),
        (
            "VRI entry",
            format!(
                "<< /VRI << /0123456789ABCDEF0123456789ABCDEF01234567 << /X {number} 0 R >> >> >>"
            ),
            der_stream(),
        ),
        (
            "store is no dictionary",
            format!("[{number} 0 R]"),
            der_stream(),
        ),
    ] {
        let tail = with_store(&file, &store).object(number, body);
        row.level(name, &tail.build(&file), FORMAT, L::Other);
    }
    let store = format!("<< /Certs [{number} 0 R] >>");
    let good = with_store(&file, &store)
        .object(number, der_stream())
        .build(&file);
    row.level(
        "a member replaced",
        &Tail::new()
            .object(number, stream("", PKI.root.certificate()))
            .build(&good),
        FORMAT,
        L::Other,
    );
    let catalog = edited(&good, CATALOG, &format!("/DSS {store}"), "");
    row.level(
        "store removed",
        &Tail::new().object(CATALOG, catalog).build(&good),
        FORMAT,
        L::Other,
    );
    // An entry for one signature. NOTE: the catalogue has every changed one fail; pyHanko's own
    // renewals write an entry anew with what they fetched last, and leave everything in the store.
    // So: nothing that an entry listed leaves the store, and nothing outside it is listed.
    let vri = "0123456789ABCDEF0123456789ABCDEF01234567";
    let entry = |store: &str, one: &str| {
        format!(
            "<< /Certs [{store}] /VRI << /{vri} << /Cert [{one}] /TU (D:20260504100201Z) >> >> >>"
        )
    };
    let (one, other) = (format!("{number} 0 R"), format!("{} 0 R", number + 1));
    let both = format!("{one} {other}");
    let was = entry(&both, &one);
    let with_entry = with_store(&file, &was)
        .object(number, der_stream())
        .object(number + 1, stream("", PKI.root.certificate()))
        .build(&file);
    for (name, is, passes) in [
        ("entry grows", entry(&both, &both), true),
        ("entry shrinks, the store keeps", entry(&both, ""), true),
        ("entry with another member", entry(&both, &other), true),
        ("entry written as it was", entry(&one, &one), true),
        ("entry with no stream", entry(&both, "(x)"), false),
        ("entry and store shrink", entry(&other, ""), false),
        (
            "entry lists what the store does not",
            entry(&one, &both),
            false,
        ),
        (
            "another date",
            was.replace("D:20260504", "D:20250504"),
            false,
        ),
        ("no date", was.replace("/TU (D:20260504100201Z)", ""), false),
        (
            "entry removed",
            format!("<< /Certs [{both}] /VRI << >> >>"),
            false,
        ),
        (
            "entry under another name",
            was.replace(vri, &vri.replace('0', "F")),
            false,
        ),
        ("entries removed", format!("<< /Certs [{both}] >>"), false),
    ] {
        let catalog = edited(&with_entry, CATALOG, &was, &is);
        let tail = Tail::new().object(CATALOG, catalog);
        let (expect, level) = match passes {
            true => (Expect::Pass, L::LtaUpdates),
            false => (FORMAT, L::Other),
        };
        row.level(name, &tail.build(&with_entry), expect, level);
    }
    row.finish();
}

/// The base document with these objects changed, signed by hand in the field that was there.
fn signed_with(change: impl Fn(&mut std::collections::BTreeMap<u32, Vec<u8>>)) -> Vec<u8> {
    let mut all = objects();
    change(&mut all);
    let mut file = ByHand::new();
    let field = patched(&all[&EMPTY_FIELD], "/P 3 0 R", "/P 3 0 R /V 61 0 R");
    file.document = super::build::file(&all);
    file.tail = Tail::new().object(EMPTY_FIELD, field);
    file.value = 61;
    file.build()
}

fn replace(object: &[u8], from: &str, to: &str) -> Vec<u8> {
    patched(object, from, to)
}

/// V065, V066: what a later field cannot bring along or bring into view, when the signed file was
/// prepared for it.
#[test]
fn err_a_field_is_no_page_no_file_and_no_hidden_stock() {
    let mut row = Row::new("fields");
    // One array is the list of fields and the list of pages.
    let shared = signed_with(|all| {
        let form = all.get_mut(&FORM).unwrap();
        *form = replace(form, "[8 0 R 9 0 R 17 0 R]", "50 0 R");
        let pages = all.get_mut(&PAGES).unwrap();
        *pages = replace(pages, "[3 0 R]", "50 0 R");
        all.insert(50, b"[3 0 R 9 0 R]".to_vec());
        let stock = "<< /Type /Page /Parent 2 0 R /Contents 52 0 R /Resources << >> >>";
        all.insert(51, stock.as_bytes().to_vec());
        all.insert(52, stream("", b"BT (Pay 900 VND) Tj ET"));
    });
    row.case("as prepared", &shared, Expect::Pass);
    let list = "[3 0 R 9 0 R 51 0 R]";
    row.level(
        "a page in stock becomes a field",
        &Tail::new().object(50, list).build(&shared),
        FORMAT,
        L::Other,
    );
    let number = size(&shared) + 1;
    let page =
        "<< /FT /Sig /T (late) /Type /Page /Parent 2 0 R /Contents 52 0 R /Resources << >> >>";
    let list = format!("[3 0 R 9 0 R {number} 0 R]");
    row.level(
        "a new page is a field",
        &Tail::new()
            .object(50, list)
            .object(number, page)
            .build(&shared),
        FORMAT,
        L::Other,
    );
    // A field that is another kind of annotation, with what it carries.
    let file = signed();
    let number = size(&file);
    for (name, keys) in [
        (
            "attachment",
            "/Subtype /FileAttachment /FS << /Type /Filespec /F (x) >>",
        ),
        ("media", "/Subtype /RichMedia"),
        ("stamp", "/Subtype /Stamp"),
        ("page", "/Type /Page"),
        ("kid of another field", "/Subtype /Widget /Parent 8 0 R"),
        ("widget", "/Type /Annot /Subtype /Widget"),
    ] {
        let annots = edited(&file, PAGE, "17 0 R", &format!("17 0 R {number} 0 R"));
        let form = edited(&file, FORM, "17 0 R", &format!("17 0 R {number} 0 R"));
        let field = format!("<< /FT /Sig /T (late) {keys} /Rect [0 0 0 0] /F 132 /P 3 0 R >>");
        let tail = Tail::new()
            .object(PAGE, annots)
            .object(FORM, form)
            .object(number, field);
        let (expect, level) = match name {
            "widget" => (Expect::Pass, L::LtaUpdates),
            "stamp" => (FORMAT, L::Annotations),
            _ => (FORMAT, L::Other),
        };
        row.level(name, &tail.build(&file), expect, level);
    }
    // An empty field that no page shows, with a picture; later the page shows it.
    let hidden = signed_with(|all| {
        let form = all.get_mut(&FORM).unwrap();
        *form = replace(form, "17 0 R]", "17 0 R 50 0 R]");
        let field = "<< /Type /Annot /Subtype /Widget /FT /Sig /T (stock) /Rect [72 690 272 720] /F 4 /P 3 0 R /AP << /N 11 0 R >> >>";
        all.insert(50, field.as_bytes().to_vec());
    });
    row.case("hidden field", &hidden, Expect::Pass);
    let annots = edited(&hidden, PAGE, "17 0 R", "17 0 R 50 0 R");
    row.level(
        "hidden field shown",
        &Tail::new().object(PAGE, annots).build(&hidden),
        FORMAT,
        L::Other,
    );
    row.finish();
}

/// V061: what leads to something else than before, or shows twice what was shown once.
#[test]
fn err_old_objects_in_new_places() {
    let file = signed_with(|_| {});
    let mut row = Row::new("places");
    let info = Tail::new().trailer.replace("/Info 7", "/Info 3");
    row.level(
        "information is the page",
        &Tail::new().trailer(&info).build(&file),
        FORMAT,
        L::Other,
    );
    let twice = edited(&file, PAGE, "17 0 R", "17 0 R 17 0 R");
    row.level(
        "an annotation listed twice",
        &Tail::new().object(PAGE, twice).build(&file),
        FORMAT,
        L::Other,
    );
    let moved = edited(&file, PAGE, "8 0 R 9 0 R", "9 0 R 8 0 R");
    row.level(
        "annotations in another order",
        &Tail::new().object(PAGE, moved).build(&file),
        FORMAT,
        L::Other,
    );
    row.finish();
    // A note that no page listed, in a document that lets notes be added.
    let mut policy = Policy::official();
    policy.changes = ChangeAllowance::Annotations;
    let mut row = Row::with("notes", with_policy(policy));
    let stocked = signed_with(|all| {
        let note = "<< /Type /Annot /Subtype /FreeText /Rect [72 690 272 720] /Contents (900) >>";
        all.insert(50, note.as_bytes().to_vec());
    });
    for (name, number, expect) in [("stock", 50, FORMAT), ("new", 70, Expect::Pass)] {
        let annots = edited(&stocked, PAGE, "17 0 R", &format!("17 0 R {number} 0 R"));
        let mut tail = Tail::new().object(PAGE, annots);
        if number == 70 {
            tail = tail.object(70, current(&stocked, 50));
        }
        row.case(name, &tail.build(&stocked), expect);
    }
    row.finish();
}

/// V058: programs that look for a number in an object stream and not at its index could find the
/// other one.
#[test]
fn err_an_object_stream_with_two_versions() {
    let file = signed();
    let mut row = Row::new("versions");
    let page = current(&file, PAGE);
    let evil = edited(&file, PAGE, "/Type /Page", "/Type /Page /Rotate 180");
    let number = size(&file);
    let container = |items: &[(u32, &[u8])]| {
        let (mut head, mut body) = (String::new(), Vec::new());
        for (number, text) in items {
            head.push_str(&format!("{number} {} ", body.len()));
            body.extend_from_slice(text);
            body.push(b' ');
        }
        let keys = format!("/Type /ObjStm /N {} /First {}", items.len(), head.len());
        stream(&keys, &[head.as_bytes(), &body].concat())
    };
    for (name, items, inside, expect) in [
        ("the same", &[(PAGE, &page[..])][..], vec![0], Expect::Pass),
        (
            "the same, then another",
            &[(PAGE, &page[..]), (PAGE, &evil)],
            vec![0],
            FORMAT,
        ),
        (
            "another, then the same",
            &[(PAGE, &evil[..]), (PAGE, &page)],
            vec![1],
            FORMAT,
        ),
        (
            "one that is not listed",
            &[(PAGE, &evil[..])],
            vec![],
            FORMAT,
        ),
    ] {
        let mut tail = Tail::new()
            .object(number, container(items))
            .xref_stream(number + 1);
        tail.inside = inside.iter().map(|at| (PAGE, number, *at)).collect();
        row.case(name, &tail.build(&file), expect);
    }
    row.finish();
}

/// V058: an object under another generation is another object, although its text is the same.
#[test]
fn err_the_same_object_under_another_generation() {
    let file = signed();
    let mut row = Row::new("generation");
    for number in [CONTENT, OVERLAY, FONT] {
        let mut out = file.clone();
        let place = out.len();
        out.extend_from_slice(format!("{number} 1 obj\n").as_bytes());
        out.extend_from_slice(&current(&file, number));
        let table = out.len() + 8;
        let (prev, size) = (startxref(&file), size(&file));
        let trailer = Tail::new().trailer;
        out.extend_from_slice(
            format!("\nendobj\nxref\n{number} 1\n{place:010} 00001 n \ntrailer\n<< /Size {size} {trailer} /Prev {prev} >>\nstartxref\n{table}\n%%EOF\n")
                .as_bytes(),
        );
        row.case(&format!("object {number}"), &out, FORMAT);
    }
    row.finish();
}

/// V063, V066.
#[test]
fn a46_second_approval() {
    let mut row = Row::new("A46");
    let first = signed();
    let mut existing = Plan::default();
    existing.field = Field::Existing("ky".to_owned());
    row.all(
        "existing field",
        &sign_second(&first, &existing),
        Expect::Pass,
        2,
    );
    row.all(
        "new invisible field",
        &sign_second(&first, &in_new_field("B")),
        Expect::Pass,
        2,
    );
    row.all(
        "new visible field",
        &sign_second(&first, &visible("B")),
        Expect::Pass,
        2,
    );
    let three = sign_new(&sign_second(&first, &existing), "D");
    row.all("three", &three, Expect::Pass, 3);
    let mut prepared = in_new_field("C");
    prepared.certify = Some(Permission::FormFilling);
    prepared.empty_fields = vec![EmptyField {
        name: "cho".to_owned(),
        page: 0,
        rectangle: PLACE,
    }];
    let certified = sign(&base(), &prepared);
    let mut fill = Plan::default();
    fill.field = Field::Existing("cho".to_owned());
    row.all(
        "prepared field after P 2",
        &sign_second(&certified, &fill),
        Expect::Pass,
        2,
    );
    row.finish();
}

/// V064.
#[test]
fn a47_signature_after_certification_p1() {
    let mut row = Row::new("A47");
    let first = certified(Permission::NoChanges);
    assert!(
        signer(&PKI.agency)
            .sign(&first, &in_new_field("B"), at())
            .is_err(),
        "V078: signing refuses"
    );
    let mut second = ByHand::new();
    second.tail.objects[0].1 = patched(&current(&first, PAGE), "/Annots [", "/Annots [40 0 R ");
    second.tail.objects[1].1 = patched(&current(&first, FORM), "/Fields [", "/Fields [40 0 R ");
    second.document = first;
    let file = second.build();
    row.signature("certification", &file, 0, FORMAT, Some(L::Signing));
    row.signature("the later one", &file, 1, Expect::Pass, None);
    row.finish();
}

/// V069: a comparison that reaches a limit has not run, and the signature does not pass.
#[test]
fn a_comparison_that_reaches_a_limit_does_not_pass() {
    let file = signed();
    let extensions = format!("/Pages 2 0 R /Extensions << /KYSO [{}] >>", "1 ".repeat(50));
    let catalog = edited(&file, CATALOG, "/Pages 2 0 R", &extensions);
    let later = Tail::new().object(CATALOG, catalog).build(&file);
    let verify = |nodes: usize| {
        let mut limits = kyso::limits::Limits::default();
        limits.tree_nodes = nodes;
        verifier().with_limits(limits).verify(&later, at()).unwrap()
    };
    assert_eq!(verify(60).indication, kyso::Indication::TotalPassed);
    let report = verify(20);
    assert_ne!(report.indication, kyso::Indication::TotalPassed);
    let changes = &report.signatures[0].changes;
    assert_eq!(
        (changes.level, changes.permitted),
        (None, None),
        "not known"
    );
}

/// The base document with other fields and another form, signed.
fn signed_form(form: &str, field: &str, permission: Permission) -> Vec<u8> {
    let mut all = objects();
    all.insert(FORM, form.as_bytes().to_vec());
    all.insert(TEXT_FIELD, field.as_bytes().to_vec());
    let mut plan = in_new_field("C");
    plan.certify = Some(permission);
    sign(&file(&all), &plan)
}

/// V065: defaults of the form may come where none were, when nothing that was there leans on them.
#[test]
fn a40_form_defaults_added() {
    let mut row = Row::new("A40 added");
    let bare = "<< /Fields [8 0 R 9 0 R 17 0 R] >>";
    let text = |more: &str| {
        format!(
            "<< /Type /Annot /Subtype /Widget /FT /Tx /T (so) /Rect [72 600 172 620] /F 4 /P 3 0 R {more} >>"
        )
    };
    let added = |file: &[u8], more: &str| {
        let form = edited(file, FORM, "/Fields", &format!("{more} /Fields"));
        Tail::new().object(FORM, form).build(file)
    };
    let (da, dr, q) = (
        "/DA (/H 20 Tf 0 g)",
        "/DR << /Font << /H << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
        "/Q 2",
    );
    let own = "/V (15) /DA (/F1 9 Tf) /Q 0 /AP << /N 22 0 R >>";
    for (name, more, key, fits) in [
        ("no look of its own", "/V (15)", da, false),
        (
            "no look of its own, font",
            "/V (15) /DA (/H 9 Tf)",
            dr,
            false,
        ),
        (
            "no default of its own",
            "/V (15) /AP << /N 22 0 R >>",
            da,
            false,
        ),
        (
            "no alignment of its own",
            "/V (15) /DA (/H 9 Tf) /AP << /N 22 0 R >>",
            q,
            false,
        ),
        ("all of its own, appearance string", own, da, true),
        ("all of its own, fonts", own, dr, true),
        ("all of its own, alignment", own, q, true),
        ("nothing to show", "", da, true),
    ] {
        for permission in [Permission::NoChanges, Permission::FormFilling] {
            let file = signed_form(bare, &text(more), permission);
            match fits {
                true => row.case(name, &added(&file, key), Expect::Pass),
                false => row.level(name, &added(&file, key), FORMAT, L::Other),
            }
        }
    }
    // Looks are made anew: what a field brings does not count.
    let anew = signed_form(
        "<< /Fields [8 0 R 9 0 R 17 0 R] /NeedAppearances true >>",
        &text(own),
        Permission::NoChanges,
    );
    row.level("made anew", &added(&anew, dr), FORMAT, L::Other);
    row.finish();
}

/// A new field `D`, filled with a value of `kind` that does not hold: only how far the change goes
/// is looked at.
fn with_field(file: &[u8], kind: (&str, &str), widget: &str, look: &[u8]) -> Vec<u8> {
    let mut hand = ByHand::new()
        .dictionary("/Type /Sig", kind.0)
        .dictionary("ETSI.CAdES.detached", kind.1);
    hand.tail = Tail::new()
        .object(PAGE, edited(file, PAGE, "/Annots [", "/Annots [60 0 R "))
        .object(FORM, edited(file, FORM, "/Fields [", "/Fields [60 0 R "))
        .object(60, format!("<< /Type /Annot /Subtype /Widget /FT /Sig /T (D) /F 4 /P 3 0 R /V 61 0 R {widget} >>"))
        .object(62, look);
    hand.document = file.to_vec();
    hand.value = 61;
    hand.build()
}

const STAMP: (&str, &str) = ("/Type /DocTimeStamp", "ETSI.RFC3161");
const PERSON: (&str, &str) = ("/Type /Sig", "ETSI.CAdES.detached");

/// V063: a time-stamp is evidence, and what is evidence shows nothing; what counts as invisible
/// cannot be drawn, whatever program shows it.
#[test]
fn a44_a_field_shows_no_more_than_it_says() {
    let mut row = Row::new("A44 looks");
    let file = certified(Permission::NoChanges);
    let form = |more: &str| {
        stream(
            &format!("/Type /XObject /Subtype /Form {more}"),
            b"0 0 400 300 re f",
        )
    };
    let blank = |more: &str| {
        stream(
            &format!("/Type /XObject /Subtype /Form {more}"),
            b"% blank\nq Q",
        )
    };
    let (boxed, flat, none) = ("/BBox [0 0 400 300]", "/BBox [0 0 0 0]", "");
    let point = "/Rect [0 0 0 0] /AP << /N 62 0 R >>";
    let place = "/Rect [72 690 272 720] /AP << /N 62 0 R >>";
    for (name, kind, widget, look, level) in [
        (
            "invisible, no look",
            STAMP,
            "/Rect [0 0 0 0]",
            blank(none),
            L::LtaUpdates,
        ),
        ("invisible, blank", STAMP, point, blank(none), L::LtaUpdates),
        ("invisible, flat", STAMP, point, form(flat), L::LtaUpdates),
        ("invisible, not bounded", STAMP, point, form(none), L::Other),
        (
            "invisible, larger than its place",
            STAMP,
            point,
            form(boxed),
            L::Other,
        ),
        (
            "invisible, bounds that are no numbers",
            STAMP,
            point,
            form("/BBox [0 0 /a 0]"),
            L::Other,
        ),
        (
            "invisible, in a state",
            STAMP,
            "/Rect [0 0 0 0] /AS /A /AP << /N << /A 62 0 R >> >>",
            form(none),
            L::Other,
        ),
        (
            "thin",
            STAMP,
            "/Rect [0 150 400 150] /AP << /N 62 0 R >>",
            form(boxed),
            L::Other,
        ),
        (
            "no rectangle",
            STAMP,
            "/AP << /N 62 0 R >>",
            form(boxed),
            L::Other,
        ),
        ("seen, blank", STAMP, place, blank(boxed), L::Signing),
        ("seen, drawn", STAMP, place, form(boxed), L::Other),
        ("a person, seen", PERSON, place, form(boxed), L::Signing),
        (
            "a person, seen, not bounded",
            PERSON,
            place,
            form(none),
            L::Other,
        ),
        (
            "a person, invisible, not bounded",
            PERSON,
            point,
            form(none),
            L::Other,
        ),
    ] {
        row.level(name, &with_field(&file, kind, widget, &look), FORMAT, level);
    }
    row.finish();
}

/// V065: a filled field draws inside its rectangle.
#[test]
fn a28_a_filled_field_draws_in_its_place() {
    let mut row = Row::new("A28 place");
    let text = |place: &str| {
        format!(
            "<< /Type /Annot /Subtype /Widget /FT /Tx /T (so) /V (15) /Rect {place} /F 4 /P 3 0 R /AP << /N 22 0 R >> >>"
        )
    };
    let bare = "<< /Fields [8 0 R 9 0 R 17 0 R] >>";
    for (name, place, bounds, fits) in [
        ("bounded", "[72 600 172 620]", "/BBox [0 0 100 20]", true),
        ("not bounded", "[72 600 172 620]", "", false),
        ("no place, not bounded", "[0 0 0 0]", "", false),
        (
            "no place, bounds with area",
            "[0 0 0 0]",
            "/BBox [0 0 100 20]",
            false,
        ),
        (
            "no place, bounds without",
            "[0 0 0 0]",
            "/BBox [0 0 0 0]",
            true,
        ),
    ] {
        let file = signed_form(bare, &text(place), Permission::FormFilling);
        let look = stream(
            &format!("/Type /XObject /Subtype /Form {bounds}"),
            b"BT (99) Tj ET",
        );
        let field = edited(&file, TEXT_FIELD, "/V (15)", "/V (99)");
        let tail = Tail::new()
            .object(TEXT_FIELD, patched(&field, "/N 22 0 R", "/N 60 0 R"))
            .object(60, look)
            .build(&file);
        match fits {
            true => row.level(name, &tail, Expect::Pass, L::FormFilling),
            false => row.level(name, &tail, FORMAT, L::Other),
        }
    }
    row.finish();
}

/// V064: what the certification grants is granted for the document, to those who sign after it too.
#[test]
fn a28_filled_after_a_certification_and_an_approval() {
    let mut row = Row::new("A28 certified, approved");
    let p2 = sign_second(&certified(Permission::FormFilling), &in_new_field("B"));
    row.all("P 2", &filled(&p2).build(&p2), Expect::Pass, 2);
    let p1 = sign_new(&signed(), "B");
    row.all("no certification", &filled(&p1).build(&p1), FORMAT, 2);
    row.finish();
}

/// V063: a field that is added empty and signed by the next is a field that is added signed.
#[test]
fn a46_field_added_empty_and_signed_later() {
    let mut row = Row::new("A46 in two steps");
    let empty = with_visible_field(&signed(), "B");
    let mut plan = Plan::default();
    plan.field = Field::Existing("B".to_owned());
    row.all("signed", &sign_second(&empty, &plan), Expect::Pass, 2);
    row.case("left empty", &empty, FORMAT);
    row.finish();
}

/// V061: the code over an encrypted document is renewed with each update; it does not come, go or
/// turn into something else.
#[test]
fn a50_authentication_code_renewed() {
    let mut row = Row::new("A50 code");
    let plain = Tail::new().trailer;
    let old = format!("{plain} /AuthCode << /MACLocation /Standalone /MAC <00> >>");
    let mut hand = ByHand::new();
    hand.tail = hand.tail.trailer(&old);
    let file = hand.build();
    for (name, code, fits) in [
        (
            "renewed",
            "/AuthCode << /MACLocation /Standalone /MAC <01> /ByteRange [0 9 12 4] >>",
            true,
        ),
        (
            "at the signature",
            "/AuthCode << /MACLocation /AttachedToSig /SigObjRef 41 0 R >>",
            true,
        ),
        ("gone", "", false),
        (
            "another key",
            "/AuthCode << /MACLocation /Standalone /MAC <01> /X 4 0 R >>",
            false,
        ),
        (
            "another place",
            "/AuthCode << /MACLocation /X /MAC <01> >>",
            false,
        ),
    ] {
        let tail = Tail::new().trailer(&format!("{plain} {code}")).build(&file);
        match fits {
            true => row.case(name, &tail, Expect::Pass),
            false => row.level(name, &tail, FORMAT, L::Other),
        }
    }
    let none = ByHand::new().build();
    row.level(
        "added",
        &Tail::new().trailer(&old).build(&none),
        FORMAT,
        L::Other,
    );
    row.finish();
}
