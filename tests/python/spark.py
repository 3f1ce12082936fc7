"""`kyso.spark` with real Spark, two workers in processes of their own.

    python tests/python/spark.py PROGRAM ARCHIVE [REPEAT]

PROGRAM is `kyso`, ARCHIVE what `cargo bench --bench corpus` makes. Checks that paths and `binaryFile`
rows give the table of `kyso archive`, that the rows of a worker that is killed are done again, and
prints rows per second for one worker and two. REPEAT (default 1) is how often each file is there for
that measurement.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pyarrow
import pyarrow.compute
import pyarrow.parquet
import pyspark
from pyspark.sql import SparkSession

import kyso.spark

AT = "2026-11-23T07:00:00Z"


def session(workers):
    # The package from PyPI has all that a small cluster needs, except for saying where it is.
    os.environ["SPARK_HOME"] = os.path.dirname(pyspark.__file__)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master(f"local-cluster[{workers},1,1024]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.executor.memory", "1g")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.task.maxFailures", "8")
        # A killed worker is an event here, and no reason to give up.
        .config("spark.excludeOnFailure.enabled", "false")
        .getOrCreate()
    )
    # Workers are killed here on purpose.
    spark.sparkContext.setLogLevel("OFF")
    return spark


def table(frame):
    """A DataFrame of verdicts as a table, in the order of the paths."""
    return frame.toArrow().sort_by("path")


def by_archive(program, archive, folder):
    subprocess.run(
        [program, "archive", archive / "files", "--include", "*", "--out", folder, "--parquet"]
        + ["--at", AT, "--trust", archive / "trust.json", "--evidence", archive / "crl"],
        check=True,
        capture_output=True,
    )
    found = pyarrow.parquet.read_table(folder / "records.parquet").sort_by("path")
    # Spark has no unsigned numbers, and microseconds.
    return found.cast(kyso.spark._arrow_schema(found.schema))


def same(found, expected):
    assert found.num_rows == expected.num_rows, (found.num_rows, expected.num_rows)
    assert found.schema.names == expected.schema.names
    assert found.to_pylist() == expected.to_pylist()


def python_workers():
    """Processes of Spark's Python workers, without the one that forks them."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            above = pathlib.Path(f"/proc/{parent}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue
        if b"pyspark.daemon" in words and b"pyspark.daemon" in above:
            found.append(int(folder.name))
    return found


def executors():
    """Processes of the executors of this program's cluster."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if b"CoarseGrainedExecutorBackend" in words and words.startswith((b"/", b"java")):
            found.append(int(folder.name))
    return found


def processor_time(processes):
    """Seconds of processor time of these processes, and their ended children, so far."""
    ticks = 0
    for process in processes:
        words = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += sum(int(word) for word in words[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def main(program, archive, repeat=1):
    archive, repeat = pathlib.Path(archive).resolve(), int(repeat)
    arguments = dict(trust=archive / "trust.json", evidence=archive / "crl", at=AT)
    paths = sorted(str(path) for path in (archive / "files").rglob("*") if path.is_file())
    with tempfile.TemporaryDirectory() as folder:
        expected = by_archive(program, archive, pathlib.Path(folder) / "run")

    speed = {}
    for workers in (1, 2):
        spark = session(workers)
        frame = spark.createDataFrame([(path,) for path in paths], "path string").repartition(4)
        # The first run starts the Python processes and makes their verifiers.
        same(table(kyso.spark.verify(frame, **arguments)), expected)
        many = spark.createDataFrame([(path,) for path in paths * repeat], "path string")
        many = many.repartition(4 * workers).cache()
        assert many.count() == len(paths) * repeat
        times = []
        used = [processor_time(python_workers()), processor_time(executors())]
        for _ in range(3):
            start = time.monotonic()
            rows = kyso.spark.verify(many, **arguments).selectExpr("sum(signature_count)").collect()
            times.append(time.monotonic() - start)
        signatures = sum(expected.column("signature_count").to_pylist()) * repeat
        assert rows[0][0] == signatures
        speed[workers] = len(paths) * repeat / min(times)
        now = [processor_time(python_workers()), processor_time(executors())]
        in_python, in_java = ((b - a) * 1e6 / (3 * many.count()) for a, b in zip(used, now))
        print(
            f"{workers} workers: {speed[workers]:.0f} rows/s at best ({len(paths) * repeat} rows);"
            f" processor time a row: {in_python:.0f} us in Python, {in_java:.0f} us in Java",
            flush=True,
        )
        if workers == 1:
            spark.stop()

    rows = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    rows = rows.load(str(archive / "files"))
    # Spark writes `file:` before the path; the verdicts have the path alone. Its reader leaves out
    # files without a byte.
    given = pyarrow.compute.not_equal(expected.column("size"), 0)
    empty = sum(os.path.getsize(path) == 0 for path in paths)
    assert expected.num_rows - expected.filter(given).num_rows == empty
    same(table(kyso.spark.verify(rows, **arguments)), expected.filter(given))
    print("binaryFile rows give the same table", flush=True)

    for name, victims in (("a Python worker", python_workers), ("an executor", executors)):
        killed = []

        def kill():
            for _ in range(200):
                time.sleep(0.05)
                there = victims()
                if there:
                    os.kill(there[0], signal.SIGKILL)
                    killed.append(there[0])
                    return

        frame = spark.createDataFrame([(path,) for path in paths * repeat], "path string").repartition(16)
        thread = threading.Timer(0.5, kill)
        thread.start()
        found = table(kyso.spark.verify(frame, **arguments))
        thread.join()
        assert killed, "nobody was killed"
        assert found.num_rows == len(paths) * repeat
        once = found.group_by(["path", "indication", "sha256"]).aggregate([([], "count_all")])
        assert set(once.column("count_all").to_pylist()) == {repeat}
        for column in ("indication", "sha256"):
            first = dict(zip(expected.column("path").to_pylist(), expected.column(column).to_pylist()))
            assert all(first[row["path"]] == row[column] for row in found.to_pylist())
        print(f"{name} was killed: every row is there, once", flush=True)
    spark.stop()
    print(f"two workers to one: {speed[2] / speed[1]:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
