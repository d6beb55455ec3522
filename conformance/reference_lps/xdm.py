"""The IHE_XDM.ZIP archive attached to a mail: index, readme, metadata and the CDA document (IHE ITI-32; CI-SIS)."""

from __future__ import annotations

import html
import io
import zipfile

from lxml import etree

from .ebxml import Lot, submission
from .rim import RIM
from .types import Bench, Draft, Patient, Produced
from .vocabulary import EDITOR, SOFTWARE, SOFTWARE_VERSION, author_label, clean, moment, one_line

_FOLDER = "IHE_XDM/SUBSET01"
_DOCUMENT = "DOC00001.XML"


def archive(produced: Produced, draft: Draft, patient: Patient, bench: Bench, defects: frozenset[str]) -> bytes:
    """Bytes of the archive; every member bears the date of the document."""
    metadata = submission(Lot(), produced, draft, patient, bench, uri=_DOCUMENT)
    if "xdm-wrong-hash" in defects:
        for value in metadata.findall(f".//{{{RIM}}}Slot[@name='hash']//{{{RIM}}}Value"):
            value.text = "0" * 40
    members = {
        "INDEX.HTM": _index(draft, bench).encode("utf-8"),
        "README.TXT": _readme(bench).encode("utf-8"),
        f"{_FOLDER}/METADATA.XML": etree.tostring(metadata, encoding="UTF-8", xml_declaration=True),
        f"{_FOLDER}/{_DOCUMENT}": produced.cda,
    }
    when = moment(draft.written_at)
    stamp = (max(when.year, 1980), when.month, when.day, when.hour, when.minute, when.second)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, stamp)
            member.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(member, content)
    return buffer.getvalue()


def _index(draft: Draft, bench: Bench) -> str:
    """Page a person opens first: what there is, and from whom."""
    title = html.escape(clean(one_line(draft.title)))
    sender = html.escape(f"{author_label(bench)}, {bench.raw['organisation']['nom']}")
    return (
        '<!DOCTYPE html>\n<html lang="fr"><head><meta charset="UTF-8"><title>Documents transmis</title></head><body>\n'
        f"<h1>Documents transmis</h1>\n<p>Émetteur\u00a0: {sender}</p>\n"
        f'<ul><li><a href="{_FOLDER}/{_DOCUMENT}">{title}</a></li>'
        '<li><a href="README.TXT">Lisez-moi</a></li></ul>\n</body></html>\n'
    )


def _readme(bench: Bench) -> str:
    """Sender, software and content of the archive, in plain text."""
    box = bench.raw.get("mss", {}).get("boites", {}).get("personnelle", {}).get("adresse", "")
    lines = [
        f"Émetteur : {author_label(bench)}",
        f"Organisation : {one_line(str(bench.raw['organisation']['nom']))}",
        f"Adresse électronique : {box}",
        f"Application : {SOFTWARE} {SOFTWARE_VERSION} ({EDITOR})",
        "Consigne : ouvrir INDEX.HTM dans un navigateur.",
        "Contenu :",
        "  INDEX.HTM",
        "  README.TXT",
        f"  {_FOLDER}/METADATA.XML",
        f"  {_FOLDER}/{_DOCUMENT}",
    ]
    return "\r\n".join(lines).replace(" :", "\u00a0:") + "\r\n"
