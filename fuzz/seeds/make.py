#!/usr/bin/env python3
"""Writes the seeds of the PDF targets, beside this file. Deterministic."""
import pathlib, struct, zlib

here = pathlib.Path(__file__).parent
PAGE = [
    (1, b"<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R>>"),
    (2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"),
    (3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"),
    (4, b"<</Fields[5 0 R]/SigFlags 3>>"),
    (5, b"<</FT/Sig/T(S)/V 6 0 R>>"),
    (6, b"<</Type/Sig/ByteRange[0 1 2 3]/Contents<0102>>>"),
]


def write(target, name, data):
    folder = here / target
    folder.mkdir(exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data)


def body(objects, start=b"%PDF-1.7\n"):
    data, places = bytearray(start), {}
    for number, text in objects:
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    return data, places


def stream(dictionary, data):
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (dictionary, len(data), data)


def with_table(data, places, extra=b"", free=True):
    start = len(data)
    data += b"xref\n" + (b"0 1\n0000000000 65535 f \n" if free else b"")
    for number, place in places.items():
        data += b"%d 1\n%010d 00000 n \n" % (number, place)
    data += b"trailer\n<</Size 20/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (extra, start)
    return bytes(data), start


def flat(data):
    return zlib.compress(data, 9)


plain, first = with_table(*body(PAGE))
update, places = body([(5, b"<</FT/Sig/T(S)/V null>>"), (7, b"(new)")], plain)
updated, second = with_table(update, places, b"/Prev %d" % first, free=False)
inside = b"1 0 2 44 " + PAGE[0][1] + PAGE[1][1]
data, places = body([(3, PAGE[2][1]), (8, stream(b"/Type/ObjStm/N 2/First 9/Filter/FlateDecode", flat(inside)))])
rows = [(1, 2, 8, 0), (2, 2, 8, 1), (3, 1, places[3], 0), (8, 1, places[8], 0), (9, 1, len(data), 0)]
table = b"".join(b"\2" + struct.pack(">BIH", *row[1:]) for row in rows)
predicted, above = b"", bytes(7)
for at in range(0, len(table), 8):
    row = table[at + 1 : at + 8]
    predicted += b"\2" + bytes((x - y) & 255 for x, y in zip(row, above))
    above = row
index = b" ".join(b"%d 1" % row[0] for row in rows)
head = b"/Type/XRef/W[1 4 2]/Index[%s]/Size 10/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 7>>" % index
start = len(data)
data += b"9 0 obj\n" + stream(head, flat(predicted)) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
for target in ("pdf_open", "revision_split", "incremental_update_reparse"):
    write(target, "table.pdf", plain)
    write(target, "update.pdf", updated)
    write(target, "streams.pdf", bytes(data))
    write(target, "no-table.pdf", plain[:first])

write("xref_table", "plain", b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000051 00000 n \ntrailer<</Size 3/Root 1 0 R>>")
write("xref_table", "large", b"xref\n0 4294967295\n0000000000 65535 f \ntrailer<</Size 2147483648/Root 1 0 R>>")
write("xref_table", "circle", b"xref\n0 1\n0000000000 65535 f \ntrailer<</Size 3/Root 1 0 R/Prev 86>>")
write("xref_stream", "plain", b"/W[1 2 1]/Size 2/Root 1 0 R\n" + bytes([0, 0, 0, 0, 1, 0, 9, 0]))
write("xref_stream", "large", b"/W[8 8 8]/Size 2147483647/Index[0 4294967295]/Root 1 0 R\n\0")
write("xref_stream", "predictor", b"/W[1 2 1]/Size 2/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2147483647/Colors 255/BitsPerComponent 16>>\n" + flat(b"\2abcd"))
write("object_parser", "all-kinds", b"<</A[1 -2.5 +.5 true false null]/B(a(b)\\)\\101)/C<0a 1>/D#20 7 0 R>>")
write("object_parser", "stream", b"1 0 obj<</Length 3>>stream\nabc\nendstream endobj")
write("object_parser", "nested", b"[" * 120 + b"]" * 120)
write("objstm", "two", b"2 9\n1 0 2 44 " + PAGE[0][1] + PAGE[1][1])
write("objstm", "large", b"2147483648 18446744073709551615\n1 0 ")
write("filter_flate", "text", flat(b"some text, some text, some text"))
write("filter_flate", "bomb", flat(bytes(2 << 20)))
write("filter_lzw", "standard", bytes([0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01]))
write("filter_predictor", "png", b"15 1 8 3\n" + bytes([0, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1, 4, 1, 1, 1]))
write("filter_predictor", "tiff", b"2 3 4 5\n" + bytes(range(64)))
write("filter_predictor", "large", b"15 255 16 2147483647\n\1ab")
write("filter_ascii", "base-85", b"87cURD]i,\"Ebo80~>")
write("filter_ascii", "hexadecimal", b"4A 4b 7>")
write("filter_ascii", "runs", b"\x02abc\xfed\x80")

keys = here.parent.parent / "testdata" / "keys"
for name in ("p256", "no-mac", "unencrypted", "legacy"):
    write("pkcs12_open", name, (keys / f"throwaway-{name}.p12").read_bytes())
for name, source in {
    "sec1": "p256.sec1.pem",
    "pkcs1": "rsa.pkcs1.der",
    "encrypted": "rsa.aes256.der",
    "pkcs8": "ed25519.key.pem",
}.items():
    write("pkcs8_open", name, (keys / f"throwaway-{source}").read_bytes())
