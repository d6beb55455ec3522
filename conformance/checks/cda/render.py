"""What a structured document shows: its narrative, and what its own style sheet makes of it.

The sheet comes from the document, hence from nobody knows whom: it is applied in a process of its own, which may read
nothing and is ended after some seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from conformance.checks.cda.tools import fault, text_of
from conformance.checks.pdf.shows import folded
from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import Document, open_xml

_XSL = "{http://www.w3.org/1999/XSL/Transform}stylesheet"
_SOURCE = "CI-SIS, documents auto-présentables"
_SECONDS = 30.0
_NO_WRITING = etree.XSLTAccessControl(write_file=False, create_dir=False, write_network=False)  # type: ignore[call-arg]


def narrative(document: Document) -> Iterator[str]:
    """The titles of the sections, then every cell and paragraph of their text; empty ones left out."""
    for tag in ("title", "th", "td", "paragraph"):
        for element in document.all(f"component/structuredBody//{tag}"):
            if read := " ".join(text_of(element).split()):
                yield read


def tells(document: Document, expected: Iterable[str]) -> Iterator[Finding]:
    """Each text is part of the narrative of the sections."""
    read = folded(" ".join(narrative(document)))
    for text in expected:
        if folded(text) not in read:
            yield fault(
                document,
                "cda.narrative.missing",
                "Un texte demandé n’est pas dans la partie narrative du document.",
                document.first("component/structuredBody"),
                expected=text,
                observed="absent",
                fix="Écrire dans la partie narrative tout ce qu’une section contient.",
                source=_SOURCE,
            )


def silent(document: Document, unwanted: str) -> Iterator[Finding]:
    """The text is nowhere in the narrative of the sections."""
    if any(folded(unwanted) in folded(read) for read in narrative(document)):
        yield fault(
            document,
            "cda.narrative.unwanted",
            "La mention apparaît dans un document qu’elle ne concerne pas.",
            document.first("component/structuredBody"),
            expected="absente",
            observed=unwanted,
            fix="N’écrire cette mention que dans les documents qu’elle concerne.",
            source=_SOURCE,
        )


def sheet(document: Document) -> Iterator[Finding]:
    """The document holds the style sheet that displays it."""
    opened = open_xml(document.name, document.content)
    if not isinstance(opened, Document) or opened.root.tag != _XSL:
        yield fault(
            document,
            "cda.sheet",
            "Le document ne contient pas de feuille de style : il ne s’affiche pas de lui-même.",
            expected="un document auto-présentable (le CDA dans sa feuille de style XSLT 1.0)",
            observed="un ClinicalDocument seul",
            fix="Placer le ClinicalDocument dans l’élément Contenu de la feuille de style du laboratoire.",
            source=_SOURCE,
        )


def rendered(document: Document) -> str | tuple[Finding, ...]:
    """The text that the document's own style sheet displays, or why there is none."""
    missing = tuple(sheet(document))
    if missing:
        return missing
    from conformance.validation.workers import Lost, Workers

    jobs = [(document.name, document.content)]
    with Workers(_apply, 1, _SECONDS) as workers:
        answer = next(answer for _, answer in workers.map(jobs))
    if isinstance(answer, Lost):
        return (_failed(document.name, answer.reason),)
    return answer if isinstance(answer, str) else (_failed(document.name, answer[0]),)


def displays(document: Document, shown: str, expected: Iterable[str], what: str) -> Iterator[Finding]:
    """Each text is part of what the style sheet displays; ``what`` begins the sentence (« Un résultat »)."""
    within = folded(shown)
    for text in expected:
        if folded(text) not in within:
            yield fault(
                document,
                "cda.sheet.missing",
                f"{what} n’apparaît pas dans l’affichage par la feuille de style.",
                expected=text,
                observed="absent",
                fix="Faire afficher par la feuille de style toutes les sections et tout leur texte.",
                source=_SOURCE,
            )


class _Nothing(etree.Resolver):
    """Whatever other file the sheet asks for is an empty one: a document that displays itself needs none."""

    def resolve(self, _url: str, _public_id: str, context: object) -> object:  # type: ignore[override]
        """An empty document."""
        return self.resolve_string("<rien/>", context, base_url="")


def _apply(job: tuple[str, bytes]) -> str | tuple[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_Nothing())
    try:
        # The gate has refused any DOCTYPE before; only this parser makes the sheet blind.
        tree = etree.ElementTree(etree.fromstring(job[1], parser))
        result = etree.XSLT(tree, access_control=_NO_WRITING)(tree)
    except (etree.XSLTError, etree.XMLSyntaxError) as error:
        return (str(error),)
    root = result.getroot()
    return str(result) if root is None else "".join(_displayed(root))


def _displayed(root: etree._Element) -> Iterator[str]:
    """The text of a page, without that of its styles and scripts."""
    found = root.xpath("//text()[not(ancestor::style or ancestor::script)]")
    yield from map(str, found if isinstance(found, list) else ())


def _failed(name: str, reason: str) -> Finding:
    return Finding(
        "cda.sheet.failed",
        "La feuille de style du document ne s’applique pas.",
        Severity.ERROR,
        Location(name),
        expected="une transformation XSLT 1.0 sans accès à un autre fichier",
        observed=reason[:300],
        source=_SOURCE,
    )
