from __future__ import annotations

import pytest

from conformance.checks import xds
from conformance.checks.vihf.model import PATIENT, Vihf
from conformance.model.evidence import Channel
from conformance.model.finding import Finding, Location
from tests.checks.carried import (
    AUTHOR,
    ENTRY,
    FORMER,
    LOT,
    OTHER,
    SOMEONE,
    STRUCTURE,
    association,
    cda,
    cx,
    errors,
    exchange,
    metadata,
    says,
    warns,
)

RPLC = "urn:ihe:iti:2007:AssociationType:RPLC"
UPDATE = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
DELETED = "urn:asip:ci-sis:2010:StatusType:Deleted"


def read(content: bytes | None = None) -> xds.Submission:
    found = xds.read(metadata() if content is None else content)
    assert isinstance(found, xds.Submission), found
    return found


def altered(old: str, new: str, count: int = -1) -> xds.Submission:
    source = metadata().decode()
    assert old in source
    return read(source.replace(old, new, count).encode())


def test_a_conforming_submission_has_nothing_to_say() -> None:
    lot = read()
    found: list[Finding] = []
    for check in (xds.structure, xds.codings, xds.syntax, xds.single_patient):
        found += check(lot)
    found += xds.cardinalities(lot, in_archive=True)
    found += xds.confidentiality(lot, ())
    found += xds.agrees_with_cda(lot.documents[0], cda())
    assert found == []


def test_what_is_not_metadata_is_refused() -> None:
    assert says(xds.read(b"<a/>"), "SubmitObjectsRequest")
    assert says(xds.read(b"<!DOCTYPE a><a/>"), "DOCTYPE")


def test_a_lot_of_thousands_of_objects_is_refused() -> None:
    assert says(xds.read(metadata(more=association(RPLC, ENTRY, FORMER) * 2000)), "nombre démesuré")


def test_an_identifier_used_twice_is_told() -> None:
    assert says(
        xds.structure(altered(f'ExtrinsicObject id="{ENTRY}"', f'ExtrinsicObject id="{LOT}"')), "même identifiant"
    )


def test_a_lot_without_its_classification_is_told() -> None:
    assert says(xds.structure(altered("a54d6aa5-d40d-43f9-88c5-b4633d873bdd", "autre")), "lot de soumission")


def test_a_document_out_of_the_lot_is_told() -> None:
    assert says(xds.structure(altered(":HasMember", ":Autre")), "pas rattaché au lot")
    assert says(
        xds.structure(altered("<rim:Value>Original</rim:Value>", "<rim:Value>Reference</rim:Value>")), "d’origine"
    )


def test_an_unsigned_deposit_warns() -> None:
    assert warns(xds.structure(read(), signed=True), "n’est pas signé")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name="creationTime"', 'name="autre"', "creationTime du document est absente"),
        ('name="submissionTime"', 'name="autre"', "submissionTime du lot est absente"),
        ('name="hash"', 'name="autre"', "hash du document est absente"),
        ("f0306f51-975f-434e-a61c-c59651d33983", "autre", "typeCode du document est absente"),
        ("58a6f841-87b3-4a3e-92fd-a8ffeff98427", "autre", "patientId du document est absente"),
        ("93606bcf-9494-43ec-9b4e-a7748d1a838d", "autre", "author du document est absente"),
        ("f4f85eac-e6cb-4883-b524-f2705394840f", "autre", "1 à 4 codes de confidentialité"),
        ('<rim:Name><rim:LocalizedString value="Lettre de suivi"/></rim:Name>', "", "title du document est absente"),
    ],
)
def test_a_missing_metadata_is_named(old: str, new: str, said: str) -> None:
    assert says(xds.cardinalities(altered(old, new), in_archive=True), said)


def test_a_deposit_needs_neither_hash_nor_uri() -> None:
    lot = altered('name="hash"', 'name="autre"')
    assert list(xds.cardinalities(lot)) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<rim:Value>1.2.250.1.213.1.1.4.1</rim:Value>", "<rim:Value>1.2.3</rim:Value>", "classCode ne vient pas"),
        ("<rim:Value>fr-FR</rim:Value>", "<rim:Value>fr</rim:Value>", "langue du document"),
        ('value="Cabinet individuel"', 'value=""', "pas de libellé"),
    ],
)
def test_a_wrong_coding_is_told(old: str, new: str, said: str) -> None:
    assert says(xds.codings(altered(old, new)), said)


