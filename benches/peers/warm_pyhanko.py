"""PDF files -> how long pyHanko takes for all their signatures, in one warm process.

    python warm_pyhanko.py ROOTS.pem LIST PASSES

PyPI: pyHanko. Trust is the roots; no revocation, no network; changes after signing are judged as
pyHanko does by default. Prints documents, how many verified, and processor seconds, as JSON.
"""

import json
import logging
import sys
import time

from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


def verify(path, roots):
    with open(path, "rb") as file:
        reader = PdfFileReader(file)
        found = list(reader.embedded_regular_signatures)
        context = ValidationContext(trust_roots=roots, allow_fetching=False)
        return bool(found) and all(
            validate_pdf_signature(one, signer_validation_context=context).bottom_line
            for one in found
        )


def main():
    logging.disable(logging.CRITICAL)
    roots = list(load_certs_from_pemder([sys.argv[1]]))
    with open(sys.argv[2], encoding="utf-8") as file:
        paths = file.read().splitlines()
    passes = int(sys.argv[3])
    for path in paths[:3]:
        verify(path, roots)
    start = time.process_time()
    right = sum(verify(path, roots) for _ in range(passes) for path in paths)
    seconds = time.process_time() - start
    documents = passes * len(paths)
    print(json.dumps({"documents": documents, "verified": right, "seconds": seconds}))


if __name__ == "__main__":
    main()
