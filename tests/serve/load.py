#!/usr/bin/env python3
"""load.py KYSO: 256 uploads of 2 MB at one time are all answered in bounded memory; the next are told to come back.

The service is one process, this is another, on loopback. Python 3, no packages.
"""
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

UPLOADS, MORE, SIZE = 256, 200, 2_000_000
# What the service may take beyond the uploads themselves: itself, two documents in work, answers.
BEYOND_MIB = 160


def document(path):
    """A PDF of one page whose content is padded to SIZE bytes."""
    content = b"BT /F1 24 Tf 72 700 Td (load) Tj ET\n" + b"% padding\n" * ((SIZE - 1500) // 10)
    objects = [
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources <</Font <</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
        b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
    ]
    out, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    identifier = b"00112233445566778899aabbccddeeff"
    out += b"trailer\n<</Size %d /Root 1 0 R /ID [<%s> <%s>]>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, identifier, identifier, start)
    with open(path, "wb") as file:
        file.write(out)


def connect(address, length):
    stream = socket.create_connection(address, timeout=120)
    stream.sendall(
        b"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % length)
    return stream


def answer(stream):
    """Status, headers and body; all of it, until the other side ends."""
    pieces = []
    while piece := stream.recv(1 << 16):
        pieces.append(piece)
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split(" ")[1]), headers, body


def memory(process):
    """Peak of resident memory, in MiB."""
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) >> 10


def metric(address, name):
    with socket.create_connection(address, timeout=60) as stream:
        stream.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = answer(stream)[2].decode()
    return int(re.search(rf"^{name} (\d+)$", text, re.M).group(1))


def main():
    kyso = os.path.abspath(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    folder = tempfile.mkdtemp()
    try:
        run(kyso, folder)
    finally:
        shutil.rmtree(folder)


def run(kyso, folder):
    demo = os.path.join(folder, "demo")
    subprocess.run([kyso, "demo", demo], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    plain, signed = os.path.join(folder, "plain.pdf"), os.path.join(folder, "signed.pdf")
    document(plain)
    subprocess.run([kyso, "sign", plain, "--out", signed, "--key", f"{demo}/leader.key",
                    "--certificate", f"{demo}/leader.pem"], check=True, stderr=subprocess.DEVNULL)
    with open(signed, "rb") as file:
        content = file.read()
    service = subprocess.Popen(
        [kyso, "serve", "--listen", "127.0.0.1:0", "--trust", f"{demo}/trust.json", "--evidence", f"{demo}/root.crl",
         "--evidence", f"{demo}/issuing.crl", "--idle", "120", "--uploads", str(UPLOADS)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        host, port = re.fullmatch(r"http://(.+):(\d+)/\n", service.stdout.readline()).groups()
        load(service, (host, int(port)), content)
    finally:
        if service.poll() is None:
            service.kill()


def load(service, address, content):
    before = memory(service)
    kept = 1000  # bytes of each upload that are held back, so that all of them are here at one time
    streams = [connect(address, len(content)) for _ in range(UPLOADS)]

    def send(stream):
        stream.sendall(content[:-kept])

    each(send, streams)
    assert metric(address, "kyso_uploads") == UPLOADS
    # Past the limit, each with its whole body on the way.
    turned_away = []

    def knock(_):
        with connect(address, len(content)) as stream:
            stream.sendall(content)
            turned_away.append(answer(stream))

    each(knock, range(MORE))
    assert [status for status, _, _ in turned_away] == [503] * MORE, turned_away[0]
    assert all(int(headers["retry-after"]) > 0 for _, headers, _ in turned_away)
    begun, answers = time.monotonic(), []

    def finish(stream):
        stream.sendall(content[-kept:])
        answers.append(answer(stream))
        stream.close()

    # The service is told to stop in the middle of it.
    stopper = threading.Timer(0.3, service.send_signal, [signal.SIGTERM])
    stopper.start()
    each(finish, streams)
    took = time.monotonic() - begun
    stopper.join()
    verdicts = [(status, json.loads(body)["indication"]) for status, _, body in answers]
    assert verdicts == [(200, "TOTAL-PASSED")] * UPLOADS, set(verdicts)
    try:
        peak = memory(service)
    except (AttributeError, FileNotFoundError):
        peak = None  # it has ended, as it should; the peak of all children is asked below
    assert service.wait(30) == 0, service.stderr.read()
    peak = max(peak or 0, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
    bodies = UPLOADS * len(content) / (1 << 20)
    print(f"{UPLOADS} uploads of {len(content):,} bytes at one time: all answered, {took:.1f} s; {MORE} more: all 503 "
          f"with Retry-After; peak memory {peak} MiB ({before} MiB at rest, {bodies:.0f} MiB of uploads)")
    assert peak <= bodies + before + BEYOND_MIB, "memory"


def each(work, items):
    """`work` for every item at one time; any failure is the failure of all."""
    failures = []

    def one(item):
        try:
            work(item)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    main()