def test_an_unlisted_class_warns() -> None:
    assert warns(xds.codings(altered('nodeRepresentation="10"', 'nodeRepresentation="99"')), "JDV_J57")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("20260302091500", "20260302101500+0100", "creationTime n’a pas la forme"),
        ("20260302080000", "20261302080000", "serviceStartTime n’a pas la forme"),
        ("^^^^^^&amp;1.2.250.1.71.4.2.1&amp;ISO^D^^^IDNPS", "", "authorPerson n’a pas la forme"),
        ("&amp;ISO^IDNST", "&amp;ISO^XX", "authorInstitution n’a pas la forme"),
        ('value="2.25.77"', 'value="urn:oid:2.25.77"', "sourceId n’a pas la forme"),
        ("&amp;ISO^NH", "&amp;ISO^PI", "patientId n’a pas la forme"),
        (SOMEONE.matricule, SOMEONE.matricule[:13] + "00", "patientId n’a pas la forme"),
        ("P-1^^^&amp;2.25.99&amp;ISO^PI", "P-1", "sourcePatientId n’a pas la forme"),
    ],
)
def test_a_wrong_form_is_told(old: str, new: str, said: str) -> None:
    assert says(xds.syntax(altered(old, new)), said)


def test_a_production_identity_warns() -> None:
    assert warns(xds.syntax(altered("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8")), "INS de production")


def test_the_chosen_restrictions_and_no_other_are_expected() -> None:
    masked = read(metadata(levels=("MASQUE_PS",)))
    assert list(xds.confidentiality(masked, {"MASQUE_PS"})) == []
    assert says(xds.confidentiality(masked, ()), "l’utilisateur a choisies")
    assert says(xds.confidentiality(read(), {"INVISIBLE_PATIENT"}), "l’utilisateur a choisies")


def test_unknown_and_missing_levels_are_told() -> None:
    assert says(xds.confidentiality(read(metadata(levels=("INVISIBLE_REP_LEGAUX",)))), "est inconnu")
    assert says(
        xds.confidentiality(altered('nodeRepresentation="N"', 'nodeRepresentation="R"')), "confidentialité N manque"
    )
    assert warns(xds.confidentiality(read(metadata(levels=("MASQUE_PT",)))), "pas en usage")


def test_a_replacement_names_the_former_document() -> None:
    lot = read(metadata(more=association(RPLC, ENTRY, FORMER)))
    assert list(xds.replaces(lot, FORMER)) == []
    assert says(xds.replaces(read(), FORMER), "n’est pas liée")
    assert says(xds.replaces(lot, "urn:uuid:autre"), "ne désigne pas le document remplacé")
    assert says(xds.replaces(read(metadata(more=association(RPLC, LOT, FORMER)))), "ne part pas d’un document")


def test_a_revision_names_its_document_by_its_logical_id() -> None:
    lot = altered(f'ExtrinsicObject id="{ENTRY}"', f'ExtrinsicObject lid="{FORMER}" id="{ENTRY}"')
    assert list(xds.revises(lot, FORMER)) == []
    assert says(xds.revises(lot, ENTRY), "identifiant logique")
    assert says(xds.revises(read(), FORMER), "identifiant logique")


def test_a_deletion_names_its_document() -> None:
    lot = read(metadata(more=association(UPDATE, LOT, FORMER, OriginalStatus="x", NewStatus=DELETED)))
    assert list(xds.deletes(lot, FORMER)) == []
    assert says(xds.deletes(read()), "ne demande pas la suppression")
    assert says(xds.deletes(lot, ENTRY), "ne vise pas")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2.25.1234567890.1", "2.25.5", "uniqueId"),
        ("20260302101500+0100", "20260302111500+0100", "creationTime"),
        ("20260302090000+0100", "20260302100000+0100", "serviceStartTime"),
        ('code="11488-4"', 'code="34112-3"', "typeCode"),
        ('code="SA07"', 'code="SA08"', "healthcareFacilityTypeCode"),
        ('code="AMBULATOIRE"', 'code="HAD"', "practiceSettingCode"),
        ('code="N"', 'code="R"', "confidentialityCode"),
        ("<title>Lettre de suivi", "<title>Autre", "title"),
        (f'extension="{AUTHOR}"', 'extension="889990000999"', "authorPerson"),
        (f'extension="{STRUCTURE}"', 'extension="499"', "authorInstitution"),
        (SOMEONE.matricule, OTHER.matricule, "patientId"),
        ('extension="P-1"', 'extension="P-2"', "sourcePatientId"),
        (f"{SOMEONE.nom_naissance}</family>", "AUTRE</family>", "sourcePatientInfo"),
        ("application/pdf", "text/plain", "formatCode"),
    ],
)
def test_a_metadata_that_contradicts_the_header_is_named(old: str, new: str, said: str) -> None:
    source = cda().decode()
    assert old in source
    found = errors(xds.agrees_with_cda(read().documents[0], source.replace(old, new).encode()))
    assert f"La métadonnée {said} n’est pas celle de l’en-tête du CDA." in found


