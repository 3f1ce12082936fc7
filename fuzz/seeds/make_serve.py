#!/usr/bin/env python3
"""Seeds of multipart: forms with a file, a field, an empty choice, and odd names, each after a line
with its boundary. Running it again gives the same bytes."""

import os

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "multipart")


def part(head, content):
    return b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


FILE = b'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf'
FIELD = b'Content-Disposition: form-data; name="lang"'
EMPTY = b'Content-Disposition: form-data; name="file"; filename=""'
EXTENDED = b"Content-Disposition: form-data; name=file; filename=\"x\\\"\\y\"; filename*=UTF-8''c%C3%B4ng.pdf"

os.makedirs(HERE, exist_ok=True)
for name, body in {
    "seed-file": part(FILE, b"%PDF-1.7\r\n--\r\n") + b"--b--\r\n",
    "seed-field-and-file": b"before\r\n" + part(FIELD, b"vi") + part(FILE, b"%PDF-1.7") + b"--b--\r\nafter",
    "seed-empty-choice": part(EMPTY, b"") + b"--b--",
    "seed-extended-name": part(EXTENDED, b"x") + b"--b--",
    "seed-no-content": b"--b\r\n" + FILE + b"\r\n\r\n--b--",
    "seed-unfinished": part(FILE, b"%PDF-1.7"),
}.items():
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(b"b\n" + body)
