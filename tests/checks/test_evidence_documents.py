"""PDFs, approvals, journals and links filed as proofs."""

from __future__ import annotations

from datetime import date

import pikepdf
import pytest

from conformance.checks.evidence import documents, refused
from tests.checks.pieces import pdf, told

APPROVAL = ("Autorisation du CNDA", "Référence : INS-2025-00042", "Produit : Cabinet Exemple 4", "Le 3 février 2025")


def test_a_sound_pdf() -> None:
    findings, made = documents.pdf("a/b.pdf", pdf("Bonjour", pages=2, made="D:20250203101500+01'00'"))
    assert told(findings, info=True) == [("preuve.pdf", "PDF : 2 pages, avec du texte.")]
    assert made == date(2025, 2, 3)


def test_a_pdf_without_text_is_told() -> None:
    assert told(documents.pdf("a/b.pdf", pdf())[0], info=True) == [
        ("preuve.pdf", "PDF : 1 page, sans texte (numérisation).")
    ]


def test_an_absurd_date_is_no_date() -> None:
    assert documents.pdf("a/b.pdf", pdf("x", made="D:20251399"))[1] is None


@pytest.mark.parametrize(
    ("content", "rule", "message"),
    [
        (
            pdf("x", encryption=pikepdf.Encryption(owner="a", user="b")),
            "preuve.chiffree",
            "Le PDF demande un mot de passe : personne ne peut l’examiner.",
        ),
        (b"%PDF-1.7\n" + b"\xff" * 300, "preuve.illisible", "Le PDF ne se lit pas : fichier tronqué ou corrompu."),
        (b"%PDF-1.7", "preuve.illisible", "Le PDF ne se lit pas : fichier tronqué ou corrompu."),
        (pdf("x", pages=0), "preuve.illisible", "Le PDF n’a aucune page."),
    ],
)
def test_a_pdf_that_nobody_can_read_is_refused(content: bytes, rule: str, message: str) -> None:
    findings, _ = documents.pdf("a/b.pdf", content)
    assert told(findings) == [(rule, message)]
    assert refused(findings)


def test_a_pdf_that_opens_although_encrypted_is_a_warning() -> None:
    findings, _ = documents.pdf("a/b.pdf", pdf("x", encryption=pikepdf.Encryption(owner="a", user="")))
    assert [rule for rule, _ in told(findings)] == ["preuve.pdf.protege"]
    assert not refused(findings)


@pytest.mark.parametrize(
    "lines",
    [
        APPROVAL,
        ("CERTIFICAT N° HOM/2025.17", "délivré le 03/02/2025", "au logiciel CABINET  EXEMPLE"),
        ("Homologation 2025-INS-7", "2025-02-03", "Cabinet", "Exemple"),
    ],
)
def test_an_approval_that_says_all(lines: tuple[str, ...]) -> None:
    findings = list(documents.approval("a/b.pdf", pdf(*lines), "Cabinet Exemple"))
    assert [(one.rule, one.severity.value) for one in findings] == [("preuve.agrement", "INFO")]
    assert "produit Cabinet Exemple" in findings[0].message


def test_what_was_read_in_an_approval_is_shown() -> None:
    (found,) = documents.approval("a/b.pdf", pdf(*APPROVAL), "Cabinet Exemple")
    assert (
        found.message == "Lu dans l’agrément : référence INS-2025-00042, date 3 fevrier 2025, produit Cabinet Exemple."
    )


@pytest.mark.parametrize(
    ("line", "instead", "message"),
    [
        (1, "Référence fictive", "Aucune référence n’a été trouvée dans le texte de l’agrément."),
        (2, "Produit : Autre Logiciel 4", "Le nom du logiciel n’a pas été trouvé dans le texte de l’agrément."),
        (2, "Produit : Cabinet Exemples", "Le nom du logiciel n’a pas été trouvé dans le texte de l’agrément."),
        (3, "Hier", "Aucune date n’a été trouvée dans le texte de l’agrément."),
    ],
)
def test_what_an_approval_does_not_say_is_a_warning(line: int, instead: str, message: str) -> None:
    lines = [*APPROVAL]
    lines[line] = instead
    findings = list(documents.approval("a/b.pdf", pdf(*lines), "Cabinet Exemple"))
    assert told(findings) == [("preuve.agrement.mention", message)]
    assert not refused(findings)


