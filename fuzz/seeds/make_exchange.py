#!/usr/bin/env python3
"""Seeds of exchange_envelope: a document with a plain and a packed attachment, a status message,
and what is refused. Invented names; running it again gives the same bytes."""

import base64
import io
import os
import zipfile

NS = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exchange_envelope")


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        entry = zipfile.ZipInfo("0f3a.pdf", (2026, 11, 23, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        z.writestr(entry, b"%PDF-1.7 content")
    return out.getvalue()


def attachment(number, content):
    return (
        f"<Attachment><ContentId>cid:{number}</ContentId><AttachmentName>{number}.pdf</AttachmentName>"
        f"<ContentTransferEncoded>{base64.b64encode(content).decode()}</ContentTransferEncoded></Attachment>"
    )


def message(header, rest=""):
    return (
        f'<?xml version="1.0" encoding="utf-8"?><edXML xmlns="{NS}" xmlns:edXML="{NS}">'
        "<edXML:edXMLEnvelope><edXML:edXMLHeader><edXML:MessageHeader>"
        "<edXML:From><edXML:OrganId>H99</edXML:OrganId><edXML:OrganName>Bộ Mẫu</edXML:OrganName></edXML:From>"
        f"{header}</edXML:MessageHeader></edXML:edXMLHeader></edXML:edXMLEnvelope>{rest}</edXML>"
    )


DOCUMENT = message(
    "<edXML:To><edXML:OrganId>H98</edXML:OrganId><edXML:OrganName>Tỉnh Mẫu</edXML:OrganName></edXML:To>"
    "<edXML:Code><edXML:CodeNumber>15</edXML:CodeNumber><edXML:CodeNotation>QĐ-BM</edXML:CodeNotation></edXML:Code>"
    "<edXML:Subject>a &amp; b</edXML:Subject>",
    "<AttachmentEncoded>"
    + attachment(1, b"%PDF-1.7 plain")
    + attachment(2, archive())
    + "</AttachmentEncoded>",
)
STATUS = message(
    "<edXML:ResponseFor><edXML:OrganId>H98</edXML:OrganId><edXML:Code>15/QĐ-BM</edXML:Code></edXML:ResponseFor>"
    "<edXML:StatusCode>03</edXML:StatusCode><edXML:Timestamp>2026/11/23 15:30:00</edXML:Timestamp>"
)
ENTITIES = DOCUMENT.replace("?><edXML ", '?><!DOCTYPE a [<!ENTITY b "c">]><edXML ', 1)

for name, text in [("document", DOCUMENT), ("status", STATUS), ("entities", ENTITIES)]:
    with open(os.path.join(HERE, f"seed-{name}.edxml"), "w", encoding="utf-8", newline="") as f:
        f.write(text)
