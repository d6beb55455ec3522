"""Recipients and requester of a header; the printed page that names them, the notice at its foot, its validation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.checks.cda import correspondents, validation
from conformance.checks.pdf import shows
from conformance.model.finding import Finding
from conformance.model.identity import Identity
from conformance.validation import gate

Open = Callable[[str], gate.Document]
Says = Callable[..., Finding]
ALIX = {"id_national": "899990000211", "prenom": "Alix", "nom": "MODELE", "adresse_mss": "alix@autre.mssante.test"}
LOU = {"id_national": "899990000229", "prenom": "Lou", "nom": "FICTIF", "adresse_mss": "lou@autre.mssante.test"}
RECIPIENT = """<informationRecipient><intendedRecipient><id root="1.2.250.1.71.4.2.1" extension="899990000211"/>
</intendedRecipient></informationRecipient><legalAuthenticator>"""
REQUESTER = """<participant typeCode="REF"><associatedEntity classCode="PROV">
<id root="1.2.250.1.71.4.2.1" extension="899990000211"/><telecom value="mailto:alix@autre.mssante.test"/>
</associatedEntity></participant><documentationOf>"""


def test_a_recipient_left_out_is_named(letter: str, opened: Open, says: Says) -> None:
    document = opened(letter.replace("<legalAuthenticator>", RECIPIENT, 1))
    assert list(correspondents.recipients(document, [ALIX])) == []
    finding = says(correspondents.recipients(document, [ALIX, LOU]), "cda.recipient", "Lou FICTIF n’est pas nommé")
    assert finding.observed == "899990000211"
    says(correspondents.recipients(opened(letter), [ALIX]), "cda.recipient", "Alix MODELE")


def test_the_requester_is_there_with_his_address(letter: str, opened: Open, says: Says) -> None:
    document = opened(letter.replace("<documentationOf>", REQUESTER, 1))
    assert list(correspondents.requester(document, ALIX)) == []
    elsewhere = {**ALIX, "adresse_mss": "autre@autre.mssante.test"}
    says(correspondents.requester(document, elsewhere), "cda.requester.address", "n’est pas à sa place")
    says(correspondents.requester(document, LOU), "cda.requester", "n’est pas nommé")


def test_the_samples_name_the_recipients_they_name(ci_sis_pack: Path) -> None:
    seen = 0
    for path in sorted((ci_sis_pack / "ExemplesCDA").glob("*.xml")):
        document = gate.open_document(path.name, path.read_bytes())
        assert isinstance(document, gate.Document)
        found = document.all("informationRecipient/intendedRecipient/id[@root='1.2.250.1.71.4.2.1']")
        people = [{"id_national": one.get("extension", ""), "prenom": "", "nom": ""} for one in found]
        assert list(correspondents.recipients(document, people)) == [], path.name
        seen += len(people)
    assert seen > 0


def test_what_a_page_shows_hides_and_bears_at_its_foot(printed: bytes, person: Identity, says: Says) -> None:
    lines = ["Alix MODELE", person.nom_naissance]
    assert list(shows.shows("lettre.pdf", printed, [lines[1]], "Le nom", "essai")) == []
    says(shows.shows("lettre.pdf", printed, lines, "Un destinataire", "essai"), "pdf.text", "Un destinataire n’app")
    assert list(shows.hides("lettre.pdf", printed, ["Alix MODELE"], "La mention", "essai")) == []
    says(shows.hides("lettre.pdf", printed, [lines[1]], "La mention", "essai"), "pdf.text.unwanted", "sans qu’il")
    says(shows.at_the_bottom("lettre.pdf", printed, lines[1], "essai"), "pdf.footer", "au bas de la page")
    says(shows.shows("lettre.pdf", b"%PDF-", ["x"], "Le nom", "essai"), "pdf.unreadable", "lisible")
    says(shows.hides("lettre.pdf", b"%PDF-", ["x"], "Le nom", "essai"), "pdf.unreadable", "lisible")
    says(shows.at_the_bottom("lettre.pdf", b"%PDF-", "x", "essai"), "pdf.unreadable", "lisible")


def test_the_validation_is_dated_and_printed(
    letter: str, opened: Open, draw: Callable[..., bytes], person: Identity, printed: bytes, says: Says
) -> None:
    document = opened(letter)
    assert list(validation.dated_to_the_minute(document)) == []
    rpps = (validation.national_id(document) or "")[1:]
    stamp = document.first("legalAuthenticator/time")
    assert stamp is not None
    when = stamp.get("value", "")
    told = f"Validé le {when[6:8]}/{when[4:6]}/{when[:4]} à {when[8:10]}:{when[10:12]}, RPPS {rpps}"
    page = draw(person, lines=[told])
    assert list(validation.printed(document, "cr.pdf", page)) == []
    says(validation.printed(document, "cr.pdf", printed), "pdf.validation", "RPPS")
    undated = opened(letter.replace(f'value="{when}"', f'value="{when[:8]}"'))
    says(validation.dated_to_the_minute(undated), "cda.validation.time", "n’a pas d’heure")
