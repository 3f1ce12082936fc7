"""Verify on many machines: a Spark DataFrame of paths or files in, a table of verdicts out.

    import kyso.spark
    verdicts = kyso.spark.verify(frame, trust="roots.pem", evidence="crls", at="2026-11-23T07:00:00Z")

`frame` has a column `path`, and perhaps one `content` with the bytes, as Spark's reader `binaryFile`
gives them, which leaves out files without a byte; without it every executor opens the path itself.
The result has one row a document, in the columns of `records.parquet` of `kyso archive`. Numbers
there are unsigned, which Spark has not: here they are signed.

Trust and evidence are read once, by the driver, and travel with the work; each Python process of an
executor makes its `Verifier` once.
"""

import hashlib
import os
import pickle

import pyarrow

from . import Verifier

_verifiers = {}


def _content(source):
    """Bytes of what `source` names, so that executors need not have the file."""
    if source is None:
        return []
    if isinstance(source, (bytes, bytearray, memoryview)):
        return [bytes(source)]
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        names = [path]
        if os.path.isdir(path):
            names = [one.path for one in sorted(os.scandir(path), key=lambda one: one.name)]
        found = []
        for name in names:
            if os.path.isfile(name) or name == path:
                with open(name, "rb") as file:
                    found.append(file.read())
        return found
    return [content for one in source for content in _content(one)]


def _signed(kind):
    """`kind` as Spark can hold it."""
    if pyarrow.types.is_unsigned_integer(kind):
        return pyarrow.int64()
    if pyarrow.types.is_timestamp(kind):
        return pyarrow.timestamp("us", tz="UTC")
    if pyarrow.types.is_list(kind):
        return pyarrow.list_(_fields(kind.value_field))
    if pyarrow.types.is_struct(kind):
        return pyarrow.struct([_fields(field) for field in kind])
    return kind


def _fields(field):
    return pyarrow.field(field.name, _signed(field.type), field.nullable)


def _arrow_schema(schema):
    return pyarrow.schema([_fields(field) for field in schema])


def schema():
    """The columns of the result, as Spark has them."""
    from pyspark.sql.pandas.types import from_arrow_schema

    batches = Verifier(at=0).record_batches([])
    return from_arrow_schema(_arrow_schema(batches.to_arrow().schema))


def _verifier(key, arguments):
    """The verifier of this process for these arguments."""
    if key not in _verifiers:
        _verifiers.clear()
        _verifiers[key] = Verifier(**pickle.loads(arguments))
    return _verifiers[key]


def _rows(batches, has_content):
    for batch in batches:
        paths = batch.column(0)
        for row in range(batch.num_rows):
            # No path is no file, and no content an empty one: rows whose `error` says so.
            path = _local(paths[row].as_py() or "")
            if has_content:
                content = batch.column(1)[row].as_buffer()
                yield path, b"" if content is None else content.to_pybytes()
            else:
                yield path


def _local(path):
    """A `file:` address, as Spark's readers give it, without what stands before the path."""
    if path.startswith("file:"):
        path = path[len("file:") :]
        return "/" + path.lstrip("/")
    return path


def verify(
    frame,
    trust=None,
    evidence=None,
    policy="official",
    *,
    at,
    pool=None,
    passwords=(),
    path="path",
    content=None,
    jobs=1,
):
    """The verdicts on the documents that `frame` names, as a DataFrame.

    path, content: names of the columns; content is `content` where there is one. jobs: threads of
    each task. The other arguments are those of `kyso.Verifier`.
    """
    if content is None and "content" in frame.columns:
        content = "content"
    arguments = dict(
        trust=_content(trust),
        evidence=_content(evidence),
        policy=policy,
        at=at,
        pool=_content(pool),
        passwords=passwords,
    )
    # What is wrong with them is said here and not by each task.
    Verifier(**arguments)
    arguments = pickle.dumps(arguments)
    key = hashlib.sha256(arguments).hexdigest()
    has_content = content is not None

    def verdicts(batches):
        verifier = _verifier(key, arguments)
        table = verifier.record_batches(_rows(batches, has_content), jobs=jobs).to_arrow()
        target = _arrow_schema(table.schema)
        for batch in table:
            columns = [one.cast(field.type) for one, field in zip(batch.columns, target)]
            yield pyarrow.RecordBatch.from_arrays(columns, schema=target)

    columns = [path, content] if has_content else [path]
    return frame.select(*columns).mapInArrow(verdicts, schema())
