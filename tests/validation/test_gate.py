"""Hostile and odd files at the gate: each is refused, or read, with a sentence that says why."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.model.finding import Finding, Severity
from conformance.validation import gate

CDA = '<ClinicalDocument xmlns="urn:hl7-org:v3">\n  <title>Été</title>\n  <id root="1"/><id root="2"/>\n</ClinicalDocument>'


def refused(content: bytes, name: str = "document.xml", **options: int) -> Finding:
    """The finding that keeps the document out."""
    found = gate.open_document(name, content, **options)
    assert not isinstance(found, gate.Document)
    assert found[-1].severity is Severity.ERROR
    return found[-1]


def opened(content: bytes) -> gate.Document:
    found = gate.open_document("document.xml", content)
    assert isinstance(found, gate.Document), found
    return found


def test_a_plain_document_passes_and_tells_where_things_are() -> None:
    document = opened(CDA.encode())
    assert document.remarks == ()
    where = document.where(document.all("id")[1])
    assert (where.source, where.line, where.path) == ("document.xml", 3, "/ClinicalDocument/id[2]")
    assert document.where(document.first("title")).path == "/ClinicalDocument/title"
    assert document.where().path == "/ClinicalDocument"


def test_a_path_shows_the_prefix_of_another_namespace() -> None:
    text = CDA.replace("<title>", '<x:note xmlns:x="urn:x"/><title>')
    document = opened(text.encode())
    assert document.where(document.root[0]).path == "/ClinicalDocument/x:note"


def test_lines_are_right_beyond_sixty_five_thousand() -> None:
    document = opened(CDA.replace("<title>", "\n" * 70_000 + "<title>").encode())
    assert document.where(document.first("title")).line == 70_002


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.4\n%\xe2\xe3", "un PDF"),
        (b"PK\x03\x04aaaa", "une archive zip"),
        (b"\x89PNG\r\n", "une image PNG"),
        (b"\xff\xd8\xff\xe0", "une image JPEG"),
        (b"{\\rtf1", "un document RTF"),
        (b'{"resourceType": "Bundle"}', "du JSON"),
        (b"MSH|^~\\&|A", "un message HL7 v2"),
        (b"PD94bWwgdmVyc2lvbj0iMS4wIj8+", "du XML encore codé en base64"),
    ],
)
def test_another_kind_of_file_renamed_xml_is_named(content: bytes, kind: str) -> None:
    finding = refused(content, "compte-rendu.xml")
    assert finding.rule == "gate.not-xml"
    assert kind in finding.message
    assert "compte-rendu.xml" in finding.message


@pytest.mark.parametrize("content", [b"", b"  \r\n\t", b"\x00" * 1000])
def test_an_empty_file_is_told_empty(content: bytes) -> None:
    assert refused(content).message == "Le fichier est vide."


def test_the_size_is_capped_before_anything_is_read() -> None:
    finding = refused(CDA.encode(), limit=20)
    assert finding.rule == "gate.size"
    assert finding.expected == "20 octets au plus"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_document_in_utf_16_is_judged_after_decoding(encoding: str) -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?>\n' + CDA
    document = opened(text.encode(encoding))
    title = document.first("title")
    assert title is not None
    assert title.text == "Été"
    assert document.where(title).line == 3
    assert [remark.rule for remark in document.remarks] == ["gate.encoding.utf8"]
    assert "n’est pas codé en UTF-8" in document.remarks[0].message


def test_a_byte_order_mark_is_a_warning() -> None:
    document = opened(b"\xef\xbb\xbf" + CDA.encode())
    assert [(remark.rule, remark.severity) for remark in document.remarks] == [("gate.encoding.bom", Severity.WARNING)]


def test_latin_1_is_read_as_it_declares() -> None:
    document = opened(('<?xml version="1.0" encoding="ISO-8859-1"?>' + CDA).encode("latin-1"))
    title = document.first("title")
    assert title is not None
    assert title.text == "Été"
    assert document.remarks[0].rule == "gate.encoding.utf8"


def test_latin_1_that_says_nothing_is_refused_with_its_line() -> None:
    finding = refused(CDA.encode("latin-1"))
    assert finding.rule == "gate.encoding.invalid"
    assert finding.where is not None
    assert (finding.where.line, finding.where.column) == (2, 10)
    assert "0xC9" in (finding.observed or "")


@pytest.mark.parametrize("encoding", ["UTF-7", "EBCDIC-FR", "rot13", "base64"])
def test_an_exotic_encoding_is_refused(encoding: str) -> None:
    assert refused(f'<?xml version="1.0" encoding="{encoding}"?>{CDA}'.encode()).rule == "gate.encoding.unknown"


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!-- innocent <!DOCTYPE --> <?pi x?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        "<!doctype html>",
    ],
)
def test_a_doctype_is_refused_unread(prologue: str) -> None:
    finding = refused((prologue + CDA.replace("Été", "&b;")).encode())
    assert finding.rule == "gate.doctype"
    assert "DOCTYPE" in finding.message


def test_a_doctype_hidden_in_utf_16_is_refused_too() -> None:
    assert refused(("<!DOCTYPE x>" + CDA).encode("utf-16")).rule == "gate.doctype"


def test_the_word_doctype_in_a_comment_is_innocent() -> None:
    assert opened(("<!-- <!DOCTYPE x> -->" + CDA).encode()).root.tag.endswith("ClinicalDocument")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<a>\n<b></a>", "<b> (ligne 2) est fermé par </a>"),
        ("<a>\n<b>", "le fichier s’arrête avant la fin de <b>"),
        ("<a>&inconnue;</a>", "l’entité « &inconnue; » n’est pas définie"),
        ("<a>1 & 2</a>", "un « & » n’est pas échappé"),
        ("bonjour", "aucune balise n’ouvre le document"),
        ("<x:a/>", "le préfixe « x » n’est pas déclaré"),
        ("<a>\x01</a>", "un caractère interdit"),
    ],
)
def test_malformed_xml_is_told_in_french_with_its_line(text: str, words: str) -> None:
    finding = refused(text.encode())
    assert finding.rule == "gate.well-formed"
    assert words in finding.message.replace("\u00a0", " ")
    assert finding.where is not None
    assert finding.where.line


def test_a_depth_bomb_is_refused() -> None:
    finding = refused(b"<a>" * 100_000 + b"</a>" * 100_000)
    assert finding.rule == "gate.depth"
    assert "trop profondément" in finding.message


def test_a_swarm_of_elements_is_refused() -> None:
    assert refused(b"<a>" + b"<b/>" * 2_000_001 + b"</a>").rule == "gate.elements"


def test_a_large_encapsulated_file_is_read() -> None:
    document = opened(CDA.replace("Été", "A" * 12_000_000).encode())
    title = document.first("title")
    assert title is not None
    assert len(title.text or "") == 12_000_000


def test_a_document_wrapped_in_a_stylesheet_is_unwrapped() -> None:
    wrapper = f'<?xml version="1.0"?>\n<xsl:stylesheet xmlns:xsl="urn:xsl">\n<d>{CDA}</d>\n</xsl:stylesheet>'
    document = opened(wrapper.encode())
    where = document.where(document.all("id")[0])
    assert (where.line, where.path) == (5, "/ClinicalDocument/id[1]")
    assert [remark.rule for remark in document.remarks] == ["gate.self-presenting"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<foo/>", "sa racine est « foo »"),
        ("<ClinicalDocument/>", "mais pas dans l’espace de noms de HL7 v3"),
        ('<ClinicalDocument xmlns="urn:hl7-org:v2"/>', "mais pas dans l’espace de noms de HL7 v3"),
        (f"<lot>{CDA}{CDA}</lot>", "contient 2 éléments ClinicalDocument"),
    ],
)
def test_another_root_is_refused(text: str, words: str) -> None:
    finding = refused(text.encode())
    assert finding.rule == "gate.root"
    assert words in finding.message.replace("\u00a0", " ")


def test_any_xml_may_be_opened_without_a_demand_on_its_root() -> None:
    assert isinstance(gate.open_xml("metadata.xml", b"<a/>"), gate.Document)


def test_the_gate_takes_milliseconds(ci_sis_pack: Path) -> None:
    content = (ci_sis_pack / "ExemplesCDA" / "IPS-FR_2024.01.xml").read_bytes()
    start = time.perf_counter()
    opened(content)
    assert time.perf_counter() - start < 1


def test_many_corruptions_of_a_document_never_raise() -> None:
    content = ('<?xml version="1.0" encoding="UTF-8"?>' + CDA).encode()
    spoil: tuple[Callable[[int], bytes], ...] = (
        lambda i: content[:i],
        lambda i: content[:i] + b"\xff" + content[i:],
        lambda i: content[:i] + b"<" + content[i + 1 :],
        lambda i: content[:i] + b"\x00" + content[i:],
    )
    for change in spoil:
        for position in range(len(content)):
            gate.open_document("x.xml", change(position))
