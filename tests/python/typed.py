"""Uses of the package that a type checker must accept; it is not run."""

import datetime
import pathlib

import kyso


def use(path: pathlib.Path) -> None:
    at = datetime.datetime.now(datetime.timezone.utc)
    report: kyso.Report = kyso.verify(path, trust=[path, b""], at=at)
    indication: str = report.indication
    verifier = kyso.Verifier("roots.pem", policy={"name": "mine"}, at="2026-11-23T07:00:00Z")
    for answer in verifier.verify_many([path, b"", ("name", b"")]):
        if answer.error is not None:
            where: "int | None" = answer.error.position
            print(answer.index, answer.error.kind, where, indication)
    prepared = kyso.prepare(path, "leader.pem", now=at, certify=2)
    signed: bytes = prepared.finish(b"")
    print(signed, kyso.certificates("leader.pem")[0]["sha256"])
