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

SHOW = b"q 2 0 0 2 1 1 cm BT /A 9 Tf 5 TL <00010002> Tj [<0009> -20 <000a>] TJ T* /B 9 Tf 1 Tc (ab) ' 1 2 (c) \" ET Q"
MAP = b"\n%%map\n1 beginbfchar <0001> <1EC4> endbfchar 2 beginbfrange <0002> <0004> <0041> <0009> <000a> [<0061> <0062>] endbfrange"
write("page_text", "plain", SHOW + MAP)
write("page_text", "form", b"/X Do " + SHOW)
write("page_text", "image", b"BI /W 1 /H 1 ID \1EIx EI BT /C 1 Tf (a) Tj ET")
write("page_text", "large-map", SHOW + b"\n%%map\n1 beginbfrange <00000000> <ffffffff> <0041> endbfrange")
write("page_text", "unfinished", b"q q q BT /A 1e9 Tf [(a) (b")


def png(kind, width, height, depth, data, more=b""):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", flat(data)) + chunk(b"IEND", b"")


def jpeg(components, more=b""):
    frame = struct.pack(">BHHB", 8, 20, 40, components)
    return b"\xff\xd8" + more + b"\xff\xc0\0\x08" + frame + b"\xff\xda\0\2\1\2\xff\xd9"


PLTE = b"\0\0\0\6PLTE\1\2\3\0\0\xc8" + struct.pack(">I", zlib.crc32(b"PLTE\1\2\3\0\0\xc8"))
write("image", "transparent", png(6, 2, 1, 8, b"\0\0\0\xc8\xff\0\0\xc8\x40"))
write("image", "palette", png(3, 2, 1, 1, b"\0\x40", PLTE))
write("image", "sixteen-bits", png(2, 1, 1, 16, b"\0\0\1\0\2\xc8\3"))
write("image", "huge", png(0, 0x7FFFFFFF, 0x7FFFFFFF, 8, b"\0"))
write("image", "jpeg", jpeg(3))
write("image", "cmyk", jpeg(4, b"\xff\xee\0\x0eAdobe\0d\0\0\0\0\2"))

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
