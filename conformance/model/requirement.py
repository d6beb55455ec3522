"""Requirement, scenario, proof: the three levels of the agency's own files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Nature(StrEnum):
    """EXIGENCE binds; PRECONISATION is listed apart and neither compensates nor condemns."""

    EXIGENCE = "EXIGENCE"
    PRECONISATION = "PRECONISATION"


class Method(StrEnum):
    """How a scenario is verified."""

    LIVE = "live"
    """A simulator of a national service observes the software."""
    ARTEFACT = "artefact"
    """A file the software made is checked."""
    EVIDENCE = "evidence"
    """A capture, a video or a document is reviewed by a person."""
    ATTESTATION = "attestation"
    """An approval, a certificate or a signed declaration is reviewed by a person."""

    @property
    def label(self) -> str:
        """The French words a vendor reads."""
        return _METHODS[self]

    @property
    def automatic(self) -> bool:
        """Whether a machine is meant to judge it."""
        return self in (Method.LIVE, Method.ARTEFACT)


_METHODS = {
    Method.LIVE: "automatique, échanges observés",
    Method.ARTEFACT: "automatique, fichier contrôlé",
    Method.EVIDENCE: "preuve à examiner",
    Method.ATTESTATION: "attestation",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What the agency asks for, under its ``N° preuve``. ``kind`` is one of the schema's list (video, mail, link…)."""

    id: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a person proves it: what to show, an example of what is accepted, what is refused."""

    show: str
    accepted: str
    refused: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """The unit of verdict, keyed by its official id."""

    id: str
    title: str
    method: Method
    proofs: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement as a profile states it.

    The key is (profile, id, option): one id may carry another wording in another profile. A requirement the agency
    gives no scenario to is its own single scenario, under its own id. ``reason`` says why it is verified this way and
    what a machine does not see. ``file`` and ``line`` tell where it is written; ``official`` is the agency's wording, only
    when the user has imported it.
    """

    id: str
    section: str
    section_title: str
    title: str
    summary: str
    nature: Nature
    method: Method
    automatable: str
    reason: str
    scenarios: tuple[Scenario, ...]
    option: str | None = None
    protocol: Protocol | None = None
    file: str = ""
    line: int = 0
    official: str | None = None
