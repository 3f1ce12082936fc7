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


def small_pdf(catalog):
    """A page, and what else the catalog has."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R" + catalog + ">>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    pdf, table = "%PDF-1.7\n", "0000000000 65535 f \n"
    for number, one in enumerate(objects, 1):
        table += f"{len(pdf):010} 00000 n \n"
        pdf += f"{number} 0 obj\n{one}\nendobj\n"
    end = f"xref\n0 4\n{table}trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n{len(pdf)}\n%%EOF\n"
    return (pdf + end).encode()


def test_ok_lint_is_what_was_asked_for(program, demo, arguments, tmp_path):
    path = tmp_path / "script.pdf"
    path.write_bytes(small_pdf("/OpenAction<</S/JavaScript/JS(beep)>>"))
    [line] = by_program(program, demo, path)
    with_lint = kyso.Verifier(**arguments, lint=True).verify(path).to_dict()
    assert with_lint == {key: line[key] for key in with_lint}
    without = kyso.Verifier(**arguments).verify(path).to_dict()
    assert [one["code"] for one in with_lint["document"].pop("findings")] == ["script"]
    assert without == with_lint


def test_err_passwords_are_not_the_letters_of_one(demo, arguments):
    with pytest.raises(TypeError):
        kyso.Verifier(**arguments, passwords="secret")
    with pytest.raises(TypeError):
        kyso.verify(demo / "quyet-dinh.pdf", **arguments, passwords="secret")
    with pytest.raises(TypeError):
        kyso.Verifier(**arguments, passwords=[b"secret"])


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


def threads():
    return len(os.listdir("/proc/self/task"))


def wait_for_threads(before):
    """Until the engine's threads have finished what they had, and ended."""
    for _ in range(200):
        if threads() <= before:
            return
        time.sleep(0.05)
    assert threads() <= before


def test_ok_an_iterator_that_is_dropped(pdfs, verifier):
    before, closed = threads(), []

    def documents():
        try:
            for _ in range(1000):
                yield from pdfs
        except GeneratorExit:
            closed.append(True)

    for _ in range(20):
        answers = verifier.verify_many(documents())
        next(answers)
        del answers
    gc.collect()
    assert len(closed) == 20
    wait_for_threads(before)


def test_ok_a_cycle_is_collected(pdfs, verifier):
    class Documents:
        def __iter__(self):
            return self

        def __next__(self):
            return pdfs[0]

    before = threads()
    documents = Documents()
    documents.answers = verifier.verify_many(documents)
    next(documents.answers)
    gone = weakref.ref(documents)
    del documents
    gc.collect()
    assert gone() is None
    wait_for_threads(before)


def test_ok_a_cycle_through_an_answer_is_collected(verifier):
    class Mark:
        pass

    def raises():
        # The exception knows this frame, the frame the answer, the answer the exception.
        mark = Mark()
        [answer] = verifier.verify_many([b"text"])
        try:
            raise answer.error
        except kyso.Error:
            return weakref.ref(mark)

    gone = raises()
    gc.collect()
    assert gone() is None


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


def is_free_during(work, tries):
    """Whether this thread gets the interpreter while another one calls `work`."""
    begun, seen = threading.Event(), []

    def other():
        begun.set()
        for _ in range(tries):
            if seen:
                return
            work()
        seen.append(False)

    thread = threading.Thread(target=other)
    # Nobody is asked to hand it over: whoever does not give it back by himself keeps it.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        thread.start()
        begun.wait()
        # Until the work is over, or while it is under way.
        seen.append(True)
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    return seen[0]


def test_ok_the_interpreter_is_free_meanwhile(demo, pdfs, arguments, verifier, exchange):
    large = max(pdfs, key=lambda path: path.stat().st_size).read_bytes()
    certificate = (demo / "leader.pem").read_bytes()
    message = (exchange / "trao-doi/1-van-ban.edxml").read_bytes()
    prepared = kyso.prepare(large, certificate, now=AT)
    key = serialization.load_pem_private_key((demo / "leader.key").read_bytes(), None)
    value = key.sign(prepared.message, padding.PKCS1v15(), hashes.SHA256())
    report = verifier.verify(large)
    # What never gives it back is found out.
    assert not is_free_during(lambda: sum(range(10000)), 1000)
    for name, work in {
        "verify": lambda: verifier.verify(large),
        "verify_many": lambda: list(verifier.verify_many([large] * 10)),
        "record_batches": lambda: verifier.record_batches([large] * 10).to_arrow().read_all(),
        "check_certificate": lambda: verifier.check_certificate(certificate),
        "verify_exchange": lambda: verifier.verify_exchange(message),
        "prepare": lambda: kyso.prepare(large, certificate, now=AT),
        "finish": lambda: prepared.finish(value),
        "Verifier": lambda: kyso.Verifier(**arguments),
        "certificates": lambda: kyso.certificates(certificate),
        "html": lambda: report.html(),
    }.items():
        assert is_free_during(work, 10000), name


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


