#!/usr/bin/env python3
"""Writes the seeds of the CRL, OCSP and time-stamp targets, beside this file. Deterministic."""
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


def name(text):
    return sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(0x0C, text.encode()))))


def extension(kind, value, critical=False):
    return sequence(oid(kind), b"\1\1\xff" if critical else b"", tlv(4, value))


def general(text):
    return tlv(0xA4, name(text))


ecdsa = sequence(oid("1.2.840.10045.4.3.2"))
sha256 = sequence(oid("2.16.840.1.101.3.4.2.1"))
signature = tlv(3, b"\0", sequence(tlv(2, b"\1"), tlv(2, b"\1")))
now, later = tlv(0x17, b"260101000000Z"), tlv(0x17, b"260201000000Z")
exact, exact_later = tlv(0x18, b"20260101000000Z"), tlv(0x18, b"20260201000000Z")


def entry(serial, *extensions):
    return sequence(tlv(2, serial), now, sequence(*extensions) if extensions else b"")


def crl(version, entries, *extensions):
    tbs = sequence(
        tlv(2, b"\1") if version == 2 else b"", ecdsa, name("CA"), now, later,
        sequence(*entries) if entries else b"",
        tlv(0xA0, sequence(*extensions)) if extensions else b"",
    )
    return sequence(tbs, ecdsa, signature)


reason = extension("2.5.29.21", b"\x0a\1\1")
invalid = extension("2.5.29.24", exact)
issuer = extension("2.5.29.29", sequence(general("other")), True)
number = extension("2.5.29.20", b"\2\1\5")
key = extension("2.5.29.35", sequence(tlv(0x80, b"key")))
full = tlv(0xA0, tlv(0xA0, tlv(0x86, b"http://a.example/1.crl")))
relative = tlv(0xA0, tlv(0xA1, sequence(oid("2.5.4.3"), tlv(0x0C, b"1"))))
scopes = {
    "url": sequence(full, b"\x81\1\xff"),
    "relative": sequence(relative),
    "reasons": sequence(tlv(0x83, b"\5\x60")),
    "no-reasons": sequence(tlv(0x83, b"\0")),
    "empty-reasons": sequence(tlv(0x83, b"")),
    "indirect": sequence(b"\x84\1\xff"),
}
write("crl_parse", "version-1", crl(1, [entry(b"\5")]))
write("crl_parse", "entries", crl(2, [entry(b"\7", reason, invalid), entry(b"\5"), entry(b"\1")], number, key))
write("crl_parse", "delta", crl(2, [], number, extension("2.5.29.27", b"\2\1\4", True)))
write("crl_parse", "unknown", crl(2, [], extension("1.2.3", b"\5\0", True)))
for text, scope in scopes.items():
    write("crl_parse", f"scope-{text}", crl(2, [entry(b"\5", issuer)] if text == "indirect" else [],
                                            extension("2.5.29.28", scope, True)))

identifier = sequence(sha256, tlv(4, b"n" * 32), tlv(4, b"k" * 32), tlv(2, b"\5"))
revoked = tlv(0xA1, exact, tlv(0xA0, b"\x0a\1\1"))
single = {
    "good": sequence(identifier, b"\x80\0", exact, tlv(0xA0, exact_later)),
    "unknown": sequence(identifier, b"\x82\0", exact),
    "revoked": sequence(identifier, revoked, exact, tlv(0xA1, sequence(
        extension("1.3.36.8.3.13", sequence(sha256, tlv(4, b"h" * 32))),
        extension("1.3.6.1.5.5.7.48.1.6", exact),
    ))),
}
nonce = tlv(0xA1, sequence(extension("1.3.6.1.5.5.7.48.1.2", tlv(4, b"nonce"))))
for text, answer in single.items():
    by = tlv(0xA1, name("responder")) if text == "good" else tlv(0xA2, tlv(4, b"k" * 20))
    basic = sequence(sequence(by, exact, sequence(answer), nonce), ecdsa, signature)
    whole = sequence(b"\x0a\1\0", tlv(0xA0, sequence(oid("1.3.6.1.5.5.7.48.1.1"), tlv(4, basic))))
    write("ocsp_parse", f"basic-{text}", basic)
    write("ocsp_parse", f"whole-{text}", whole)
write("ocsp_parse", "refused", sequence(b"\x0a\1\6"))

tst = "1.2.840.113549.1.9.16.1.4"


def info(time, *more):
    imprint = sequence(sha256, tlv(4, b"h" * 32))
    return sequence(b"\2\1\1", oid("1.2.3"), imprint, b"\2\1\x4d", tlv(0x18, time), *more)


def token(content):
    attributes = tlv(
        0xA0,
        sequence(oid("1.2.840.113549.1.9.3"), tlv(0x31, oid(tst))),
        sequence(oid("1.2.840.113549.1.9.4"), tlv(0x31, tlv(4, b"d" * 32))),
        sequence(oid("1.2.840.113549.1.9.16.2.47"), tlv(0x31, sequence(sequence(sequence(tlv(4, b"c" * 32)))))),
    )
    signer = sequence(b"\2\1\1", sequence(name("TSA"), b"\2\1\1"), sha256, attributes, ecdsa, tlv(4, b"s"))
    data = sequence(b"\2\1\3", tlv(0x31, sha256), sequence(oid(tst), tlv(0xA0, tlv(4, content))), tlv(0x31, signer))
    return sequence(oid("1.2.840.113549.1.7.2"), tlv(0xA0, data))


plain = info(b"20260101000000Z")
rich = info(
    b"20260101000000.25Z", sequence(b"\2\1\1", b"\x80\1\5"), b"\1\1\xff", b"\2\1\x11",
    tlv(0xA0, general("TSA")), tlv(0xA1, extension("1.2.3", b"\5\0")),
)
write("tst_parse", "info", rich)
write("tst_parse", "token", token(plain))
write("tst_parse", "token-rich", token(rich))
write("tst_parse", "answer", sequence(sequence(b"\2\1\0"), token(plain)))
write("tst_parse", "refusal", sequence(sequence(b"\2\1\2", sequence(tlv(0x0C, b"no")), tlv(3, b"\5\x20"))))
