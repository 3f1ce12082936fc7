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
    key = lambda case: [case[name] for name in ("trust", "evidence", "policy", "at")]
    for (trust, evidence, policy, at), group in itertools.groupby(cases, key):
        group = list(group)
        verifier = kyso.Verifier(trust, evidence, policy, at)
        answers = verifier.verify_many(case["file"] for case in group)
        for case, many in zip(group, answers, strict=True):
            document = pathlib.Path(case["file"]).read_bytes()
            assert alone(verifier, document) == case["answer"], case["file"]
            assert answer(many.report, many.error) == case["answer"], case["file"]
