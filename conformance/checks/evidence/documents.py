"""Documents, approvals, logs and links filed as proofs: what can be read in them, and what an approval must say."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

from conformance.checks.evidence import refusal
from conformance.checks.evidence.text import TEXTUAL, Text, page_texts, plain_text
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import plain

__all__ = ["TEXTUAL", "approval", "link", "pdf", "written"]

_MONTHS = "JANVIER|FEVRIER|MARS|AVRIL|MAI|JUIN|JUILLET|AOUT|SEPTEMBRE|OCTOBRE|NOVEMBRE|DECEMBRE"
_DAY = re.compile(
    rf"(?<!\d)(?:\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}}|\d{{4}}-\d\d-\d\d|(?:1ER|\d{{1,2}}) (?:{_MONTHS}) \d{{4}})(?!\d)"
)
_REFERENCE = re.compile(
    r"(?:\bN[°O]\.?|\bNUMERO|\bREF(?:ERENCE)?S?\b\.?|\bNI[EL]\b|\bHOMOLOGATION\b|\bAGREMENT\b|\bCERTIFICAT\b)"
    r"(?: [A-Z']{1,20}){0,3}[ :#]{0,4}(?:N[°O]\.?[ :]{0,3})?(?P<value>(?=[A-Z0-9./_-]{0,60}\d)[A-Z0-9][A-Z0-9./_-]{3,60})"
)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}|\d\d:\d\d:\d\d|\b1[5-9]\d{8}(?:\d{3})?\b")
_LEAST = 20


def pdf(name: str, content: bytes) -> tuple[tuple[Finding, ...], date | None]:
    """What there is to say of a PDF (opens without a password, has pages, has text), and the date it carries."""
    import pikepdf

    where = Location(name)
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            pages, sealed = len(document.pages), document.is_encrypted
            made = _pdf_day(str(document.docinfo.get("/CreationDate", "")))
    except pikepdf.PasswordError:
        asked = "Le PDF demande un mot de passe : personne ne peut l’examiner."
        return (refusal("preuve.chiffree", asked, where, fix="Déposez-le sans mot de passe."),), None
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError, RecursionError) as error:
        observed = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        told = "Le PDF ne se lit pas : fichier tronqué ou corrompu."
        return (refusal("preuve.illisible", told, where, observed=observed, fix="Exportez-le de nouveau."),), None
    return tuple(_pdf_seen(name, content, pages, sealed)), made


def _pdf_seen(name: str, content: bytes, pages: int, sealed: bool) -> Iterator[Finding]:
    where = Location(name)
    if not pages:
        yield refusal("preuve.illisible", "Le PDF n’a aucune page.", where, fix="Exportez-le de nouveau.")
        return
    texts = page_texts(content) or ()
    told = "avec du texte" if any(text.strip() for text in texts) else "sans texte (numérisation)"
    yield Finding("preuve.pdf", f"PDF : {pages} page{'s' if pages > 1 else ''}, {told}.", Severity.INFO, where)
    if sealed:
        yield Finding(
            "preuve.pdf.protege",
            "Le PDF est chiffré, bien qu’il s’ouvre sans mot de passe : ses droits peuvent gêner l’examen.",
            Severity.WARNING,
            where,
            fix="Exportez-le sans protection.",
        )


def _pdf_day(text: str) -> date | None:
    found = re.match(r"D:(\d{4})(\d\d)(\d\d)", text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def approval(name: str, content: bytes, product: str) -> Iterator[Finding]:
    """An approval in PDF says its reference, its date and the name of the product; what it says is shown.

    These are warnings: a scan has no text, and a certificate may call the product by another name.
    """
    where = Location(name)
    # Capitals without accents, single spaces: what the eye reads alike reads alike.
    shown = " ".join(plain(" ".join(page_texts(content) or ())).split())
    if not shown:
        yield _unsaid(where, "L’agrément n’a pas de texte : sa référence, sa date et son produit sont à lire à l’œil.")
        return
    reference, day = _REFERENCE.search(shown), _DAY.search(shown)
    if reference is None:
        yield _unsaid(where, "Aucune référence n’a été trouvée dans le texte de l’agrément.")
    if day is None:
        yield _unsaid(where, "Aucune date n’a été trouvée dans le texte de l’agrément.")
    wanted = " ".join(plain(product).split())
    named = bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", shown) is not None
    if wanted and not named:
        yield _unsaid(where, "Le nom du logiciel n’a pas été trouvé dans le texte de l’agrément.", product)
    read = [
        *([f"référence {reference['value']}"] if reference else []),
        *([f"date {day[0].lower()}"] if day else []),
        *([f"produit {product}"] if named else []),
    ]
    if read:
        yield Finding("preuve.agrement", f"Lu dans l’agrément : {', '.join(read)}.", Severity.INFO, where)


def _unsaid(where: Location, message: str, expected: str | None = None) -> Finding:
    return Finding(
        "preuve.agrement.mention",
        message,
        Severity.WARNING,
        where,
        expected=expected,
        fix="Déposez l’agrément délivré pour ce produit, avec son texte, et non une photographie.",
    )


def written(name: str, content: bytes, extension: str, kind: str) -> Iterator[Finding]:
    """A text reads as text, is not almost empty; a journal bears dates; JSON is JSON."""
    where = Location(name)
    text = plain_text(content)
    if text is None:
        yield refusal(
            "preuve.illisible",
            "Le fichier n’est pas du texte : il contient des octets binaires.",
            where,
            fix="Exportez-le en texte, UTF-8.",
        )
        return
    yield from _readable(text, where)
    if kind == "log" and not _STAMP.search(text.value):
        yield Finding(
            "preuve.journal.date",
            "Le journal ne porte ni date ni heure : on ne sait pas quand ses lignes ont été écrites.",
            Severity.WARNING,
            where,
            fix="Exportez le journal avec l’horodatage de chaque ligne.",
        )
    if extension == "json":
        try:
            json.loads(text.value)
        except (ValueError, RecursionError) as error:
            yield Finding(
                "preuve.json",
                "Le fichier n’est pas du JSON bien formé.",
                Severity.WARNING,
                Location(name, line=getattr(error, "lineno", None)),
                fix="Exportez-le de nouveau, en entier.",
            )


def _readable(text: Text, where: Location) -> Iterator[Finding]:
    if text.doubtful:
        yield Finding(
            "preuve.encodage",
            "Le texte n’est pas en UTF-8 : ses accents peuvent être mal lus.",
            Severity.WARNING,
            where,
            expected="UTF-8",
            observed="octets lus comme du Windows-1252",
            fix="Enregistrez le fichier en UTF-8.",
        )
    if len(text.value.strip()) < _LEAST:
        yield Finding(
            "preuve.courte",
            "Le texte est presque vide.",
            Severity.WARNING,
            where,
            expected=f"au moins {_LEAST} caractères",
            observed=f"{len(text.value.strip())} caractères",
            fix="Déposez le texte entier.",
        )


_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"'»]+", re.IGNORECASE)
_HOST = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})", re.IGNORECASE
)
_PRIVATE = (".local", ".lan", ".internal", ".localdomain", ".home.arpa")


def link(name: str, content: bytes) -> Iterator[Finding]:
    """A link names at least one well-formed https address that others can reach; it is never fetched."""
    where = Location(name)
    text = plain_text(content)
    found = _ADDRESS.findall(text.value) if text is not None else []
    if not found:
        yield refusal(
            "preuve.lien",
            "Aucune adresse n’a été trouvée dans le fichier.",
            where,
            expected="une adresse qui commence par https://",
            fix="Écrivez l’adresse entière, seule sur sa ligne.",
        )
        return
    for address in dict.fromkeys(one.rstrip(".,;)") for one in found[:50]):
        told = _wrong(address)
        if told is not None:
            yield Finding(
                "preuve.lien.adresse",
                told,
                Severity.WARNING,
                where,
                expected="https://nom-de-domaine/…",
                observed=_without_password(address)[:200],
                fix="Donnez une adresse https que l’Agence peut ouvrir.",
            )
        else:
            yield Finding("preuve.lien.adresse", f"Lien, non suivi par le banc : {address[:200]}", Severity.INFO, where)


def _wrong(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "L’adresse est mal formée."
    if parts.scheme.lower() != "https":
        return "L’adresse n’est pas en https."
    if parts.username is not None or parts.password is not None:
        return "L’adresse contient un identifiant ou un mot de passe."
    if not _HOST.fullmatch(host) or port == 0:
        return "L’adresse ne désigne pas un nom de domaine public."
    if host.lower().endswith(_PRIVATE):
        return "L’adresse est celle d’un réseau privé : l’Agence ne peut pas l’ouvrir."
    return None


def _without_password(address: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//…@", address)
