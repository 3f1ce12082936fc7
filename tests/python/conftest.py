"""The demonstration's files, made once by the program that KYSO names."""

import os
import pathlib
import subprocess

import pytest

AT = "2026-11-23T07:00:00Z"


@pytest.fixture(scope="session")
def program():
    return os.environ.get("KYSO", "target/debug/kyso")


@pytest.fixture(scope="session")
def demo(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kyso") / "demo"
    subprocess.run(
        [program, "demo", "--at", AT, str(folder)], check=True, stdout=subprocess.DEVNULL
    )
    return folder


@pytest.fixture(scope="session")
def exchange(program, tmp_path_factory):
    """The same with messages; keys and trust are others."""
    folder = tmp_path_factory.mktemp("exchange") / "demo"
    subprocess.run(
        [program, "demo", "--exchange", "--at", AT, str(folder)], check=True, stdout=subprocess.DEVNULL
    )
    return folder


@pytest.fixture(scope="session")
def arguments(demo):
    return dict(trust=demo / "trust.json", evidence=[demo / "root.crl", demo / "issuing.crl"], at=AT)


@pytest.fixture(scope="session")
def pdfs(demo):
    return sorted(demo.glob("*.pdf"))
