"""The certificate as a PDF: PDF/A-3a and PDF/UA-1, set by typst, with ``run.json`` inside; the same run, the same bytes.

typst receives one JSON of plain texts and lays it out: nothing that a vendor wrote is ever read as markup.
"""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.reporting.excerpts import Excerpts
from conformance.reporting.sheets import chapters, cover
from conformance.reporting.speech import speech
from conformance.reporting.text import visible
from conformance.reporting.view import build

STANDARDS = ("a-3a", "ua-1")
"""What the file declares itself to be, both at once."""

_TEMPLATE = Path(__file__).resolve().parent / "templates" / "rapport.typ"
# What typst's own fonts can draw. PDF/A refuses a missing glyph, so that anything else is shown as its code point.
# tests/reporting/test_pdf.py sets every character of these ranges.
DRAWABLE = (
    (0x20, 0x7E), (0xA0, 0x2AF), (0x370, 0x377), (0x37A, 0x37F), (0x384, 0x38A), (0x38C, 0x38C), (0x38E, 0x3A1),
    (0x3A3, 0x4FF), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x202F, 0x205E), (0x20A0, 0x20BF), (0x2100, 0x214F),
    (0x2190, 0x23FF), (0x2500, 0x25FF), (0x26A0, 0x26A0), (0x2713, 0x2713), (0x2717, 0x2717), (0x27E8, 0x27E9),
)  # fmt: skip
_STRANGE = re.compile("[^\n\t" + "".join(f"{chr(first)}-{chr(last)}".replace("\\", "\\\\").replace("]", "\\]") for first, last in DRAWABLE) + "]")  # fmt: skip

# A word that long may be cut anywhere, so that it never leaves its column: a digest, a path, or malice.
_SHORT = 20
_LONG = re.compile(rf"[^\s\u00a0\u202f]{{{_SHORT}}}(?=[^\s\u00a0\u202f]{{4}})")


def as_bytes(run: Mapping[str, Any]) -> bytes:
    """``run.json`` as it is written in a run's folder."""
    return (json.dumps(run, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def write_pdf(
    run: Mapping[str, Any], folder: Path, target: Path | None = None, language: str = "fr", signed: str | None = None
) -> Path:
    """Write ``rapport.pdf`` in the run's folder, or ``target``; give back its path.

    ``signed`` names who is about to sign it; without it, the cover says that nobody did.
    """
    path = target or folder / ("rapport.pdf" if language == "fr" else f"rapport.{language}.pdf")
    path.write_bytes(render_pdf(run, folder, language, signed))
    return path


def render_pdf(run: Mapping[str, Any], folder: Path, language: str = "fr", signed: str | None = None) -> bytes:
    """The PDF. ``folder`` is the run's, whose blobs give the excerpts that findings point to."""
    import typst

    standards: Any = list(STANDARDS)
    with tempfile.TemporaryDirectory(prefix="rapport-") as scratch:
        root = Path(scratch)
        _lay(run, folder, root, language, signed)
        made = typst.compile(
            root / "rapport.typ", root=root, format="pdf", ignore_system_fonts=True, pdf_standards=standards,
            timestamp=_timestamp(run["finished"]),
        )  # fmt: skip
    if not isinstance(made, bytes):
        raise TypeError("typst did not answer one PDF")
    return made


def _lay(run: Mapping[str, Any], folder: Path, root: Path, language: str, signed: str | None) -> None:
    """Write what typst reads. Apart, so that nothing of it stays in memory while typst works."""
    say, view = speech(language), build(run)
    data = {
        "lang": language,
        "cover": cover(run, view, say, signed),
        "chapters": [
            {"number": chapter.number, "id": chapter.id, "title": chapter.title, "blocks": [_plain(block) for block in chapter.blocks]}
            for chapter in chapters(run, view, say, signed, Excerpts(run, folder))
        ],
        "words": {
            name: say(text)
            for name, text in (
                ("contents", "Sommaire"), ("attachment", "Le résultat complet, dont ce rapport est tiré"),
                ("end", "Fin du rapport"), ("excerpt", "Extrait"),
            )
        },
    }  # fmt: skip
    (root / "view.json").write_text(json.dumps(drawable(data), ensure_ascii=False), encoding="utf-8")
    (root / "run.json").write_bytes(as_bytes(run))
    (root / "rapport.typ").write_bytes(_TEMPLATE.read_bytes())


def drawable(value: Any) -> Any:
    """The same data, every character that the fonts lack shown as ``⟨U+5B57⟩``, places to cut put in long words."""
    if isinstance(value, str):
        if len(value) <= _SHORT and value.isascii() and value.isprintable():
            return value
        plain = _STRANGE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", unicodedata.normalize("NFC", visible(value)))
        return _LONG.sub("\\g<0>\u200b", plain)
    if isinstance(value, dict):
        return {key: item if key == "svg" else drawable(item) for key, item in value.items()}
    return [drawable(item) for item in value] if isinstance(value, list | tuple) else value


def _plain(block: Any) -> dict[str, Any]:
    from conformance.reporting.blocks import Facts, Table, cells

    if isinstance(block, dict):
        return block
    data: dict[str, Any] = {"kind": block.kind}
    if isinstance(block, Table):
        data |= {"caption": block.caption, "head": list(block.head), "widths": list(block.widths)}
        # The longest table has neither links nor badges: thousands of them would cost more than all the rest.
        cell = _light if block.name == "index" else _cell
        data["rows"] = [[[cell(one) for one in cells(words)] for words in row] for row in block.rows]
        data["foot"] = [[_cell(one) for one in cells(words)] for words in block.foot]
    elif isinstance(block, Facts):
        data["rows"] = [[name, [_cell(one) for one in cells(words)]] for name, words in block.rows]
    else:
        data |= asdict(block)
    return data


def _cell(one: Any) -> list[str]:
    return [one.text, one.style, one.href, one.key]


def _light(one: Any) -> list[str]:
    from conformance.model.verdict import Verdict

    if one.style == "verdict":
        return [f"{Verdict(one.key).symbol} {one.text}", "", "", ""]
    return [one.text, one.style, "", ""]


def _timestamp(iso: str) -> int:
    """Seconds since 1970: the end of the run is the date of its report. 1980 when it is no date."""
    try:
        when = datetime.fromisoformat(iso)
        return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return 315_532_800
