"""What the package promises to Python programs."""

import _thread
import datetime
import gc
import json
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref

import pyarrow
import pyarrow.parquet
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

import kyso
from conftest import AT


@pytest.fixture(scope="module")
def verifier(arguments):
    return kyso.Verifier(**arguments)


def by_program(program, demo, *files):
    """The lines that the program writes for these files."""
    done = subprocess.run(
        [program, "verify", "--format", "jsonl", "--at", AT, "--trust", demo / "trust.json"]
        + ["--evidence", demo / "root.crl", "--evidence", demo / "issuing.crl", *files],
        capture_output=True,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_ok_three_lines_verify_a_file(demo, arguments):
    report = kyso.verify(str(demo / "quyet-dinh.phat-hanh.pdf"), **arguments)
    assert report.indication == "TOTAL-PASSED" and report.sub_indication is None
    assert "TOTAL-PASSED" in str(report)


def test_ok_reports_are_those_of_the_program(program, demo, pdfs, verifier):
    for path, line in zip(pdfs, by_program(program, demo, *pdfs), strict=True):
        for document in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
            report = verifier.verify(document).to_dict()
            assert report == {key: line[key] for key in report}
        assert verifier.verify(memoryview(path.read_bytes())).json() == verifier.verify(path).json()


def test_ok_forms_of_a_report(demo, verifier):
    report = verifier.verify(demo / "quyet-dinh.bi-sua.pdf")
    assert report.indication == "TOTAL-FAILED" and report.sub_indication == "HASH_FAILURE"
    assert repr(report) == "<kyso.Report TOTAL-FAILED HASH_FAILURE>"
    assert report.text("vi") != report.text("en")
    assert report.html("vi", name="a.pdf").startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError):
        report.text("fr")


@pytest.mark.parametrize(
    "moment",
    [
        AT,
        1795417200,
        datetime.datetime(2026, 11, 23, 7, tzinfo=datetime.timezone.utc),
        datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.timezone(datetime.timedelta(hours=7))),
    ],
)
def test_ok_moments(demo, verifier, moment):
    report = verifier.verify(demo / "quyet-dinh.pdf", at=moment)
    assert report.to_dict()["validation_time"] == AT


def test_err_moments(demo, verifier):
    naive = datetime.datetime(2026, 11, 23)
    for bad, kind in [(naive, ValueError), ("now", ValueError), (1 << 70, ValueError), ([], TypeError)]:
        with pytest.raises(kind):
            verifier.verify(demo / "quyet-dinh.pdf", at=bad)
    with pytest.raises(TypeError):
        kyso.Verifier()


def test_err_exceptions_carry_kind_and_position(demo, verifier, tmp_path):
    for document, kind in [
        (b"", "empty"),
        (b"text", "not-pdf"),
        (tmp_path / "nothing.pdf", "io"),
        (tmp_path, "io"),
        ("/dev/zero", "io"),
        ("a\0b", "io"),
        (os.fsdecode(b"/nowhere/\xff.pdf"), "io"),
    ]:
        with pytest.raises(kyso.Error) as caught:
            verifier.verify(document)
        assert caught.value.kind == kind and str(caught.value)
    with pytest.raises(kyso.Error) as caught:
        kyso.Verifier(at=AT, policy={"name": "x"})
    assert caught.value.kind == "misuse" and caught.value.position > 0
    with pytest.raises(kyso.Error) as caught:
        kyso.Verifier(at=AT, policy="no such")
    assert "official" in str(caught.value)
    with pytest.raises(kyso.Error) as caught:
        kyso.Verifier(at=AT, trust=demo / "dau.png")
    assert "dau.png" in str(caught.value) and caught.value.kind == "asn1"
    for bad in (5, None, 1.5, object()):
        with pytest.raises(TypeError):
            verifier.verify(bad)


