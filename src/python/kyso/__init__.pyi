"""Verify signed official PDFs, one by one or by the million."""

import datetime
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, Union, final

__version__: str

#: What has content: bytes, or the path of a regular file.
Content: TypeAlias = Union[bytes, bytearray, memoryview, str, "os.PathLike[str]"]
#: One content or several; the path of a folder stands for the files in it.
Contents: TypeAlias = Union[Content, Iterable[Content]]
#: One document of many: a content, or its name and the content.
Document: TypeAlias = Union[Content, tuple[Union[str, "os.PathLike[str]"], Content]]
#: A moment: an aware datetime, RFC 3339 text, or seconds since 1970.
Moment: TypeAlias = Union[datetime.datetime, str, int]
#: A profile by name (official, vn-2025, vn-legacy, strict), or a policy as a dictionary.
Policy: TypeAlias = Union[str, Mapping[str, Any]]
Indication: TypeAlias = Literal[
    "TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE", "NO_SIGNATURE_FOUND", "PASSED", "FAILED"
]

class Error(Exception):
    """A check or an operation could not be run."""

    kind: str
    """A stable word, such as not-pdf, password, limit, io, pki, misuse."""
    position: int | None
    """Where, in bytes from the start of the input; None when it has no place."""

@final
class Report:
    """What was found about a document, a certificate or an exchange message."""

    @property
    def indication(self) -> Indication:
        """The main conclusion; of a certificate PASSED, FAILED or INDETERMINATE."""

    @property
    def sub_indication(self) -> str | None:
        """Why, such as HASH_FAILURE; None when it passed or has no such word."""

    def json(self) -> str:
        """Everything; for a document the members of kyso-report-1, but for schema, file and error."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON as a dictionary."""

    def text(self, language: Literal["vi", "en"] = "en") -> str:
        """Sentences."""

    def html(self, language: Literal["vi", "en"] = "en", *, name: str = "") -> str:
        """One page that opens offline and prints; of documents only. Raises Error."""

@final
class Answer:
    """What came of one document of many: a report, or the error that prevented one."""

    @property
    def index(self) -> int:
        """Its place among the documents, from 0."""

    @property
    def path(self) -> str:
        """Its path or name; empty for bytes without a name."""

    @property
    def report(self) -> Report | None: ...
    @property
    def error(self) -> Error | None: ...

@final
class Answers(Iterator[Answer]):
    """The answers, one by one; for one thread at a time."""

    def __iter__(self) -> Answers: ...
    def __next__(self) -> Answer: ...

@final
class RecordBatches:
    """A table with one row a document, which pyarrow, polars and others read once, as a stream.

    Columns and types are those of records.parquet of `kyso archive`.
    """

    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def to_arrow(self) -> Any:
        """A pyarrow.RecordBatchReader over it."""

@final
class Verifier:
    """Whom to trust, what to ask, what is known, and for which moment: made once, used for many,
    shared by threads, but not by processes: after a fork its methods raise Error in the child, which
    makes a new one (a thread that was not copied may have held a lock of this one)."""

    def __init__(
        self,
        trust: Contents | None = None,
        evidence: Contents | None = None,
        policy: Policy | None = None,
        at: Moment | None = None,
        *,
        pool: Contents | None = None,
        passwords: Sequence[str] = (),
        lint: bool = False,
    ) -> None:
        """trust: certificates (PEM, DER, PKCS#7) or trust files; evidence: CRLs, OCSP responses,
        certificates; policy: official unless said; at: needed; pool: certificates between signers
        and anchors; lint: also look for what a signer should have known. Raises Error."""

    @property
    def policy(self) -> str:
        """Name of the policy."""

    def verify(self, document: Content, *, at: Moment | None = None) -> Report:
        """Verify every signature of one document; raises Error when it cannot be checked."""

    def verify_many(
        self,
        documents: Iterable[Document],
        *,
        at: Moment | None = None,
        jobs: int = 0,
        ordered: bool = True,
        ahead: int = 512,
    ) -> Answers:
        """Verify many documents with all cores (jobs=0) or so many threads. Up to `ahead` documents
        are taken from the iterable before their answers are; ordered=False gives answers as they
        are ready."""

    def record_batches(
        self,
        documents: Iterable[Document],
        *,
        at: Moment | None = None,
        jobs: int = 0,
        ordered: bool = True,
        ahead: int = 512,
        rows: int = 1024,
    ) -> RecordBatches:
        """As verify_many, as a table in batches of so many rows."""

    def check_certificate(
        self,
        certificate: Contents,
        *,
        purpose: Literal["any", "document-signing", "time-stamping"] = "document-signing",
        at: Moment | None = None,
    ) -> Report:
        """Check path and status of the first certificate; the others may stand in its path."""

    def verify_exchange(
        self,
        message: Content,
        *,
        at: Moment | None = None,
        allow_legacy_namespaces: bool = False,
    ) -> Report:
        """Verify every PDF of one edXML message."""

@final
class Prepared:
    """A document with a new revision in which only the signature value is missing; no secret."""

    @staticmethod
    def restore(state: bytes) -> Prepared:
        """What `state` gave, perhaps in another process. Raises Error."""

    def state(self) -> bytes:
        """All of it, to store until the value comes."""

    @property
    def message(self) -> bytes:
        """The octets to sign: the DER of the signed attributes."""

    @property
    def digest(self) -> bytes | None:
        """Their digest, for services that sign a digest."""

    @property
    def algorithm(self) -> str: ...
    @property
    def field(self) -> str: ...
    def finish(self, value: bytes) -> bytes:
        """The signed PDF, checked; raises Error when the value is not by the certificate's key."""

def verify(
    document: Content,
    trust: Contents | None = None,
    evidence: Contents | None = None,
    policy: Policy = "official",
    *,
    at: Moment,
    pool: Contents | None = None,
    passwords: Sequence[str] = (),
) -> Report:
    """Verify one document. For more than one, keep a Verifier."""

def prepare(
    document: Content,
    certificate: Contents,
    *,
    now: Moment,
    field: str | None = None,
    sub_filter: Literal["ETSI.CAdES.detached", "adbe.pkcs7.detached"] | None = None,
    digest: Literal["SHA-256", "SHA-384", "SHA-512"] | None = None,
    padding: Literal["pkcs1", "pss"] | None = None,
    reason: str | None = None,
    location: str | None = None,
    contact: str | None = None,
    name: str | None = None,
    certify: Literal[1, 2, 3] | None = None,
    claimed_time: Moment | None = None,
    allow_certificate_outside_its_period: bool = False,
    allow_certificate_of_another_purpose: bool = False,
) -> Prepared:
    """Prepare a signature on one document for a key that is elsewhere. certificate: the signer's,
    then its issuers'."""

def certificates(source: Contents) -> list[dict[str, Any]]:
    """Everything that certificates say, one dictionary each."""
