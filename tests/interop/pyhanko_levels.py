"""Validates levels with pyHanko from the root alone, all in one process.

stdin:  {"root": DER file, "crls": [DER file], "ocsps": [DER file], "others": [DER file],
         "files": [[PDF file, level]]}
stdout: {"version": pyHanko's}, then one line for each file: {"signatures": [...]} or
        {"error": text}

B-B and B-T are validated with the given answers, B-LT with what its security store holds, B-LTA
too, and where the signature has a time stamp by the process for archives (EN 319 102-1 §5.6.3).
Nothing is fetched.
"""

import asyncio
import json
import sys
from importlib.metadata import version

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager


def read(path):
    with open(path, "rb") as file:
        return file.read()


async def validate(path, level, request):
    root = x509.Certificate.load(read(request["root"]))

    def informed():
        return ValidationContext(
            trust_roots=[root],
            other_certs=[x509.Certificate.load(read(p)) for p in request["others"]],
            crls=[crl.CertificateList.load(read(p)) for p in request["crls"]],
            ocsps=[ocsp.OCSPResponse.load(read(p)) for p in request["ocsps"]],
            revocation_mode="require",
            allow_fetching=False,
        )

    facts = []
    with open(path, "rb") as file:
        reader = PdfFileReader(file)

        def stored():
            return DocumentSecurityStore.read_dss(reader).as_validation_context({
                "trust_roots": [root],
                "revocation_mode": "require",
                "allow_fetching": False,
            })

        for embedded in reader.embedded_regular_signatures:
            # Its process for archives refuses signatures without a time stamp of their own, which
            # is what a signature that was raised later is ("for now we assume that someone calling
            # this method actually cares about timestamps").
            own = "signature_time_stamp_token" in {
                attribute["type"].native
                for attribute in embedded.signer_info["unsigned_attrs"] or ()
            }
            if level == "B-LTA" and own:
                # EN 319 102-1 §5.6.3, from the root and the file.
                policy = CertValidationPolicySpec(
                    trust_manager=SimpleTrustManager.build([root]),
                    revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
                )
                result = await ades_lta_validation(
                    embedded,
                    PdfSignatureValidationSpec(
                        SignatureValidationSpec(
                            cert_validation_policy=policy,
                            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                                RevinfoOnlineFetchingRule.LOCAL_ONLY
                            ),
                        )
                    ),
                )
                status = result.api_status
                facts.append({
                    "field": embedded.field_name,
                    "conclusion": str(result.ades_subindic),
                    "bottom_line": result.ades_subindic.status.name == "PASSED",
                    "trusted": status.trusted,
                    "stamped": result.best_signature_time is not None,
                    "docmdp_ok": status.docmdp_ok,
                    "changes": status.modification_level.name,
                })
                continue
            context = stored if level in ("B-LT", "B-LTA") else informed
            status = await async_validate_pdf_signature(
                embedded,
                signer_validation_context=context(),
                ts_validation_context=context(),
            )
            stamp = status.timestamp_validity
            facts.append({
                "field": embedded.field_name,
                "bottom_line": status.bottom_line,
                "trusted": status.trusted,
                "stamped": bool(stamp and stamp.valid and stamp.trusted),
                "docmdp_ok": status.docmdp_ok,
                "changes": status.modification_level.name,
            })
        for embedded in reader.embedded_timestamp_signatures:
            status = await async_validate_pdf_timestamp(embedded, validation_context=informed())
            facts.append({
                "field": embedded.field_name,
                "bottom_line": status.intact and status.valid and status.trusted,
                "trusted": status.trusted,
                "coverage": status.coverage.name,
            })
    return facts


def main():
    request = json.load(sys.stdin)
    print(json.dumps({"version": version("pyHanko")}))
    for path, level in request["files"]:
        try:
            answer = {"signatures": asyncio.run(validate(path, level, request))}
        except Exception as error:  # one file must not stop the others
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
