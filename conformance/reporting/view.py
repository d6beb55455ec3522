"""What the documents show, arranged from run.json: pure data, no layout, one pass over the scenarios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.model.finding import Severity
from conformance.model.verdict import Verdict
from conformance.reporting.text import anchors

Data = Mapping[str, Any]

DISPLAY = (
    Verdict.CONFORME,
    Verdict.NON_CONFORME,
    Verdict.A_EXAMINER,
    Verdict.NON_VERIFIE,
    Verdict.NON_APPLICABLE,
    Verdict.ERREUR_BANC,
)
"""The order of the columns: what was judged first, what was not after."""

DEFINITIONS = {
    Verdict.CONFORME: "un échange, un fichier ou une preuve a été examiné et rien n’a été trouvé contre l’exigence.",
    Verdict.NON_CONFORME: "au moins un constat bloquant contredit l’exigence ; une fiche le décrit.",
    Verdict.A_EXAMINER: "les preuves sont là et lisibles ; une personne doit les juger.",
    Verdict.NON_VERIFIE: "il n’y avait rien à examiner ; le silence n’est jamais une réussite.",
    Verdict.NON_APPLICABLE: "l’option dont dépend l’exigence n’est pas déclarée ; le motif est écrit.",
    Verdict.ERREUR_BANC: "le banc lui-même a failli ; rien n’est dit du logiciel et l’essai est à refaire.",
}
COVERAGE = (
    ("automatic", "Vérifiés par la machine", "échanges observés ou fichiers contrôlés"),
    ("evidence", "Sur preuve", "capture, vidéo ou document soumis à une personne"),
    ("attestation", "Sur attestation", "déclaration ou homologation présentée"),
    ("not_verified", "Non vérifiés", "rien n’a pu être examiné"),
)
NATURES = {"EXIGENCE": "Exigence", "PRECONISATION": "Préconisation"}
UNSEEN = {
    "NON_VERIFIE": "rien n’a été examiné",
    "NON_APPLICABLE": "hors périmètre",
    "ERREUR_BANC": "essai interrompu par le banc",
}
"""What is said in place of the mode when nothing was verified: never « vérifié »."""
MODES = {
    "automatique": "vérifié par la machine",
    "preuve": "sur preuve",
    "attestation": "sur attestation",
    "aucun": "rien n’a été examiné",
}
GLOBAL = {
    "CONFORME": ("Conforme", "✓"),
    "NON_CONFORME": ("Non conforme", "✗"),
    "ERREUR_BANC": ("Erreur du banc", "⚠"),
    "INCOMPLET": ("Incomplet", "◐"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of a bar or of a ring: ``start`` and ``share`` are percentages of the whole."""

    key: str
    label: str
    note: str
    count: int
    start: float
    share: float


@dataclass(slots=True)
class Section:
    """One section of the catalogue with its obligatory requirements."""

    id: str
    title: str
    anchor: str
    requirements: list[Data] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)

    @property
    def parts(self) -> list[Part]:
        """The segments of its verdicts, in display order."""
        return verdict_parts(self.verdicts)


@dataclass(frozen=True, slots=True)
class Item:
    """A scenario to be shown by itself, with its requirement. ``number`` is its sheet's (``NC-03``), or empty."""

    requirement: Data
    scenario: Data
    number: str = ""

    @property
    def blocking(self) -> list[Data]:
        """The findings that break the requirement."""
        return [finding for finding in self.scenario["findings"] if finding["severity"] == Severity.ERROR]

    @property
    def other(self) -> list[Data]:
        """The findings that are only shown."""
        return [finding for finding in self.scenario["findings"] if finding["severity"] != Severity.ERROR]


@dataclass(slots=True)
class View:
    """Everything the report needs beside run.json itself."""

    sections: list[Section] = field(default_factory=list)
    sheets: list[Item] = field(default_factory=list)
    other_sheets: list[Item] = field(default_factory=list)
    bench_errors: list[Item] = field(default_factory=list)
    to_examine: list[Item] = field(default_factory=list)
    unverified: list[Item] = field(default_factory=list)
    recommended: list[Data] = field(default_factory=list)
    informative: list[Data] = field(default_factory=list)
    reviews: list[tuple[Data, Data]] = field(default_factory=list)
    anchor: dict[str, str] = field(default_factory=dict)
    sheet_of: dict[str, Item] = field(default_factory=dict)
    verdicts: Sequence[Part] = ()
    coverage: Sequence[Part] = ()
    applicable: int = 0
    options: dict[str, str] = field(default_factory=dict)

    @property
    def priority(self) -> list[Item]:
        """The five non-conformities with the most blocking findings, catalogue order between equals."""
        return sorted(self.sheets, key=lambda item: -len(item.blocking))[:5]