def test_ok_a_file_name_need_not_be_utf_8(demo, verifier, tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff.pdf"
    with open(name, "wb") as file:
        file.write((demo / "quyet-dinh.phat-hanh.pdf").read_bytes())
    assert verifier.verify(os.fsdecode(name)).indication == "TOTAL-PASSED"
    rows = verifier.record_batches([os.fsdecode(name)]).to_arrow().read_all().to_pylist()
    assert bytes.fromhex(rows[0]["path_octets"]) == name


def test_ok_many_are_as_one(pdfs, verifier):
    documents = [document for path in pdfs for document in (path, path.read_bytes(), ("n", path))] * 3
    expected = [verifier.verify(path).json() for path in pdfs for _ in range(3)] * 3
    for options in ({}, {"jobs": 1}, {"jobs": 3, "ahead": 1}, {"jobs": 2, "ahead": 7}):
        answers = list(verifier.verify_many(iter(documents), **options))
        assert [answer.report.json() for answer in answers] == expected
        assert [answer.index for answer in answers] == list(range(len(documents)))
    unordered = list(verifier.verify_many(documents, ordered=False))
    assert {one.index: one.report.json() for one in unordered} == dict(enumerate(expected))
    assert [answer.path for answer in answers[:3]] == [str(pdfs[0]), "", "n"]


def test_err_one_of_many_is_an_answer(pdfs, verifier):
    answers = list(verifier.verify_many([pdfs[0], b"text", "/nowhere/x.pdf", pdfs[0]]))
    assert [bool(answer.error) for answer in answers] == [False, True, True, False]
    assert answers[1].error.kind == "not-pdf" and answers[2].error.kind == "io"
    assert answers[1].report is None and isinstance(answers[1].error, kyso.Error)


def test_err_exceptions_of_the_iterable_come_out(pdfs, verifier):
    def documents():
        yield pdfs[0]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(verifier.verify_many(documents()))
    with pytest.raises(TypeError):
        list(verifier.verify_many([5]))
    with pytest.raises(TypeError):
        verifier.verify_many(5)
    with pytest.raises(ValueError):
        verifier.verify_many([], ahead=0)
    with pytest.raises(ValueError):
        verifier.verify_many([], jobs=5000)
    with pytest.raises(OverflowError):
        verifier.verify_many([], jobs=-1)
    assert list(verifier.verify_many([])) == []


def test_err_an_iterator_that_asks_itself(pdfs, verifier):
    def documents():
        yield pdfs[0]
        next(answers)

    answers = verifier.verify_many(documents())
    with pytest.raises(RuntimeError):
        list(answers)


def test_ok_an_iterator_that_is_dropped(pdfs, verifier):
    for _ in range(20):
        answers = verifier.verify_many(path for _ in range(1000) for path in pdfs)
        next(answers)
        del answers


def test_ok_a_cycle_is_collected(pdfs, verifier):
    class Documents:
        def __iter__(self):
            return self

        def __next__(self):
            return pdfs[0]

    def threads():
        return len(os.listdir("/proc/self/task"))

    before = threads()
    documents = Documents()
    documents.answers = verifier.verify_many(documents)
    next(documents.answers)
    gone = weakref.ref(documents)
    del documents
    gc.collect()
    assert gone() is None
    # Its threads finish what they had and end.
    for _ in range(200):
        if threads() <= before:
            break
        time.sleep(0.05)
    assert threads() <= before


def test_ok_an_exception_can_be_pickled(verifier):
    with pytest.raises(kyso.Error) as caught:
        verifier.verify(b"text")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.kind, again.position) == (kyso.Error, "not-pdf", None)


def test_ok_ctrl_c_stops_waiting(pdfs, verifier):
    end = time.monotonic() + 60

    def documents():
        while time.monotonic() < end:
            yield pdfs[0]

    # A process that a shell started in the background is told to ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(1.0, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            for _ in verifier.verify_many(documents()):
                pass
    finally:
        signal.signal(signal.SIGINT, before)


def test_ok_the_interpreter_is_free_meanwhile(pdfs, verifier):
    # While one thread verifies, another one counts.
    large = max(pdfs, key=lambda path: path.stat().st_size).read_bytes()
    counted, done = 0, threading.Event()

    def work():
        for _ in range(50):
            verifier.verify(large)
        list(verifier.verify_many([large] * 200))
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        counted += 1
        time.sleep(0.001)
    thread.join()
    assert counted > 5


