"""The messages of an invented technical platform, read by the hl7 library and by a PDF reader: nothing of ours."""

from __future__ import annotations

import base64
import io

import hl7
import pikepdf
import pytest
from lxml import etree

from conformance.drivers import platform_flow
from conformance.drivers.lab_report import LabResult, report
from conformance.drivers.platform_flow import BIOLOGY, HIDDEN, IMAGING, MASKED, TO_DMP
from conformance.model.identity import invent
from conformance.simulators.pam_sender import Sending

WHO = invent(2, "plateforme")
REPORT = report("un", WHO, LabResult("2571-8", "Triglycérides", "0.62", "g/L", "N"))
PRO = "medecin@autre.mssante.test"


@pytest.mark.parametrize(("type_code", "kind"), [(IMAGING, "MDM^T02^MDM_T02"), (BIOLOGY, "ORU^R01^ORU_R01")])
def test_a_message_says_the_patient_the_document_and_the_choices(type_code: str, kind: str) -> None:
    carried = platform_flow.level_1(type_code, REPORT, {TO_DMP, MASKED}, PRO)
    message = hl7.parse(carried.message(Sending(WHO, "IPP1")).decode())
    assert str(message.segment("MSH")[9]) == kind
    assert WHO.matricule in str(message.segment("PID")[3]) and str(message.segment("PID")[32]) == "VALI"
    document, *choices = message.segments("OBX")
    assert base64.b64decode(str(document[5]).split("^")[4]) == carried.cda
    said = {str(one[3]).split("^")[0]: str(one[5]).split("^")[0] for one in choices}
    assert (said[TO_DMP], said[MASKED], said[HIDDEN]) == ("Y", "Y", "N")
    assert PRO in str(message.segment("PRT"))


def test_a_level_1_report_holds_its_pdf_and_names_its_patient() -> None:
    carried = platform_flow.level_1(IMAGING, REPORT, {TO_DMP}, PRO)
    root = etree.fromstring(carried.cda)
    names = {"h": "urn:hl7-org:v3"}
    inside = base64.b64decode(root.findtext("h:component/h:nonXMLBody/h:text", "", names))
    assert inside == carried.pdf
    with pikepdf.open(io.BytesIO(inside)) as opened:
        assert len(opened.pages) == 1
        assert opened.open_metadata().pdfa_status == "1B"
    assert root.find("h:code", names).get("code") == IMAGING  # type: ignore[union-attr]
    assert root.xpath("string(h:recordTarget/h:patientRole/h:id/@extension)", namespaces=names) == WHO.matricule


def test_a_level_3_report_is_the_laboratorys_own() -> None:
    carried = platform_flow.level_3(REPORT, {TO_DMP}, PRO)
    assert carried.cda == REPORT.cda and carried.pdf is None
