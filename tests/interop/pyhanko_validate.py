"""Validates signed files with pyHanko, all in one process.

stdin:  {"moment": RFC 3339, "roots": [DER file], "crls": [DER file], "files": [PDF file]}
stdout: {"version": pyHanko's}, then one line for each file: {"signatures": [...]} or
        {"error": text}

Trust is complete: only the given roots, a CRL or OCSP answer required for every certificate, no
network, pyHanko's own rules for key usage, coverage and later changes.
"""

import asyncio
import datetime
import json
import sys
from importlib.metadata import version

from asn1crypto import crl, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


def read(path):
    with open(path, "rb") as file:
        return file.read()


async def validate(path, request):
    with open(path, "rb") as file:
        signatures = []
        for embedded in PdfFileReader(file).embedded_signatures:
            context = ValidationContext(
                trust_roots=[x509.Certificate.load(read(p)) for p in request["roots"]],
                crls=[crl.CertificateList.load(read(p)) for p in request["crls"]],
                moment=datetime.datetime.fromisoformat(request["moment"]),
                revocation_mode="require",
                allow_fetching=False,
            )
            status = await async_validate_pdf_signature(embedded, context)
            signatures.append({
                "field": embedded.field_name,
                "intact": status.intact,
                "valid": status.valid,
                "trusted": status.trusted,
                "bottom_line": status.bottom_line,
                "coverage": status.coverage.name,
                "changes": status.modification_level.name,
                "docmdp_ok": status.docmdp_ok,
                "path": len(list(status.validation_path.iter_certs(include_root=True)))
                if status.validation_path else 0,
            })
        return signatures


def main():
    request = json.load(sys.stdin)
    print(json.dumps({"version": version("pyHanko")}))
    for path in request["files"]:
        try:
            answer = {"signatures": asyncio.run(validate(path, request))}
        except Exception as error:  # one file must not stop the others
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
