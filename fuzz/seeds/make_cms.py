#!/usr/bin/env python3
"""Writes the seeds of the CMS, BER and key targets, beside this file. Deterministic."""
import pathlib

here = pathlib.Path(__file__).parent


def write(target, name, data):
    folder = here / target
    folder.mkdir(exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data)


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def loose(tag, *parts):
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def sequence(*parts):
    return tlv(0x30, *parts)


def oid(text):
    arcs = [int(arc) for arc in text.split(".")]
    out = b""
    for arc in [40 * arcs[0] + arcs[1], *arcs[2:]]:
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.insert(0, arc & 0x7F | 0x80)
        out += bytes(octets)
    return tlv(6, out)


def attribute(kind, *values):
    return sequence(oid(kind), tlv(0x31, *values))


NULL, INTEGER = tlv(5), tlv(2, b"\x05")
SHA256, SHA384 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2"
DATA, SIGNED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
sha256 = sequence(oid(SHA256), NULL)
rsa = sequence(oid("1.2.840.113549.1.1.11"), NULL)
pss = sequence(
    oid("1.2.840.113549.1.1.10"),
    sequence(
        tlv(0xA0, sequence(oid(SHA384))),
        tlv(0xA1, sequence(oid("1.2.840.113549.1.1.8"), sequence(oid(SHA384)))),
        tlv(0xA2, tlv(2, b"\x30")),
    ),
)
name = sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(12, b"seed"))))
hashed = tlv(4, bytes(32))
pair = sequence(sequence(tlv(0xA4, name)), INTEGER)
signed = [
    attribute("1.2.840.113549.1.9.3", oid(DATA)),
    attribute("1.2.840.113549.1.9.4", hashed),
    attribute("1.2.840.113549.1.9.5", tlv(23, b"260101000000Z")),
    attribute("1.2.840.113549.1.9.52", sequence(sha256, tlv(0xA1, rsa[2:]))),
    attribute("1.2.840.113549.1.9.16.2.12", sequence(sequence(sequence(hashed, pair)))),
    attribute("1.2.840.113549.1.9.16.2.47", sequence(sequence(sequence(sha256, hashed, pair)))),
    attribute("1.2.840.113549.1.9.16.2.15", NULL),
    attribute("1.2.840.113549.1.9.16.2.16", sequence(oid("1.2.840.113549.1.9.16.6.1"))),
    attribute(
        "1.2.840.113583.1.1.8",
        sequence(tlv(0xA0, sequence(sequence())), tlv(0xA1, sequence(sequence()))),
    ),
]
unsigned = tlv(0xA1, attribute("1.2.840.113549.1.9.16.2.14", sequence(oid(SIGNED))))
by_issuer, by_key = sequence(name, INTEGER), tlv(0x80, b"key")
certificate = sequence(sequence(INTEGER), rsa, tlv(3, b"\0\1"))


def signer(sid, attributes, algorithm, more=b""):
    kept = tlv(0xA0, *attributes) if attributes else b""
    return sequence(tlv(2, b"\1"), sid, sha256, kept, algorithm, tlv(4, b"value"), more)


def cms(signer, content=b"", box=tlv):
    return box(
        0x30,
        oid(SIGNED),
        box(
            0xA0,
            box(
                0x30,
                tlv(2, b"\1"),
                tlv(0x31, sha256),
                box(0x30, oid(DATA), content),
                box(0xA0, certificate, tlv(0xA1, b"")),
                tlv(0xA1, sequence(), tlv(0xA1, oid("1.3.6.1.5.5.7.16.2"), sequence())),
                box(0x31, signer),
            ),
        ),
    )


pieces = loose(0xA0, loose(0x24, tlv(4, b"con"), tlv(0x24, tlv(4, b"tent"))))
write("cms_parse", "der", cms(signer(by_issuer, sorted(signed), rsa, unsigned)))
write("cms_parse", "padded", cms(signer(by_key, signed, pss)) + bytes(20))
write("cms_parse", "ber", cms(signer(by_issuer, signed, rsa, unsigned), pieces, loose))
write("cms_parse", "bare", cms(signer(by_issuer, [], rsa), tlv(0xA0, tlv(4, b"content"))))
write("cms_parse", "deep", b"\x30\x80" * 40)
for index, one in enumerate(signed):
    write("signed_attrs", f"attribute-{index}", one)
write("signed_attrs", "sorted", b"".join(sorted(signed)))
write("signed_attrs", "unsorted", b"".join(sorted(signed, reverse=True)))
write("ber", "pieces", pieces)
write("ber", "bits", loose(0x23, tlv(3, b"\0\xaa"), tlv(3, b"\4\xb0")))
write("ber", "set", loose(0x31, INTEGER, NULL, tlv(1, b"\xff")))
write("ber", "length", b"\x30\x83\x00\x00\x02\x05\x00")


def key(algorithm, bits):
    return sequence(sequence(*algorithm), tlv(3, b"\0", bits))


number = tlv(2, b"\0" + b"\x81" * 256)
generator = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
write("spki", "rsa", key([oid("1.2.840.113549.1.1.1"), NULL], sequence(number, tlv(2, b"\1\0\1"))))
write("spki", "pss", key([pss[2:]], sequence(number, tlv(2, b"\3"))))
write("spki", "p256", key([oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")], generator))
write("spki", "ed25519", key([oid("1.3.101.112")], b"\x58" + b"\x66" * 31))
edwards = bytes.fromhex(
    "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
    "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180"
)
write("spki", "ed448", key([oid("1.3.101.113")], edwards))
group = sequence(tlv(2, b"\0" + b"\x81" * 128), tlv(2, b"\0" + b"\x81" * 20), tlv(2, b"\2"))
write("spki", "dsa", key([oid("1.2.840.10040.4.1"), group], tlv(2, b"\4")))
write("spki", "algorithm-pss", pss)
write("spki", "algorithm-shake", sequence(oid("2.16.840.1.101.3.4.2.18"), tlv(2, b"\2\0")))