def obligatory(requirement: Data) -> bool:
    """Whether a requirement weighs in the global verdict."""
    return not requirement["informative"] and requirement["nature"] == "EXIGENCE"


def parts(named: Iterable[tuple[str, str, str, int]]) -> list[Part]:
    """The segments of a whole from (key, label, note, count), the empty ones included."""
    rows = list(named)
    total = sum(row[3] for row in rows) or 1
    result, start = [], 0.0
    for key, label, note, amount in rows:
        share = 100 * amount / total
        result.append(Part(key, label, note, amount, start, share))
        start += share
    return result


def verdict_parts(counts: Mapping[str, int]) -> list[Part]:
    """The segments of a verdict count, in display order."""
    return parts(
        (verdict.value, verdict.label, DEFINITIONS[verdict], counts.get(verdict.value, 0)) for verdict in DISPLAY
    )


def coverage_parts(coverage: Data) -> list[Part]:
    """The segments of a coverage statement; what does not apply is no part of the whole."""
    return parts((key, label, note, coverage[key]) for key, label, note in COVERAGE)


def build(run: Data) -> View:
    """Arrange a run for display. Linear in the number of scenarios and findings."""
    view = View(options={option["slug"]: option["title"] for option in run["profile"]["options"]})
    make = anchors()
    sections: dict[str, Section] = {}
    for requirement, scenario in _scenarios(run):
        for name in (f"exigence {requirement['id']}", f"scenario {scenario['id']}"):
            if name not in view.anchor:
                view.anchor[name] = make(name)
        _file(view, requirement, scenario)
        view.reviews += [(scenario, review) for review in scenario.get("reviews", ())]
    for requirement in run["requirements"]:
        if requirement["informative"]:
            view.informative.append(requirement)
        elif requirement["nature"] != "EXIGENCE":
            view.recommended.append(requirement)
        else:
            _add(sections, requirement, make)
    view.sections = list(sections.values())
    _measure(view, run)
    return view


def _scenarios(run: Data) -> Iterator[tuple[Data, Data]]:
    for requirement in run["requirements"]:
        for scenario in requirement["scenarios"]:
            yield requirement, scenario


def _file(view: View, requirement: Data, scenario: Data) -> None:
    """Put a scenario in the chapter its verdict calls for."""
    binding = obligatory(requirement)
    match scenario["verdict"]:
        case Verdict.NON_CONFORME:
            sheets, prefix = (view.sheets, "NC") if binding else (view.other_sheets, "NP")
            item = Item(requirement, scenario, f"{prefix}-{len(sheets) + 1:02d}")
            sheets.append(item)
            view.sheet_of[scenario["id"]] = item
        case Verdict.ERREUR_BANC:
            view.bench_errors.append(Item(requirement, scenario))
        case Verdict.A_EXAMINER:
            view.to_examine.append(Item(requirement, scenario))
        case Verdict.NON_VERIFIE if binding:
            view.unverified.append(Item(requirement, scenario))


def _add(sections: dict[str, Section], requirement: Data, make: Any) -> None:
    key = requirement["section"]
    if key not in sections:
        sections[key] = Section(key, requirement["section_title"], make(f"section {key}"))
    sections[key].requirements.append(requirement)
    sections[key].verdicts.update(scenario["verdict"] for scenario in requirement["scenarios"])


def _measure(view: View, run: Data) -> None:
    # Counted from the sections rather than taken from run["counts"], which leaves out what does not apply: the rows of
    # the tables must add up to their foot.
    counts: Counter[str] = Counter()
    for section in view.sections:
        counts.update(section.verdicts)
    view.verdicts = verdict_parts(counts)
    view.coverage = coverage_parts(run["coverage"])
    view.applicable = sum(part.count for part in view.coverage)