def test_an_unreadable_document_is_a_finding() -> None:
    assert says(xds.agrees_with_cda(read().documents[0], b"<a"), "bien formé")


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("20260302101500+0100", "20260302091500"),
        ("202603021015+0100", "202603020915"),
        ("20260101003000+0200", "20251231223000"),
        ("20260302", "20260302"),
        ("20260302101500", "20260302"),
        ("hier", None),
        ("", None),
    ],
)
def test_times_are_turned_to_utc(written: str, utc: str | None) -> None:
    assert xds.utc(written) == utc


def vihf(mode: str = "INDIRECTE", who: str = cx(SOMEONE), name: str = AUTHOR, structure: str = STRUCTURE) -> Vihf:
    attributes = {"Authentification_mode": (mode,), "Identifiant_Structure": (structure,), PATIENT: (who,)}
    return Vihf(Location("VIHF"), "2.0", "CN=x", "", name, "", "", False, attributes)


def test_the_lot_agrees_with_the_assertion_of_its_call() -> None:
    assert list(xds.agrees_with_vihf(read(), vihf())) == []
    assert list(xds.agrees_with_vihf(read(), vihf("DIRECTE", structure="autre"))) == []
    assert says(xds.agrees_with_vihf(read(), vihf(who=cx(OTHER))), "pas l’usager désigné par le VIHF")
    assert says(xds.agrees_with_vihf(read(), vihf(structure="4")), "Aucune structure d’auteur")
    assert says(xds.agrees_with_vihf(read(), vihf("DIRECTE", name="8")), "ni auteur ni responsable")


def test_two_patients_in_a_lot_are_told() -> None:
    assert says(xds.single_patient(altered(SOMEONE.matricule, OTHER.matricule, 1)), "plusieurs usagers")


def mtom(document: bytes, identifier: str = ENTRY, cid: str = "doc@banc.test") -> xds.Deposit:
    request = metadata().split(b"?>", 1)[1].decode()
    root = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
        f'<x:ProvideAndRegisterDocumentSetRequest xmlns:x="urn:ihe:iti:xds-b:2007">{request}<x:Document id="{identifier}">'
        f'<p:Include xmlns:p="http://www.w3.org/2004/08/xop/include" href="cid:{cid}"/></x:Document>'
        "</x:ProvideAndRegisterDocumentSetRequest></s:Body></s:Envelope>"
    ).encode()
    body = (
        b"--b\r\nContent-Type: application/xop+xml\r\nContent-ID: <root>\r\n\r\n"
        + root
        + (
            b"\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n"
            b"Content-ID: <doc@banc.test>\r\n\r\n"
        )
        + document
        + b"\r\n--b--\r\n"
    )
    headers = (("Content-Type", 'multipart/related; boundary="b"; start="<root>"; type="application/xop+xml"'),)
    found = xds.deposit(exchange(Channel.DMP, "TD2.1", body, headers=headers))
    assert isinstance(found, xds.Deposit), found
    return found


def test_a_deposit_gives_its_documents_byte_for_byte() -> None:
    deposit = mtom(cda())
    assert deposit.documents == {ENTRY: cda()}
    assert list(xds.contents(deposit)) == []


def test_documents_and_entries_that_do_not_meet_are_told() -> None:
    assert says(xds.contents(mtom(cda(), ENTRY.upper())), "à la casse près")
    assert says(xds.contents(mtom(cda(), "autre")), "n’a pas son document")
    assert says(xds.contents(mtom(cda(), cid="perdu")), "vide ou introuvable")
    found = list(xds.contents(mtom(cda(OTHER))))
    assert says(found, "empreinte (hash)")


def test_a_broken_deposit_is_a_finding() -> None:
    headers = (("Content-Type", "multipart/related; boundary=b"),)
    assert says(xds.deposit(exchange(Channel.DMP, "TD2.1", b"--b", headers=headers)), "vide")
