"""The structure of ebXML metadata: nothing to say of sound ones, one French sentence and the line of each fault."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest
from lxml import etree

from conformance.checks import xdm, xds
from conformance.model.evidence import Channel
from conformance.model.finding import Finding, Severity
from conformance.validation import gate
from conformance.validation import metadata as ebxml
from tests.checks.carried import archive, errors, exchange, metadata

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
TITLE = '<rim:Name><rim:LocalizedString value="Lettre de suivi"/></rim:Name>'
ENTRY = "<rim:ExtrinsicObject "
TIME = "<rim:ValueList><rim:Value>20260302091600</rim:Value></rim:ValueList>"
HASH = '<rim:Slot name="hash">'


def opened(content: str | bytes) -> gate.Document:
    document = gate.open_xml("METADATA.XML", content.encode() if isinstance(content, str) else content)
    assert isinstance(document, gate.Document), document
    return document


def altered(old: str, new: str) -> str:
    source = metadata().decode()
    assert old in source, old
    return source.replace(old, new, 1)


def judged(content: str | bytes) -> list[Finding]:
    return list(ebxml.validate(opened(content)))


def plain(text: str | None) -> str:
    return (text or "").replace("\u00a0", " ")


def test_sound_metadata_have_nothing_to_say() -> None:
    assert judged(metadata()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("20260302091600", "2026<!-- heure -->0302<?outil x?>091600"),
        (ENTRY, f'<!-- un document --><?outil x?><rim:ObjectRef id="urn:uuid:x" home="" createReplica="0"/>{ENTRY}'),
        (ENTRY, f'{ENTRY}lid="urn:uuid:x" status="urn:x" home="urn:oid:2.25.1" isOpaque="false" '),
        (TITLE, f'{TITLE}<rim:Description/><rim:VersionInfo versionName="2" comment="é"/>'),
        ('value="Lettre de suivi"', 'value="" charset="UTF8" xml:lang="FR"'),
        (HASH, f'<rim:Slot name="hash" xsi:type="rim:SlotType1" {XSI}>'),
        ("<rim:RegistryObjectList>", f'<rim:RegistryObjectList {XSI} xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd">'),
        ("<rim:RegistryObjectList>", '<s:RequestSlotList xmlns:s="urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"><x/></s:RequestSlotList><rim:RegistryObjectList>'),
        ('nodeRepresentation="07"', 'nodeRepresentation=""'),
        ('mimeType="text/xml"', 'mimeType="text/xml; charset=utf-8"'),
    ],
)  # fmt: skip
def test_what_ebxml_allows_is_left_alone(old: str, new: str) -> None:
    assert judged(altered(old, new)) == []


@pytest.mark.parametrize(
    ("rule", "said", "expected", "old", "new", "mark"),
    [
        ("child.order", "« Slot » n’est pas à sa place dans « ExtrinsicObject ».",
         "dans l’ordre : Slot, Name, Description, VersionInfo, Classification, ExternalIdentifier, ContentVersionInfo",
         TITLE, f'{TITLE}\n\n<rim:Slot name="tard"><rim:ValueList/></rim:Slot>', '<rim:Slot name="tard">'),
        ("child.repeated", "« Name » est répété dans « ExtrinsicObject ».", "un seul Name",
         TITLE, f"{TITLE}\n<rim:Name><!-- bis --></rim:Name>", "<rim:Name><!-- bis -->"),
        ("child.unknown", "L’élément « ValueListe » n’est pas permis dans « Slot ».", "ValueList",
         TIME, "\n<rim:ValueListe/>", "<rim:ValueListe/>"),
        ("child.unknown", "L’élément « x:note » n’est pas permis dans « RegistryObjectList ».",
         "ExtrinsicObject, RegistryPackage, Classification, ExternalIdentifier, Association, ObjectRef",
         ENTRY, f'\n<x:note xmlns:x="urn:x"/>{ENTRY}', "<x:note"),
        ("child.missing", "Il manque un élément dans « Slot ».", "ValueList", TIME, "", 'name="submissionTime"'),
        ("namespace", "« Name » n’est pas dans le bon espace de noms.", "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0",
         TITLE, '\n<Name xmlns="urn:oasis:names:tc:ebxml-regrep:rim:xsd:2.1"/>', "<Name "),
        ("attribute.missing", "L’attribut « objectType » manque sur « ExtrinsicObject ».", "objectType",
         ' objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"', "", ENTRY),
        ("attribute.missing", "L’attribut « classifiedObject » manque sur « Classification ».", "classifiedObject",
         ' classifiedObject="o"', "", '<rim:Classification id="a"'),
        ("attribute.unknown", "L’attribut « mime-type » n’est pas permis sur « ExtrinsicObject ».",
         "id, home, lid, status, objectType, mimeType, isOpaque", "mimeType=", "mime-type=", ENTRY),
        ("attribute.unknown", "L’attribut « xml:lang » n’est pas permis sur « Slot ».", "name, slotType",
         HASH, '\n<rim:Slot xml:lang="fr" name="hash">', 'xml:lang="fr"'),
        ("attribute.unknown", "L’attribut « xsi:nil » n’est pas permis sur « Slot ».", "un élément renseigné",
         HASH, f'<rim:Slot xsi:nil="true" name="hash" {XSI}>', "xsi:nil"),
        ("value", "L’attribut « id » de « Classification » a une valeur invalide.",
         "une référence non vide, sans espace", ' id="c"', ' id="c 1"', 'id="c 1"'),
        ("value", "L’attribut « isOpaque » de « ExtrinsicObject » a une valeur invalide.", "true ou false",
         ENTRY, f'{ENTRY}isOpaque="oui" ', 'isOpaque="oui"'),
        ("value", "L’attribut « mimeType » de « ExtrinsicObject » a une valeur invalide.",
         "type/sous-type, par exemple text/xml", 'mimeType="text/xml"', 'mimeType="xml"', ENTRY),
        ("value", "L’attribut « name » de « Slot » a une valeur invalide.", "un nom non vide",
         HASH, '\n<rim:Slot name="">', '<rim:Slot name="">'),
        ("value", "L’attribut « xml:lang » de « LocalizedString » a une valeur invalide.",
         "un code de langue, par exemple fr-FR",
         'value="Lettre de suivi"', 'value="Lettre" xml:lang="fr_FR"', "fr_FR"),
        ("content", "« Value » contient un élément : ce doit être du texte.", "du texte",
         "<rim:Value>20260302091600", "\n<rim:Value><!-- x --><b/>20260302091600", "<rim:Value><!-- x -->"),
        ("content", "Du texte se trouve dans « RegistryObjectList », qui n’en admet pas.", "aucun texte",
         ENTRY, f"bonjour\n{ENTRY}", "<rim:RegistryObjectList>"),
        ("type", "« xsi:type » donne à « Slot » un autre type que le sien.", "SlotType1",
         HASH, f'\n<rim:Slot xsi:type="rim:RegistryPackageType" name="hash" {XSI}>', "xsi:type"),
    ],
)  # fmt: skip
def test_a_fault_is_told_once_in_french_at_its_line(
    rule: str, said: str, expected: str, old: str, new: str, mark: str
) -> None:
    content = altered(old, new)
    found = [finding for finding in judged(content) if finding.rule == f"xds.schema.{rule}"]
    assert [plain(finding.message) for finding in found] == [said]
    (finding,) = found
    assert finding.severity is (Severity.WARNING if rule == "child.order" else Severity.ERROR)
    assert plain(finding.expected) == expected
    assert finding.observed
    assert finding.fix
    assert finding.source == "structure ebXML RegRep 3.0, schéma du banc"
    assert finding.where is not None
    assert finding.where.source == "METADATA.XML"
    assert finding.where.line == content[: content.index(mark)].count("\n") + 1
    assert (finding.where.path or "").startswith("/lcm:SubmitObjectsRequest")


def test_what_is_almost_right_is_hinted_at() -> None:
    (finding,) = judged(altered(ENTRY, '<rim:classification id="n" classifiedObject="o"/>' + ENTRY))
    assert finding.fix == "Écrire Classification."
    (finding,) = judged(altered("mimeType=", "mime-type="))
    assert finding.fix == "Écrire mimeType."


def test_every_fault_of_a_document_is_told() -> None:
    content = altered(ENTRY, f'{ENTRY}isOpaque="oui" ').replace(TITLE, TITLE * 2).replace(' id="a"', "", 1)
    assert {finding.rule.removeprefix("xds.schema.") for finding in judged(content)} == {
        "value",
        "child.repeated",
        "attribute.missing",
    }


def test_a_request_that_is_absent_or_in_another_namespace_is_told() -> None:
    (finding,) = judged("<a>\n<SubmitObjectsRequest/></a>")
    assert plain(finding.message).startswith("Le document ne contient pas de « SubmitObjectsRequest »")
    assert finding.observed == "SubmitObjectsRequest (aucun espace de noms)"
    assert finding.where is not None
    assert finding.where.line == 2
    (finding,) = judged("<a/>")
    assert finding.observed == "a (aucun espace de noms)"


def test_a_request_wrapped_in_an_envelope_keeps_its_lines() -> None:
    request = altered(TITLE, TITLE * 2).partition("?>\n")[2]
    (finding,) = judged(f"<e:Envelope xmlns:e='urn:e'>\n\n\n<e:Body>{request}</e:Body></e:Envelope>")
    assert finding.where is not None
    assert finding.where.line == 3 + request[: request.index(TITLE)].count("\n") + 1
    assert (finding.where.path or "").startswith("/e:Envelope/e:Body/lcm:SubmitObjectsRequest/")


def test_the_archive_and_the_deposit_are_judged_by_it() -> None:
    wrong = altered(TITLE, TITLE * 2).encode()
    read = xdm.read(archive(metadata=wrong))
    assert isinstance(read, xdm.Archive)
    assert [plain(said) for said in errors(xdm.metadata(read))] == ["« Name » est répété dans « ExtrinsicObject »."]
    deposit = xds.deposit(exchange(Channel.DMP, "TD2.1", wrong))
    assert isinstance(deposit, xds.Deposit)
    assert [plain(said) for said in errors(xds.schema(deposit.submission))] == [
        "« Name » est répété dans « ExtrinsicObject »."
    ]


def test_a_type_that_does_not_exist_is_a_finding() -> None:
    (finding,) = judged(altered(HASH, f'<rim:Slot xsi:type="nulle:part" name="hash" {XSI}>'))
    assert finding.observed == "nulle:part"


def test_no_address_written_in_a_document_is_ever_called() -> None:
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.5)

        def watch() -> None:
            try:
                trap.accept()[0].close()
                called.set()
            except TimeoutError:
                return

        watcher = threading.Thread(target=watch)
        watcher.start()
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/x.xsd"
        hints = f'{XSI} xsi:noNamespaceSchemaLocation="{url}" xsi:schemaLocation="urn:x {url}"'
        assert judged(altered(ENTRY, f'<x:note xmlns:x="urn:x" {hints}/>{ENTRY}'))
        watcher.join()
    assert not called.is_set()


def test_a_doctype_never_reaches_the_schema() -> None:
    found = gate.open_xml(
        "METADATA.XML", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + metadata().partition(b"?>")[2]
    )
    assert not isinstance(found, gate.Document)
    assert found[-1].rule == "gate.doctype"


def test_faults_beyond_the_limit_are_counted_and_quickly() -> None:
    begun = time.perf_counter()
    found = judged(metadata(more="<rim:Intrus/>" * 15_000))
    assert len(found) == ebxml.MAX_FINDINGS + 1
    assert found[-1].message == "La structure des métadonnées a 14900 autre(s) faute(s), non détaillée(s)."
    assert time.perf_counter() - begun < 20


def test_a_document_of_too_many_elements_is_not_judged() -> None:
    found = judged(metadata(more='<rim:ObjectRef id="x"/>' * ebxml.MAX_ELEMENTS))
    assert [finding.rule for finding in found] == ["xds.schema.size"]


def test_a_document_too_deep_is_not_judged() -> None:
    # Past ten megabytes of text the XML parser is let go deeper.
    large = "x" * 11_000_000
    depth = 900
    inside = "<rim:RegistryPackage id='p'><rim:RegistryObjectList>" * depth
    inside += "</rim:RegistryObjectList></rim:RegistryPackage>" * depth
    more = f'<rim:Slot name="a"><rim:ValueList><rim:Value>{large}</rim:Value></rim:ValueList></rim:Slot>{inside}'
    found = judged(metadata(more=more))
    assert "xds.schema.depth" in {finding.rule for finding in found}


def test_long_values_are_cut() -> None:
    (finding,) = judged(altered(' id="c"', f' id="{"a " * 5000}"'))
    assert len(finding.observed or "") == 300


def test_the_schema_is_compiled_once() -> None:
    judged(metadata())
    before = ebxml._schema.cache_info()
    judged(metadata())
    after = ebxml._schema.cache_info()
    assert (before.misses, after.misses) == (1, 1)
    assert after.hits == before.hits + 1


def test_the_cost_of_one_judgement_is_shown(record_property: Callable[[str, object], None]) -> None:
    content = metadata()
    document = opened(content)
    assert list(ebxml.validate(document)) == []
    parsing = min(_timed(lambda: etree.fromstring(content)) for _ in range(5))
    judging = min(_timed(lambda: list(ebxml.validate(document))) for _ in range(5))
    record_property("judging_ms", round(judging * 1000, 1))
    record_property("ratio_to_parsing", round(judging / parsing, 1))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
