"""The table of `tests/bindings.rs`, answered by the package: one by one, and in batches."""

import hashlib
import itertools
import json
import os
import pathlib

import kyso

TABLE = pathlib.Path(os.environ.get("KYSO_CASES", "target/tmp/cases/cases.json"))


def answer(report, error):
    if error is not None:
        return {"kind": error.kind, "text": str(error), "position": error.position}
    return {
        "indication": report.indication,
        "sub_indication": report.sub_indication,
        "signatures": len(report.to_dict()["signatures"]),
        "json_sha256": hashlib.sha256(report.json().encode()).hexdigest(),
    }


def alone(verifier, document):
    try:
        return answer(verifier.verify(document), None)
    except kyso.Error as error:
        return answer(None, error)


def test_ok_every_case_is_answered_as_in_rust():
    cases = json.loads(TABLE.read_text())
    assert len(cases) > 50
    names = ("trust", "evidence", "policy", "at", "pool", "passwords")
    options = [{name: case[name] for name in names} for case in cases]
    # Else nothing shows that they arrive.
    assert any(one["pool"] for one in options) and any(one["passwords"] for one in options)
    key = lambda pair: pair[0]
    for options, group in itertools.groupby(zip(options, cases, strict=True), key):
        group = [case for _, case in group]
        verifier = kyso.Verifier(**options)
        answers = verifier.verify_many(case["file"] for case in group)
        for case, many in zip(group, answers, strict=True):
            document = pathlib.Path(case["file"]).read_bytes()
            assert alone(verifier, document) == case["answer"], case["file"]
            assert answer(many.report, many.error) == case["answer"], case["file"]
