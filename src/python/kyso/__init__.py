"""Verify signed official PDFs, one by one or by the million.

    import kyso
    report = kyso.verify("signed.pdf", trust="roots.pem", at="2026-11-23T07:00:00Z")
    print(report)

Trust, time and evidence are arguments: no system store, clock or network is read. An exception
(`kyso.Error`) says that a document could not be checked; a bad signature is a report.
"""

from ._kyso import (
    Answer,
    Answers,
    Error,
    Prepared,
    RecordBatches,
    Report,
    Verifier,
    __version__,
    certificates,
    prepare,
)

__all__ = [
    "Answer",
    "Answers",
    "Error",
    "Prepared",
    "RecordBatches",
    "Report",
    "Verifier",
    "__version__",
    "certificates",
    "prepare",
    "verify",
]


def verify(document, trust=None, evidence=None, policy="official", *, at, pool=None, passwords=()):
    """Verify one document: a path, or bytes. For more than one, keep a `Verifier`."""
    return Verifier(trust, evidence, policy, at, pool=pool, passwords=passwords).verify(document)