def test_err_a_verifier_in_a_forked_process(demo, exchange, pdfs, arguments, verifier):
    pid = os.fork()
    if pid == 0:
        wrong = 1
        try:
            for use in (
                lambda: verifier.verify(pdfs[0]),
                lambda: verifier.verify_many(pdfs),
                lambda: verifier.record_batches(pdfs),
                lambda: verifier.check_certificate(demo / "leader.pem"),
                lambda: verifier.verify_exchange(exchange / "trao-doi/1-van-ban.edxml"),
            ):
                with pytest.raises(kyso.Error, match="forked since: make a new Verifier") as caught:
                    use()
                assert caught.value.kind == "misuse"
            assert kyso.Verifier(**arguments).verify(pdfs[0]).indication
            wrong = 0
        finally:
            os._exit(wrong)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert verifier.verify(pdfs[0]).indication


def test_err_an_iterator_in_a_forked_process(pdfs, arguments, verifier):
    answers = verifier.verify_many(pdfs * 50)
    next(answers)
    pid = os.fork()
    if pid == 0:
        try:
            next(answers)
            os._exit(1)
        except kyso.Error:
            # New ones work there.
            new = kyso.Verifier(**arguments)
            os._exit(0 if len(list(new.verify_many(pdfs))) == len(pdfs) else 2)
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
    prepared = kyso.prepare(pdf, certificate, now=AT, field="Ky", reason="Phê duyệt", location=None, claimed_time=None)
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


def test_ok_an_exchange_message(program, exchange):
    trust, evidence = exchange / "trust.json", [exchange / "root.crl", exchange / "issuing.crl"]
    verifier = kyso.Verifier(trust, evidence, at=AT)
    for name, indication in [
        ("1-van-ban.edxml", "TOTAL-PASSED"),
        ("3-van-ban.bi-sua.edxml", "TOTAL-FAILED"),
    ]:
        message = exchange / "trao-doi" / name
        report = verifier.verify_exchange(message)
        assert report.indication == indication
        assert report.json() == verifier.verify_exchange(message.read_bytes()).json()
        done = subprocess.run(
            [program, "exchange", "verify", message, "--format", "json", "--at", AT, "--trust", trust]
            + ["--evidence", evidence[0], "--evidence", evidence[1]],
            capture_output=True,
            check=False,
        )
        assert json.loads(done.stdout) == report.to_dict()

    message = (exchange / "trao-doi/1-van-ban.edxml").read_bytes()
    for others in ({}, {"trust": trust}, {"evidence": evidence}):
        assert kyso.Verifier(at=AT, **others).verify_exchange(message).indication == "INDETERMINATE"
    # As an older sender would write it.
    old = message.replace(b"http://www.mic.gov.vn/TBT/QCVN_102_2016", b"http://www.e-doc.vn/Schema/")
    assert old != message
    with pytest.raises(kyso.Error) as caught:
        verifier.verify_exchange(old)
    assert caught.value.kind == "exchange"
    report = verifier.verify_exchange(old, allow_legacy_namespaces=True)
    assert report.indication == "TOTAL-PASSED"
    seeds = pathlib.Path(__file__).parents[2] / "fuzz/seeds/exchange_envelope"
    with pytest.raises(kyso.Error) as caught:
        verifier.verify_exchange(seeds / "seed-entities.edxml")
    assert caught.value.kind == "exchange"


def test_err_a_row_without_path_or_content_is_a_row_with_an_error(demo, arguments):
    import kyso.spark

    good = demo / "quyet-dinh.phat-hanh.pdf"
    paths = pyarrow.array([f"file:{good}", None], pyarrow.string())
    contents = pyarrow.array([None, good.read_bytes()], pyarrow.binary())
    found = []
    for columns in ([paths], [paths, contents]):
        batch = pyarrow.record_batch(columns, names=["path", "content"][: len(columns)])
        rows = kyso.spark._rows([batch], len(columns) == 2)
        found += kyso.Verifier(**arguments).record_batches(rows).to_arrow().read_all().to_pylist()
    there = [(row["path"], row["indication"], row["error"] is not None) for row in found]
    assert there == [
        (str(good), "TOTAL-PASSED", False),
        ("", None, True),
        (str(good), None, True),
        ("", "TOTAL-PASSED", False),
    ]


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
