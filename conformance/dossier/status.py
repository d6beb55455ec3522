"""The state of a dossier: what is there, what is missing, what cannot serve, what a person decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from conformance.checks.evidence import privacy
from conformance.dossier.reading import Kept, Looked, Reading, proofs_of, read
from conformance.drivers.dossier import Dossier, proof_folder
from conformance.model.plan import Plan, Planned
from conformance.model.review import Decision
from conformance.model.verdict import Verdict
from conformance.model.yamlfile import closest

REMARKS = {
    "ancienne": "preuve.ancienne",
    "réemployée": "preuve.doublon",
    "attestation périmée": "preuve.perimee",
    "matricule d’apparence réelle": privacy.RULE,
}
"""What is counted apart, by the rule that tells it."""
COUNTED = (
    "attendue",
    "fournie",
    "manquante",
    "refusée",
    *REMARKS,
    "acceptée",
    "à compléter",
    "refusée par revue",
    "revue caduque",
)
_DECIDED = {
    Decision.ACCEPTED: "acceptée",
    Decision.COMPLEMENT: "à compléter",
    Decision.REFUSED: "refusée par revue",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One expected proof, its scenario and requirement, and every word that applies to it (see COUNTED)."""

    item: Planned
    kept: Kept
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """A dossier read against a plan. ``strays`` are files under no expected number, with the number they resemble."""

    plan: Plan
    dossier: Dossier
    lines: tuple[Line, ...]
    readings: tuple[tuple[Planned, Reading], ...]
    strays: Mapping[str, str | None] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many proofs each word applies to."""
        return _counts(self.lines)

    def sections(self) -> dict[str, dict[str, int]]:
        """The same by section, in the profile’s order."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.item.requirement.section, []).append(line)
        return {section: _counts(lines) for section, lines in found.items()}

    def having(self, word: str) -> list[Line]:
        """The proofs a word applies to."""
        return [line for line in self.lines if word in line.words]

    @property
    def verdicts(self) -> list[Verdict]:
        """Those of the obligatory scenarios, as a run that judged by the dossier alone would give them."""
        return [reading.verdict for item, reading in self.readings if item.obligatory]

    @property
    def exit_code(self) -> int:
        """1 when something is declared or judged non-conforming, 0 when everything obligatory is accepted, 4 otherwise."""
        if Verdict.NON_CONFORME in self.verdicts:
            return 1
        return 0 if self.verdicts and set(self.verdicts) == {Verdict.CONFORME} else 4

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "profile": self.plan.profile.id,
            "software": {"name": self.plan.vendor.software.name, "version": self.plan.vendor.software.version},
            "counts": self.counts(),
            "sections": [{"section": section, "counts": counts} for section, counts in self.sections().items()],
            "proofs": [_line_json(line) for line in self.lines],
            "strays": [{"file": name, "near": near} for name, near in self.strays.items()],
            "reviews_fault": self.dossier.fault,
            "exit_code": self.exit_code,
        }


def status(plan: Plan, dossier: Dossier) -> Status:
    """Read every file of a dossier against the proofs that a plan expects and that apply."""
    readings = tuple((item, read(item, dossier, plan.vendor.software)) for item in plan.items if item.excluded is None)
    lines = tuple(Line(item, kept, tuple(_words(kept))) for item, reading in readings for kept in reading.proofs)
    return Status(plan, dossier, lines, readings, _strays(plan, dossier))


def _words(kept: Kept) -> Iterator[str]:
    yield "attendue"
    yield kept.state
    for word, rule in REMARKS.items():
        if any(one.has(rule) for one in kept.looked):
            yield word
    if kept.review is not None:
        yield _DECIDED[kept.review.decision] if kept.holds else "revue caduque"


def _counts(lines: tuple[Line, ...] | list[Line]) -> dict[str, int]:
    return {word: sum(word in line.words for line in lines) for word in COUNTED}


def _strays(plan: Plan, dossier: Dossier) -> dict[str, str | None]:
    expected = [
        proof_folder(proof.id, item.requirement.section) for item in plan.items for proof in proofs_of(item.scenario)
    ]
    known = {folder.casefold() for folder in expected}
    return {
        piece.name: closest(_folder(piece.name), expected)
        for piece in dossier.pieces
        if known.isdisjoint(map(str, PurePosixPath(piece.name.casefold()).parents))
    }


def _folder(name: str) -> str:
    return "/".join(name.split("/")[:2])


def _line_json(line: Line) -> dict[str, Any]:
    review = line.kept.review
    return {
        "requirement": line.item.requirement.id,
        "scenario": line.item.scenario.id,
        "proof": line.kept.proof.id,
        "kind": line.kept.proof.kind,
        "title": line.kept.proof.title,
        "words": [word for word in line.words if word != "attendue"],
        "files": [_file_json(one) for one in line.kept.looked],
        "review": None if review is None else {**review.to_json(), "holds": line.kept.holds},
    }


def _file_json(one: Looked) -> dict[str, Any]:
    return {
        "name": one.filed.name,
        "size": one.filed.size,
        "sha256": one.filed.sha256,
        "modified": one.filed.modified.isoformat(),
        "acceptable": one.acceptable,
        "findings": [finding.to_json() for finding in one.findings],
    }
