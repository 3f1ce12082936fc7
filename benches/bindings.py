"""What C and Python cost above Rust, on the same files, in one run.

    python benches/bindings.py BENCH DIR [ROUNDS [PASSES]]

BENCH is the program of `cargo bench --features cli,capi --bench bindings --no-run`, DIR an archive of
`--bench corpus` with files of 200 KB; `kyso` must be installed for this Python. In each round Rust, C
and Python verify all files with all cores, and processor seconds of all threads are counted. What is
printed are the medians of the ratios of each round, and the spread between quartiles.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time

import kyso


def python(folder, passes, memory):
    paths = sorted(str(path) for path in (folder / "files").rglob("*") if path.is_file())
    contents = [pathlib.Path(path).read_bytes() for path in paths]
    documents = (contents if memory else paths) * passes
    start = time.process_time()
    verifier = kyso.Verifier(folder / "trust.json", folder / "crl", at="2026-11-23T07:00:00Z")
    passed = 0
    for answer in verifier.verify_many(documents):
        report = answer.report
        passed += report is not None and report.indication == "TOTAL-PASSED"
    return passed, time.process_time() - start


def main(bench, folder, rounds=9, passes=20):
    folder = pathlib.Path(folder)
    ratios = {}
    for _ in range(int(rounds)):
        line = subprocess.run([bench, folder, str(passes)], check=True, capture_output=True, text=True)
        seconds = json.loads(line.stdout)
        for name, memory in (("path", False), ("memory", True)):
            passed, first = python(folder, int(passes), memory)
            assert passed == seconds["passed"]
            seconds["python_" + name] = (first + python(folder, int(passes), memory)[1]) / 2
            for binding in ("c", "python"):
                ratio = seconds[f"{binding}_{name}"] / seconds["rust_" + name]
                ratios.setdefault(f"{binding} / rust, by {name}", []).append(ratio)
        rust = seconds["rust_path"] / seconds["files"]
    print(f"rust by path, last round: {rust * 1e6:.0f} us of processor time a file")
    for name, found in ratios.items():
        low, middle, high = statistics.quantiles(found, n=4)
        print(f"{name}: {middle:.3f} ({low:.3f} to {high:.3f}, {len(found)} rounds)")


main(*sys.argv[1:])