def test_ok_threads_share_a_verifier(pdfs, verifier):
    expected = [verifier.verify(path).json() for path in pdfs]
    wrong = []

    def work():
        for path, json_text in zip(pdfs, expected):
            if verifier.verify(path).json() != json_text:
                wrong.append(path)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_err_an_iterator_in_a_forked_process(pdfs, verifier):
    answers = verifier.verify_many(pdfs * 50)
    next(answers)
    pid = os.fork()
    if pid == 0:
        try:
            next(answers)
            os._exit(1)
        except kyso.Error:
            # A new one works there.
            os._exit(0 if len(list(verifier.verify_many(pdfs))) == len(pdfs) else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert len(list(answers)) == len(pdfs) * 50 - 1


def test_ok_a_program_may_end_in_the_midst(demo, arguments):
    script = f"""
        import kyso
        verifier = kyso.Verifier(at={AT!r})
        answers = verifier.verify_many({str(demo / "quyet-dinh.pdf")!r} for _ in range(100000))
        next(answers)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, timeout=60)
    assert done.returncode == 0 and done.stderr == b""


def test_ok_the_table_is_that_of_the_archive(program, demo, pdfs, verifier, tmp_path):
    subprocess.run(
        [program, "archive", str(demo), "--out", str(tmp_path / "run"), "--parquet", "--at", AT]
        + ["--trust", demo / "trust.json", "--evidence", demo / "root.crl", "--evidence", demo / "issuing.crl"],
        check=True,
        capture_output=True,
    )
    by_archive = pyarrow.parquet.read_table(tmp_path / "run" / "records.parquet").sort_by("path")
    documents = [str(path) for path in pdfs]
    batches = verifier.record_batches(documents, rows=3)
    table = batches.to_arrow().read_all().sort_by("path")
    assert table.schema.equals(by_archive.schema)
    assert table.equals(by_archive)
    assert pyarrow.schema(verifier.record_batches([])).equals(table.schema)
    named = [(str(path), path.read_bytes()) for path in pdfs]
    assert pyarrow.table(verifier.record_batches(named)).sort_by("path").equals(table)
    with pytest.raises(kyso.Error):
        batches.to_arrow()


def test_err_the_table_says_why_it_ends(verifier):
    def documents():
        raise KeyError("mine")
        yield

    with pytest.raises(Exception, match="mine"):
        verifier.record_batches(documents()).to_arrow().read_all()
    with pytest.raises(ValueError):
        verifier.record_batches([], rows=0)
    assert verifier.record_batches([]).to_arrow().read_all().num_rows == 0


def test_ok_a_signature_in_two_steps(demo, arguments, verifier):
    pdf, certificate = demo / "quyet-dinh.pdf", demo / "leader.pem"
    key = serialization.load_pem_private_key((demo / "leader.key").read_bytes(), None)
    prepared = kyso.prepare(pdf, certificate, now=AT, field="Ky", reason="Phê duyệt", location=None)
    assert prepared.field == "Ky" and len(prepared.digest) == 32
    state = prepared.state()
    value = key.sign(prepared.message, padding.PKCS1v15(), hashes.SHA256())
    signed = kyso.Prepared.restore(state).finish(value)
    assert signed.startswith(pdf.read_bytes()) and signed == prepared.finish(value)
    assert verifier.verify(signed).indication == "TOTAL-PASSED"
    for bad in (b"", value[:-1], bytes(len(value))):
        with pytest.raises(kyso.Error) as caught:
            prepared.finish(bad)
        assert caught.value.kind == "signing"
    for options in ({"filed": "x"}, {"certify": 9}, {"reason": 5}, {"field": object()}):
        with pytest.raises(kyso.Error) as caught:
            kyso.prepare(pdf, certificate, now=AT, **options)
        assert caught.value.kind == "misuse"
    with pytest.raises(kyso.Error) as caught:
        kyso.prepare(pdf, certificate, now="2040-01-01T00:00:00Z")
    assert caught.value.kind == "signing"
    with pytest.raises(kyso.Error):
        kyso.Prepared.restore(state[:-1])


def test_ok_certificates(demo, verifier):
    facts = kyso.certificates(demo / "leader.pem")
    there = x509.load_pem_x509_certificates((demo / "leader.pem").read_bytes())
    assert [one["sha256"] for one in facts] == [one.fingerprint(hashes.SHA256()).hex() for one in there]
    report = verifier.check_certificate(demo / "leader.pem")
    assert report.indication == "PASSED" and report.to_dict()["path"]
    assert verifier.check_certificate(demo / "leader.pem", at="2040-01-01T00:00:00Z").indication == "FAILED"
    with pytest.raises(ValueError):
        verifier.check_certificate(demo / "leader.pem", purpose="else")
    with pytest.raises(kyso.Error):
        report.html()


def test_ok_an_exchange_message(program, demo, verifier, tmp_path):
    seeds = pathlib.Path(__file__).parents[2] / "fuzz/seeds/exchange_envelope"
    message = seeds / "seed-document.edxml"
    report = verifier.verify_exchange(message)
    assert report.json() == verifier.verify_exchange(message.read_bytes()).json()
    done = subprocess.run(
        [program, "exchange", "verify", str(message), "--format", "json", "--at", AT],
        capture_output=True,
    )
    assert json.loads(done.stdout) == report.to_dict()
    with pytest.raises(kyso.Error) as caught:
        verifier.verify_exchange(seeds / "seed-entities.edxml")
    assert caught.value.kind == "exchange"


def test_ok_the_stubs_name_what_is_there(verifier):
    import ast

    stubs = ast.parse((pathlib.Path(kyso.__file__).parent / "__init__.pyi").read_text())
    named = {node.name: node for node in stubs.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    assert set(named) | {"__version__"} == set(kyso.__all__)
    for name, node in named.items():
        if not isinstance(node, ast.ClassDef) or name == "Error":
            continue
        there = {one for one in vars(getattr(kyso, name)) if not one.startswith("_")}
        assert there == {
            one.name
            for one in node.body
            if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")
        }


def test_ok_an_input_that_is_large(verifier):
    # Only what is there is held: 100 MB that are no PDF are refused, one after the other.
    large = bytes(100 << 20)
    answers = list(verifier.verify_many(large for _ in range(5)))
    assert [answer.error.kind for answer in answers] == ["not-pdf"] * 5
