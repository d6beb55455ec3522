"""Judges a CDA document on every tier that the agency's own tool applies: schema, header, body, terminologies, volet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from conformance.model.finding import Finding, Severity
from conformance.model.verdict import Verdict, worst
from conformance.validation import xsd
from conformance.validation.gate import Document
from conformance.validation.packs import GENERIC, Pack
from conformance.validation.places import Places
from conformance.validation.schematron import (
    Engine,
    EngineError,
    SchemaError,
    Sheet,
    default_folder,
)
from conformance.validation.sheets import Sheets
from conformance.validation.tiers import Tier, fault, tier_of
from conformance.validation.volets import Choice, choose

_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the tiers say of a document, with the volet chosen and the remarks about that choice."""

    document: str
    tiers: tuple[Tier, ...]
    volet: str | None
    remarks: tuple[Finding, ...] = ()
    repairs: tuple[Finding, ...] = ()
    """What had to be mended in the schemas that judged it; nothing about the document."""

    @property
    def status(self) -> Verdict:
        """The gravest status of the tiers."""
        return worst(tier.status for tier in self.tiers)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the tiers, remarks first."""
        return (*self.remarks, *(finding for tier in self.tiers for finding in tier.findings))


def judge(document: Document, pack: Pack, volet: str | None = None) -> Judgement:
    """Judge a document that passed the gate, with an engine kept for the process. ``volet`` imposes the volet.

    Not to be called from several threads at once: give each its own :class:`Judge`.
    """
    return shared(pack).judge(document, volet)


def shared(pack: Pack) -> Judge:
    """The engine that the process keeps for that pack."""
    return _shared(pack.folder)


@lru_cache(maxsize=2)
def _shared(folder: Path) -> Judge:
    return Judge(Pack(folder), default_folder())


class Judge:
    """A pack and its compiled schemas, each compiled when first needed. ``cache``: a folder, None for none.

    The general tiers are kept, and the volets used last. One per thread; from the first document on, some hundred
    megabytes.
    """

    def __init__(self, pack: Pack, cache: Path | None = None) -> None:
        self.pack = pack
        self.cache = cache

    def judge(self, document: Document, volet: str | None = None) -> Judgement:
        """Judge a document that passed the gate; never fails: what could not be judged is a status of its own."""
        choice = choose(self.pack, document, volet)
        node = _parsed(self._engine, document)
        places = Places(document)
        tiers = [self._xsd(document)]
        tiers += [self._tier(name, self.pack.schema(name), node, places) for name in GENERIC]
        if choice.volet is not None:
            tiers.append(self._tier("VOLET", self.pack.schema("VOLET", choice.volet), node, places))
        elif choice.wanted:
            tiers.append(Tier("VOLET", Verdict.NON_VERIFIE, None, choice.remarks))
        else:
            tiers.append(Tier("VOLET", Verdict.NON_APPLICABLE, None, (_unstructured(document),)))
        used = [*GENERIC.values(), *([] if choice.volet is None else [self.pack.schema("VOLET", choice.volet)])]
        mended = tuple(each for path in used for each in self._sheets.repairs.get(self.pack.folder / path, ()))
        return Judgement(
            document.name, tuple(tiers), choice.volet, (*_too_deep(document), *_assumptions(choice)), mended
        )

    @cached_property
    def _engine(self) -> Engine:
        return Engine(self.pack.folder)

    @cached_property
    def _sheets(self) -> Sheets:
        return Sheets(self.pack, self._engine, self.cache)

    def _xsd(self, document: Document) -> Tier:
        if xsd.unavailable(self.pack.folder) is not None:
            return Tier("XSD", Verdict.NON_VERIFIE, None, tuple(xsd.validate(document, self.pack.folder)))
        try:
            findings = tuple(xsd.validate(document, self.pack.folder))
        except etree.XPathError as error:
            return fault("XSD", Path("CDA_extended.xsd"), error, document)
        return Tier("XSD", Verdict.NON_CONFORME if findings else Verdict.CONFORME, None, findings, "CDA_extended.xsd")

    def _tier(self, name: str, path: Path, node: Any, places: Places) -> Tier:
        sheet = self._sheets.sheet(path)
        if isinstance(node, EngineError) or not isinstance(sheet, Sheet):
            return fault(name, path, node if isinstance(sheet, Sheet) else sheet, places.document)
        try:
            outcome = self._engine.run(sheet, node)
            if outcome.spoiled:
                careful = self._sheets.careful(path, frozenset(outcome.spoiled))
                outcome = outcome.with_careful(self._engine.run(careful, node))
        except (EngineError, SchemaError) as error:
            return fault(name, path, error, places.document)
        return tier_of(name, path, outcome, places)


def _beyond(document: Document) -> etree._Element | None:
    """The first element deeper than Saxon's XML parser goes."""
    found = document.root.getroottree().xpath("/*" * (_DEEPEST + 1))
    return found[0] if isinstance(found, list) and found and etree.iselement(found[0]) else None


def _too_deep(document: Document) -> Iterator[Finding]:
    if (deep := _beyond(document)) is not None:
        yield Finding(
            "cda.depth",
            f"Le document imbrique plus de {_DEEPEST} niveaux d’éléments : le moteur Schematron refuse de le lire, ses "
            "règles ne sont pas vérifiées.",
            Severity.WARNING,
            replace(document.where(deep), path=f"…/{etree.QName(deep).localname}"),
            expected=f"{_DEEPEST} niveaux au plus",
            observed=f"{_levels(document)} niveaux",
            fix="Réduire l’imbrication (sections, tableaux, listes) à l’endroit indiqué.",
        )


def _levels(document: Document) -> int:
    level = deepest = 0
    for event, _ in etree.iterwalk(document.root, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def _parsed(engine: Engine, document: Document) -> Any:
    if _beyond(document) is not None:
        return EngineError(f"plus de {_DEEPEST} niveaux d’éléments")
    try:
        return engine.parse(etree.tostring(document.root.getroottree(), encoding="unicode"))
    except EngineError as error:
        return error


def _assumptions(choice: Choice) -> tuple[Finding, ...]:
    return choice.remarks if choice.volet is not None else ()


def _unstructured(document: Document) -> Finding:
    return Finding(
        "volet.unstructured",
        "Le corps du document n’est pas structuré : aucun volet ne s’applique, seules les règles générales jugent.",
        Severity.INFO,
        document.where(document.first("component/nonXMLBody")),
    )
