#!/usr/bin/env python3
"""Writes the seeds of the certificate and path targets, beside this file. Deterministic."""
import base64

from make_cms import oid, sequence, tlv, write


def name(text):
    return sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(0x0C, text.encode()))))


def extension(kind, value, critical=False):
    return sequence(oid(kind), tlv(1, b"\xff") if critical else b"", tlv(4, value))


def certificate(*extensions):
    algorithm = sequence(oid("1.3.101.112"))
    times = [tlv(0x17, b"200101000000Z"), tlv(0x18, b"20500101000000Z")]
    tbs = sequence(
        tlv(0xA0, tlv(2, b"\2")),
        tlv(2, b"\1"),
        algorithm,
        name("Cơ quan"),
        sequence(*times),
        name("Nguyễn Văn A, B"),
        sequence(algorithm, tlv(3, bytes(33))),
        tlv(0xA3, sequence(*extensions)),
    )
    return sequence(tbs, algorithm, tlv(3, bytes(65)))


dns = lambda text: tlv(0x82, text)
kinds = [
    tlv(0x81, b"a@gov.vn"),
    dns(b"a.gov.vn"),
    tlv(0xA4, name("x")),
    tlv(0x86, b"https://a.gov.vn/"),
    tlv(0x87, b"\x0a\0\0\1"),
]
points = sequence(sequence(tlv(0xA0, tlv(0xA0, tlv(0x86, b"http://a.vn/c.crl"))), tlv(0x81, b"\1\x60")))
full = certificate(
    extension("2.5.29.19", sequence(tlv(1, b"\xff"), tlv(2, b"\1")), True),
    extension("2.5.29.15", tlv(3, b"\1\6"), True),
    extension("2.5.29.37", sequence(oid("1.3.6.1.5.5.7.3.36"))),
    extension("2.5.29.17", sequence(*kinds)),
    extension("2.5.29.14", tlv(4, b"\7" * 20)),
    extension("2.5.29.35", sequence(tlv(0x80, b"\7" * 20), tlv(0xA1, kinds[2]), tlv(0x82, b"\4"))),
    extension("2.5.29.31", points),
    extension("2.5.29.32", sequence(sequence(oid("2.5.29.32.0")))),
    extension("2.5.29.33", sequence(sequence(oid("1.2.3"), oid("1.2.4")))),
    extension("2.5.29.36", sequence(tlv(0x80, b"\0"), tlv(0x81, b"\1"))),
    extension("2.5.29.54", tlv(2, b"\1")),
    extension("1.3.6.1.5.5.7.1.1", sequence(sequence(oid("1.3.6.1.5.5.7.48.1"), kinds[3]))),
    extension("2.16.840.1.113730.1.13", tlv(0x16, b"comment")),
)
pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(full) + b"-----END CERTIFICATE-----\n"
write("cert_parse", "full", full)
write("cert_parse", "bare", certificate(extension("2.5.29.15", tlv(3, b"\6\xc0"), True)))
write("cert_parse", "pem", b"text\n" + pem + pem)
write("cert_parse", "trust", b'{"format":"kyso-trust-1","anchors":[{"sha256":"' + b"07" * 32
      + b'","until":"2030-01-01","constraints":{"permitted":["ip:10.0.0.0/8","dn:C=VN"]}}],'
      + b'"rules":[{"is":"agency","issuer":"CN=a\\\\,b,C=VN"}]}')

subtrees = lambda *bases: b"".join(sequence(base) for base in bases)
network = tlv(0x87, b"\x0a\0\0\0\xff\0\0\0")
bases = [tlv(0x81, b".gov.vn"), dns(b"gov.vn"), tlv(0xA4, sequence()), tlv(0x86, b".gov.vn"), network]
write("name_constraints", "all", sequence(tlv(0xA0, subtrees(*bases))) + sequence(*kinds))
write("name_constraints", "excluded", sequence(tlv(0xA1, subtrees(*bases))) + sequence(*kinds))
write("name_constraints", "wildcard", sequence(tlv(0xA1, subtrees(dns(b"a.gov.vn")))) + sequence(dns(b"*.gov.vn")))

# Subject, issuer, key, kind (1 = limited CA, 2 = CA), path length; the leaf is last.
CHAIN = [(1, 0, 1, 2, 0), (2, 1, 2, 1, 1), (3, 2, 3, 0, 0)]
LOOP = [(a, b, a, 2, 0) for a in range(1, 8) for b in range(1, 8) if a != b] + [(9, 1, 9, 0, 0)]
TWINS = [(1, 1, 1, 2, 0)] * 3 + [(1, 0, k, 2, 0) for k in range(1, 6)] + [(9, 1, 9, 0, 0)]
for label, rows in [("chain", CHAIN), ("loop", LOOP), ("twins", TWINS)]:
    write("path_build", label, bytes(octet for row in rows for octet in row))
