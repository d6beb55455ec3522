"""Structured biology reports: results, units, subcontractors, what the style sheet displays; the agency's samples in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.checks.cda import biology, render, volet
from conformance.model.finding import Finding
from conformance.validation import gate

Says = Callable[..., Finding]
TSH = {"code": "3016-3", "libelle": "Thyréostimuline", "valeur": "1.95", "unite": "m[IU]/L"}
WHO = {"id_structure": "1999900019"}
PERFORMER = """<performer><assignedEntity><id root="1.2.3" extension="1"/><representedOrganization>
<id root="1.2.250.1.71.4.2.2" extension="1999900019"/><name>Laboratoire des Aulnes</name>
<telecom value="tel:0199000019"/><addr><city>Clermont</city></addr></representedOrganization></assignedEntity></performer>"""
SHEET = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:c="urn:hl7-org:v3"
xmlns:data="urn:asip-sante:ci-sis"><data:Contenu>{cda}</data:Contenu><xsl:template match="/">{body}</xsl:template>
</xsl:stylesheet>"""
SHOW = '<html><style>td { color: red }</style><xsl:value-of select="//c:structuredBody"/></html>'


def body(entry: str = "", text: str = "<table><tbody><tr><td>TSH 1.95</td></tr></tbody></table>") -> str:
    section = f"<section><title>Biochimie</title><text>{text}</text>{entry}</section>"
    whole = f"<component><structuredBody><component>{section}</component></structuredBody></component>"
    return f'<ClinicalDocument xmlns="urn:hl7-org:v3">{whole}</ClinicalDocument>'


def result(value: str = "1.95", unit: str = "m[IU]/L", more: str = "") -> str:
    seen = f'<observation><code code="3016-3"/><value value="{value}" unit="{unit}"/>{more}</observation>'
    return f"<entry><act><entryRelationship>{seen}</entryRelationship></act></entry>"


def opened(content: str) -> gate.Document:
    document = gate.open_document("cr.xml", content.encode())
    assert isinstance(document, gate.Document), document
    return document


def samples(pack: Path) -> Iterator[gate.Document]:
    for path in sorted((pack / "ExemplesCDA").glob("BIO-CR-BIO*.xml")):
        document = gate.open_document(path.name, path.read_bytes())
        assert isinstance(document, gate.Document)
        yield document


def test_a_result_is_structured_with_its_value(says: Says) -> None:
    assert list(biology.results(opened(body(result())), [TSH])) == []
    assert list(biology.results(opened(body(result("1.950"))), [TSH])) == []
    says(biology.results(opened(body()), [TSH]), "cda.biology.result", "L’examen 3016-3 n’est pas structuré")
    says(biology.results(opened(body(result("7"))), [TSH]), "cda.biology.result", "La valeur de l’examen 3016-3")
    assert list(volet.structured(opened(body(result())))) == []
    says(volet.structured(opened(body())), "cda.structured", "n’est pas structuré")


@pytest.mark.parametrize(
    "unit", ["g/L", "m[IU]/L", "10*6/uL", "mm[Hg]", "%", "{score}", "mL/min/{1.73_m2}", "1", "/uL"]
)
def test_ucum_units_pass(unit: str) -> None:
    assert list(biology.units(opened(body(result(unit=unit))))) == []


@pytest.mark.parametrize("unit", ["UI/L", "mUI/L", "millimoles par litre", "µg/L", "[IU/L", ""])
def test_other_units_are_refused(unit: str, says: Says) -> None:
    says(biology.units(opened(body(result(unit=unit)))), "cda.biology.unit", "UCUM")


def test_the_units_of_the_samples_pass(ci_sis_pack: Path) -> None:
    refused = {(one.name, f.observed) for one in samples(ci_sis_pack) for f in biology.units(one)}
    assert refused == set()


def test_the_subcontractor_is_named_beside_his_results(says: Says) -> None:
    assert list(biology.subcontracted(opened(body(result(more=PERFORMER))), WHO)) == []
    says(biology.subcontracted(opened(body(result())), WHO), "cda.biology.subcontractor", "n’est pas nommé")
    silent = PERFORMER.replace('<telecom value="tel:0199000019"/>', "")
    found = biology.subcontracted(opened(body(result(more=silent))), WHO)
    says(found, "cda.biology.subcontractor", "les coordonnées")
    bare = f"<entry><act>{PERFORMER}</act></entry>"
    says(biology.subcontracted(opened(body(bare)), WHO), "cda.biology.result", "ni structurés ni joints")


def test_a_link_a_picture_or_a_report_of_his_own_is_refused(says: Says) -> None:
    assert list(biology.no_link_nor_image(opened(body(result())))) == []
    linked = opened(body(text='<paragraph><linkHtml href="https://labo.test/cr.pdf">CR</linkHtml></paragraph>'))
    says(biology.no_link_nor_image(linked), "cda.biology.link", "lien ou une image")
    media = '<entry><observationMedia><value mediaType="image/png"/></observationMedia></entry>'
    says(biology.no_link_nor_image(opened(body(media))), "cda.biology.link", "lien ou une image")
    keeper = "<custodian><assignedCustodian><representedCustodianOrganization><id extension='1999900019'/>"
    keeper += "</representedCustodianOrganization></assignedCustodian></custodian>"
    own = opened(body().replace("<component><structuredBody>", f"{keeper}<component><structuredBody>"))
    says(biology.not_by(own, WHO), "cda.biology.apart", "diffusé à part")
    assert list(biology.not_by(opened(body()), WHO)) == []


def test_what_the_sheet_displays_is_compared_to_the_narrative(says: Says) -> None:
    document = opened(SHEET.format(cda=body(), body=SHOW))
    shown = render.rendered(document)
    assert isinstance(shown, str)
    assert "color" not in shown
    assert list(render.narrative(document)) == ["Biochimie", "TSH 1.95"]
    assert list(render.displays(document, shown, render.narrative(document), "Un texte")) == []
    says(render.displays(document, shown, ["Ferritine"], "Un texte"), "cda.sheet.missing", "Un texte n’apparaît")
    says(render.silent(document, "tsh"), "cda.narrative.unwanted", "ne concerne pas")
    assert list(render.silent(document, "Ferritine")) == []


def test_a_missing_failing_or_hostile_sheet_is_told(says: Says, tmp_path: Path) -> None:
    says(render.rendered(opened(body())), "cda.sheet", "ne contient pas de feuille de style")
    endless = (
        '<xsl:call-template name="again"/></xsl:template><xsl:template name="again"><xsl:call-template name="again"/>'
    )
    says(render.rendered(opened(SHEET.format(cda=body(), body=endless))), "cda.sheet.failed", "ne s’applique pas")
    secret = tmp_path / "secret.xml"
    secret.write_text("<a>confidentiel</a>", encoding="utf-8")
    spy = f"<p><xsl:value-of select=\"document('{secret.as_uri()}')\"/></p>"
    read = render.rendered(opened(SHEET.format(cda=body(), body=spy)))
    assert isinstance(read, tuple) or "confidentiel" not in read


def test_the_self_presenting_samples_display_themselves(ci_sis_pack: Path) -> None:
    seen = 0
    for document in samples(ci_sis_pack):
        if "Auto-Presentable" in document.name and not list(render.sheet(document)):
            shown = render.rendered(document)
            assert isinstance(shown, str), shown
            texts = list(render.narrative(document))
            assert [f.expected for f in render.displays(document, shown, texts, "Un texte")] == []
            seen += 1
    assert seen > 0