def test_a_scanned_approval_is_left_to_the_eye() -> None:
    assert told(documents.approval("a/b.pdf", pdf(), "Cabinet Exemple")) == [
        (
            "preuve.agrement.mention",
            "L’agrément n’a pas de texte : sa référence, sa date et son produit sont à lire à l’œil.",
        )
    ]


LOG = "2026-01-05T10:15:00Z appel INSi, code 00\n2026-01-05T10:15:01Z identité qualifiée\n"


@pytest.mark.parametrize("content", [LOG.encode(), LOG.encode("utf-8-sig"), LOG.encode("utf-16")])
def test_a_sound_journal(content: bytes) -> None:
    assert list(documents.written("a/b.log", content, "log", "log")) == []


@pytest.mark.parametrize(
    ("content", "extension", "rule", "message"),
    [
        (LOG.encode() + b"\0\1\2", "log", "preuve.illisible", "Le fichier n’est pas du texte"),
        (LOG.encode("cp1252"), "log", "preuve.encodage", "Le texte n’est pas en UTF-8"),
        (
            b"appel de INSi, puis reponse du service",
            "log",
            "preuve.journal.date",
            "Le journal ne porte ni date ni heure",
        ),
        (b"10:15:00 ok", "log", "preuve.courte", "Le texte est presque vide."),
        (b'{"date": "2026-01-05T10:15:00Z", ', "json", "preuve.json", "Le fichier n’est pas du JSON bien formé."),
        (b"[" * 100_000 + b"2026-01-05", "json", "preuve.json", "Le fichier n’est pas du JSON bien formé."),
    ],
)
def test_a_journal_with_something_odd(content: bytes, extension: str, rule: str, message: str) -> None:
    findings = list(documents.written(f"a/b.{extension}", content, extension, "log"))
    assert [one.rule for one in findings] == [rule]
    assert findings[0].message.startswith(message)
    assert refused(findings) == (rule == "preuve.illisible")


@pytest.mark.parametrize(
    "content",
    [
        b"[InternetShortcut]\r\nURL=https://gazelle.exemple.fr/EVSClient/report.seam?oid=1.2.3\r\n",
        b"https://editeur.example/conditions",
        "voir https://xn--diteur-9ua.example/été.".encode(),
    ],
)
def test_a_sound_link_is_shown_and_never_followed(content: bytes) -> None:
    findings = list(documents.link("a/b.url", content))
    assert [(one.rule, one.severity.value) for one in findings] == [("preuve.lien.adresse", "INFO")]
    assert findings[0].message.startswith("Lien, non suivi par le banc : https://")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://editeur.example/a", "L’adresse n’est pas en https."),
        ("https://moi:secret@editeur.example/", "L’adresse contient un identifiant ou un mot de passe."),
        ("https://intranet/a", "L’adresse ne désigne pas un nom de domaine public."),
        ("https://127.0.0.1/a", "L’adresse ne désigne pas un nom de domaine public."),
        ("https://[::1]/a", "L’adresse ne désigne pas un nom de domaine public."),
        ("https://serveur.local/a", "L’adresse est celle d’un réseau privé : l’Agence ne peut pas l’ouvrir."),
        ("https://editeur.example:99999/", "L’adresse est mal formée."),
        ("https://[oups/", "L’adresse est mal formée."),
    ],
)
def test_a_link_that_others_cannot_open_is_a_warning(address: str, message: str) -> None:
    findings = list(documents.link("a/b.txt", address.encode()))
    assert told(findings) == [("preuve.lien.adresse", message)]
    assert "secret" not in str(findings[0])


@pytest.mark.parametrize("content", [b"bient\xc3\xb4t disponible", b"ftp://editeur.example/", b"\0\0"])
def test_a_link_without_an_address_is_refused(content: bytes) -> None:
    findings = list(documents.link("a/b.txt", content))
    assert told(findings) == [("preuve.lien", "Aucune adresse n’a été trouvée dans le fichier.")]
    assert refused(findings)
