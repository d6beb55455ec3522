"""PDF/A-1: the claim a PDF makes and the violations that can be seen without a full validator.

Source: ISO 19005-1. This is a partial control, and it says so: veraPDF, the reference validator, is not run
here. The text and the pages of a PDF are read in ``text``, its name in ``name``.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.checks.pdf.name import file_name
from conformance.checks.pdf.text import Page, identity_in_clear, pages, text, unreadable
from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import Document, open_xml

if TYPE_CHECKING:
    import pikepdf

__all__ = ["Page", "archivable", "file_name", "identity_in_clear", "pages", "text", "unreadable"]

_SOURCE = "ISO 19005-1 (PDF/A-1) ; référentiel socle MSSanté #2, ECO.2.1.5"
_PDFAID = "http://www.aiim.org/pdfa/ns/id/"
_SILENCE = logging.NullHandler()
_ACTIONS = ("/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData")
_MAX_OBJECTS = 200_000


def archivable(name: str, content: bytes) -> Iterator[Finding]:
    """Every visible reason why the PDF is not a PDF/A-1, and always the reminder that the control is partial."""
    import pikepdf

    # What it logs of a damaged file would reach the terminal: the findings say it. Handlers set by a program still hear.
    logging.getLogger("pikepdf").addHandler(_SILENCE)
    found = unreadable(name, content)
    if found is not None:
        yield found
        return
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            yield from _judged(name, content, document)
    except (pikepdf.PdfError, ValueError, RecursionError) as error:
        yield _fault(name, "pdf.unreadable", "La structure du PDF est corrompue.", "un PDF valide", str(error)[:200])
    yield Finding(
        "pdf.a1.partial",
        "Contrôle partiel de PDF/A-1 : seules les violations visibles sont cherchées, veraPDF n’a pas été exécuté.",
        Severity.INFO,
        Location(name),
        fix="Valider le fichier avec veraPDF, profil 1a ou 1b, pour une certitude.",
        source=_SOURCE,
    )


def _judged(name: str, content: bytes, document: pikepdf.Pdf) -> Iterator[Finding]:
    if document.is_encrypted:
        yield _fault(name, "pdf.a1.encryption", "Le PDF est chiffré.", "aucun chiffrement", "chiffré")
    yield from _file_structure(name, content, document)
    yield from _claim(name, document)
    yield from _output_intent(name, document)
    yield from _catalog(name, document)
    seen: set[tuple[str, str]] = set()
    for finding in _objects(name, document):
        if (finding.rule, finding.observed or "") not in seen:
            seen.add((finding.rule, finding.observed or ""))
            yield finding


def _file_structure(name: str, content: bytes, document: pikepdf.Pdf) -> Iterator[Finding]:
    """Header, trailer and cross-reference table, as PDF 1.4 knows them."""
    version = re.search(rb"%PDF-(\d\.\d)", content[:1024])
    if version is not None and version.group(1) > b"1.4":
        yield _fault(
            name,
            "pdf.a1.version",
            "Le PDF annonce une version que PDF/A-1 ne connaît pas ; le contenu, non l’en-tête, fait la conformité.",
            "%PDF-1.4 au plus",
            version.group().decode("ascii"),
            Severity.WARNING,
        )
    if "/ID" not in document.trailer:
        yield _fault(
            name,
            "pdf.a1.id",
            "Le PDF n’a pas d’identifiant de fichier (ID).",
            "/ID dans le trailer",
            "absent",
        )
    starts = re.findall(rb"startxref\s+(\d{1,12})", content[-2048:])
    offset = int(starts[-1]) if starts else -1
    # The offset counts from the header, which junk may precede.
    table = content[content.find(b"%PDF-") :][offset : offset + 24].lstrip() if offset >= 0 else b"xref"
    if not table.startswith(b"xref"):
        yield _fault(
            name,
            "pdf.a1.xref",
            "Le PDF range ses références dans un flux comprimé, que PDF/A-1 interdit.",
            "une table « xref »",
            "flux de références (PDF 1.5 et suivants)",
        )


def _claim(name: str, document: pikepdf.Pdf) -> Iterator[Finding]:
    """The XMP metadata say « PDF/A, part 1, level A or B »."""
    metadata: Any = document.Root.get("/Metadata")
    rule, expected = "pdf.a1.claim", "pdfaid:part = 1 et pdfaid:conformance = A ou B"
    if metadata is None:
        yield _fault(
            name,
            rule,
            "Le PDF n’a pas de métadonnées XMP : il ne se déclare pas PDF/A-1.",
            expected,
            "aucune",
        )
        return
    if "/Filter" in metadata:
        yield _fault(name, rule, "Les métadonnées XMP sont comprimées.", "un flux en clair", str(metadata["/Filter"]))
    opened = open_xml(f"{name} (XMP)", metadata.read_bytes())
    if not isinstance(opened, Document):
        yield _fault(name, rule, "Les métadonnées XMP du PDF sont illisibles.", "du XML bien formé", opened[-1].message)
        return
    part, level = _property(opened, "part"), _property(opened, "conformance")
    if part != "1" or level not in ("A", "B"):
        observed = f"partie {part or 'absente'}, niveau {level or 'absent'}"
        yield _fault(name, rule, "Le PDF ne se déclare pas PDF/A-1.", expected, observed)


def _property(xmp: Document, name: str) -> str | None:
    """A property of the identification schema, written as an element or as an attribute."""
    tag = f"{{{_PDFAID}}}{name}"
    for element in xmp.root.iter():
        if element.tag == tag:
            return (element.text or "").strip()
        if element.get(tag) is not None:
            return str(element.get(tag)).strip()
    return None


def _output_intent(name: str, document: pikepdf.Pdf) -> Iterator[Finding]:
    intents: Any = document.Root.get("/OutputIntents")
    listed = list(intents) if intents is not None else []
    if not any(str(item.get("/S")) == "/GTS_PDFA1" and "/DestOutputProfile" in item for item in listed):
        yield _fault(
            name,
            "pdf.a1.output-intent",
            "Le PDF n’a pas d’intention de sortie avec un profil de couleurs.",
            "un OutputIntent GTS_PDFA1 avec DestOutputProfile",
            f"{len(listed)} intention(s), aucune valable" if listed else "aucune",
        )


def _catalog(name: str, document: pikepdf.Pdf) -> Iterator[Finding]:
    names: Any = document.Root.get("/Names", {})
    if "/EmbeddedFiles" in names:
        yield _fault(name, "pdf.a1.attachment", "Le PDF contient des fichiers joints.", "aucun", "EmbeddedFiles")
    if "/JavaScript" in names:
        yield _fault(name, "pdf.a1.action", "Le PDF contient un script.", "aucun", "/JavaScript")
    if "/OCProperties" in document.Root:
        yield _fault(name, "pdf.a1.layers", "Le PDF contient des calques.", "aucun contenu optionnel", "OCProperties")


def _objects(name: str, document: pikepdf.Pdf) -> Iterator[Finding]:
    """Every dictionary and stream of the file, once: fonts, actions, transparency, filters."""
    import pikepdf

    for rank, item in enumerate(_dictionaries(document)):
        if rank >= _MAX_OBJECTS:
            message = "Le PDF a un nombre démesuré d’objets : le reste n’est pas lu."
            yield _fault(name, "pdf.objects", message, f"{_MAX_OBJECTS} objets au plus", "davantage")
            return
        yield from _font(name, item)
        yield from _action(name, item)
        yield from _transparency(name, item)
        if isinstance(item, pikepdf.Stream) and "/LZWDecode" in str(item.get("/Filter", "")):
            yield _fault(
                name, "pdf.a1.filter", "Un flux du PDF est comprimé en LZW.", "une autre compression", "LZWDecode"
            )


def _dictionaries(document: pikepdf.Pdf) -> Iterator[Any]:
    """The numbered objects and what is written inside them, without following a reference twice."""
    import pikepdf

    for numbered in document.objects:
        stack: list[Any] = [numbered]
        while stack:
            item = stack.pop()
            if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
                yield item
                inside: list[Any] = [value for _, value in item.items()]
            elif isinstance(item, pikepdf.Array):
                inside = list(item)
            else:
                continue
            # A reference leads to a numbered object, which has its own turn.
            stack.extend(value for value in inside if isinstance(value, pikepdf.Object) and not value.is_indirect)


def _font(name: str, item: Any) -> Iterator[Finding]:
    """A font program is embedded: composite fonts through their descendant, Type 3 by nature."""
    if str(item.get("/Type")) != "/Font" or str(item.get("/Subtype")) in ("/Type0", "/Type3"):
        return
    descriptor = item.get("/FontDescriptor", {})
    if not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")):
        yield _fault(
            name,
            "pdf.a1.font",
            "Une police du PDF n’est pas incorporée.",
            "toutes les polices incorporées",
            str(item.get("/BaseFont", "police sans nom")),
        )


def _action(name: str, item: Any) -> Iterator[Finding]:
    kind = str(item.get("/S", ""))
    if kind in _ACTIONS or "/JS" in item:
        yield _fault(name, "pdf.a1.action", "Le PDF contient une action interdite.", "aucune", kind or "/JS")
    if "/EF" in item:
        yield _fault(name, "pdf.a1.attachment", "Le PDF contient un fichier joint.", "aucun", "EF")


def _transparency(name: str, item: Any) -> Iterator[Finding]:
    group = item.get("/Group", {})
    seen = [
        label
        for label, present in (
            ("groupe de transparence", hasattr(group, "get") and str(group.get("/S", "")) == "/Transparency"),
            ("masque SMask", str(item.get("/SMask", "/None")) != "/None"),
            ("opacité", any(_less_than_one(item.get(key)) for key in ("/ca", "/CA"))),
            ("mode de fusion", str(item.get("/BM", "/Normal")) not in ("/Normal", "/Compatible")),
        )
        if present
    ]
    for label in seen:
        yield _fault(name, "pdf.a1.transparency", "Le PDF utilise la transparence.", "aucune transparence", label)


def _less_than_one(value: object) -> bool:
    try:
        return value is not None and float(str(value)) < 1
    except ValueError:
        return False


def _fault(
    name: str, rule: str, message: str, expected: str, observed: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(
        rule,
        message,
        severity,
        Location(name),
        expected,
        observed,
        "Produire le PDF avec une bibliothèque qui sait faire du PDF/A-1 (niveau b au moins).",
        _SOURCE,
    )
