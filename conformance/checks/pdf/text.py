"""What a person sees in a PDF: its text, its pages as images, the identity in clear."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from conformance.checks.matricule import spaced
from conformance.model.finding import Finding, Location
from conformance.model.identity import INS_NIA, INS_NIR, Identity, plain

if TYPE_CHECKING:
    import pypdfium2

_Result = TypeVar("_Result")
_MAX_PAGES = 200
_MAX_PIXELS = 40_000_000
_MONTHS = (
    "JANVIER",
    "FEVRIER",
    "MARS",
    "AVRIL",
    "MAI",
    "JUIN",
    "JUILLET",
    "AOUT",
    "SEPTEMBRE",
    "OCTOBRE",
    "NOVEMBRE",
    "DECEMBRE",
)
_SEXES = {"M": ("M", "MASCULIN", "HOMME"), "F": ("F", "FEMININ", "FEMME")}
_PAPER = "Guide d’implémentation de l’INS, règle 32 (documents imprimés)"


@dataclass(frozen=True, slots=True)
class Page:
    """A page as grey pixels, one byte each, row after row; ``number`` counts from 1."""

    number: int
    width: int
    height: int
    pixels: bytes


@lru_cache(maxsize=2)
def text(content: bytes) -> str | None:
    """The text of the pages (200 at most), in reading order; None when the PDF cannot be opened.

    The last ones are kept: a document leaves by several ways, and several checks read each.
    """
    return _opened(content, lambda document: "\n".join(_page_texts(document)))


def bottoms(content: bytes) -> tuple[str, ...] | None:
    """The text of the last quarter of each page (200 at most); None when the PDF cannot be opened."""
    return _opened(content, lambda document: tuple(_page_texts(document, height=0.25)))


def pages(content: bytes, dots_per_inch: int = 200, most: int = 20) -> tuple[Page, ...] | None:
    """The first ``most`` pages drawn in grey; None when the PDF cannot be opened.

    The resolution is lowered for a page whose announced size would make a huge image.
    """
    return _opened(
        content,
        lambda document: tuple(_drawn(document, rank, dots_per_inch) for rank in range(min(len(document), most))),
    )


def unreadable(name: str, content: bytes) -> Finding | None:
    """A finding when the bytes are not a PDF that opens; None when they are."""
    if _opened(content, len):
        return None
    return Finding(
        "pdf.unreadable",
        "Le fichier n’est pas un PDF lisible : vide, tronqué, corrompu ou protégé par un mot de passe.",
        where=Location(name),
        expected="un PDF qui s’ouvre sans mot de passe",
        observed=repr(content[:8]) if content else "fichier vide",
        fix="Produire un PDF/A-1, non chiffré, et vérifier qu’il s’ouvre.",
    )


def identity_in_clear(name: str, content: bytes, identity: Identity, *, qualified: bool = True) -> Iterator[Finding]:
    """The printed page shows the birth name, the first first name, the birth date and the sex.

    When the identity is ``qualified`` it shows the matricule too, in whatever groups, and whether it is a NIR
    or a NIA.
    """
    read = text(content)
    if read is None:
        found = unreadable(name, content)
        if found is not None:
            yield found
        return
    shown = _plain(read)
    for label, value in (
        ("Le nom de naissance", identity.nom_naissance),
        ("Le premier prénom de naissance", identity.premier_prenom),
    ):
        if value and not _words(value).search(shown):
            yield _absent(name, "pdf.identity.name", f"{label} n’apparaît pas dans le texte du PDF.", value)
    yield from _birth_date(name, shown, identity)
    yield from _sex(name, shown, identity)
    if qualified and identity.matricule:
        yield from _matricule(name, shown, identity)


def _opened(content: bytes, use: Callable[[pypdfium2.PdfDocument], _Result]) -> _Result | None:
    """What ``use`` makes of the document; None for a PDF that the engine refuses. Not safe across threads."""
    import pypdfium2

    if b"%PDF-" not in content[:1024]:
        return None
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        return None
    try:
        return use(document)
    except pypdfium2.PdfiumError:
        return None
    finally:
        document.close()


def _page_texts(document: pypdfium2.PdfDocument, height: float = 1.0) -> Iterator[str]:
    for rank in range(min(len(document), _MAX_PAGES)):
        page = document[rank]
        content = page.get_textpage()
        yield content.get_text_bounded(top=page.get_height() * height)
        content.close()
        page.close()


def _drawn(document: pypdfium2.PdfDocument, rank: int, dots_per_inch: int) -> Page:
    page = document[rank]
    width, height = page.get_size()
    scale = dots_per_inch / 72
    scale = min(scale, (_MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    data, stride = bytes(bitmap.buffer), bitmap.stride
    rows = (data[row * stride : row * stride + bitmap.width] for row in range(bitmap.height))
    drawn = Page(rank + 1, bitmap.width, bitmap.height, b"".join(rows))
    bitmap.close()
    page.close()
    return drawn


def _plain(read: str) -> str:
    """Capitals without accents, one apostrophe, one hyphen, single spaces: what the eye reads alike reads
    alike.
    """
    joined = re.sub("[\u2010-\u2014\u2212\ufffe\u00ad\x02]", "-", read)
    joined = re.sub("[\u2018\u2019\u02bc\u00b4`]", "'", joined)
    return " ".join(plain(joined).split())


def _words(value: str) -> re.Pattern[str]:
    """The value as whole words, even cut at the end of a line after a hyphen."""
    wanted = re.escape(_plain(value)).replace(r"\-", r"-\s?").replace(r"\ ", r"\s")
    return re.compile(rf"(?<![A-Z]){wanted}(?![A-Z])")


def _birth_date(name: str, shown: str, identity: Identity) -> Iterator[Finding]:
    parts = identity.date_naissance.split("-")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return
    year, month, day = parts
    month_name = _MONTHS[int(month) - 1] if 1 <= int(month) <= 12 else ""
    digits = rf"{day}\s?[/. -]?\s?{month}\s?[/. -]?\s?{year}|{year}-{month}-{day}"
    words = rf"(?:{int(day)}|{day})(?:ER)?\s{month_name}\s{year}" if month_name else "(?!)"
    if not re.search(rf"(?<!\d)(?:{digits}|{words})(?!\d)", shown):
        yield _absent(
            name,
            "pdf.identity.birth",
            "La date de naissance n’apparaît pas dans le texte du PDF.",
            f"{day}/{month}/{year}",
        )


def _sex(name: str, shown: str, identity: Identity) -> Iterator[Finding]:
    accepted = _SEXES.get(identity.sexe)
    if accepted is None:
        return
    told = re.search(r"SEXE[^A-Z]{0,12}(MASCULIN|FEMININ|HOMME|FEMME|M|F)(?![A-Z])", shown)
    if told is not None and told.group(1) not in accepted:
        yield _absent(
            name,
            "pdf.identity.sex",
            "Le sexe imprimé n’est pas celui du patient.",
            accepted[0],
            told.group(1),
        )
        return
    # In a table, the label and the value may be far apart in reading order.
    apart = "SEXE" in shown and re.search(rf"(?<![A-Z']){accepted[0]}(?![A-Z'.])", shown)
    if told is None and not apart and not any(_words(word).search(shown) for word in accepted[1:]):
        yield _absent(name, "pdf.identity.sex", "Le sexe n’apparaît pas dans le texte du PDF.", accepted[0])


def _matricule(name: str, shown: str, identity: Identity) -> Iterator[Finding]:
    number = identity.matricule
    if not spaced(number).search(shown):
        partial = spaced(number[:13]).search(shown)
        yield _absent(
            name,
            "pdf.identity.matricule",
            "Le matricule INS n’apparaît pas dans le texte du PDF."
            if partial is None
            else "Le matricule INS apparaît sans sa clé dans le texte du PDF.",
            number,
        )
    told = set(re.findall(r"(?<![A-Z])(NIR|NIA)(?![A-Z])", shown))
    expected = {INS_NIR: {"NIR"}, INS_NIA: {"NIA"}}.get(identity.oid, {"NIR", "NIA"})
    if not told & expected:
        yield _absent(
            name,
            "pdf.identity.nature",
            "La nature du matricule (NIR ou NIA) n’est pas indiquée dans le texte du PDF.",
            " ou ".join(sorted(expected)),
            ", ".join(sorted(told)) or "absente",
        )


def _absent(name: str, rule: str, message: str, expected: str, observed: str = "absent") -> Finding:
    return Finding(
        rule,
        message,
        where=Location(name),
        expected=expected,
        observed=observed,
        fix="Imprimer l’identité en clair, en texte (non en image), avec des libellés sans ambiguïté.",
        source=_PAPER,
    )
