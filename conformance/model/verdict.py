"""The closed, ordered list of verdicts and how several become one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What is said of a scenario. The order of the members is the order of gravity, worst first."""

    ERREUR_BANC = "ERREUR_BANC"
    """A fault of the harness: never a failure of the vendor, never a success."""
    NON_CONFORME = "NON_CONFORME"
    """Something was looked at and it breaks the requirement."""
    A_EXAMINER = "A_EXAMINER"
    """Evidence is there and readable; a person must judge it."""
    NON_VERIFIE = "NON_VERIFIE"
    """There was nothing to look at: silence is never success."""
    NON_APPLICABLE = "NON_APPLICABLE"
    """The option the requirement depends on is not declared; the reason is told."""
    CONFORME = "CONFORME"
    """Something was looked at and nothing was found against it."""

    @property
    def label(self) -> str:
        """The French words a vendor reads."""
        return _LABELS[self]

    @property
    def symbol(self) -> str:
        """One character that tells the verdict without colour."""
        return _SYMBOLS[self]

    @property
    def final(self) -> bool:
        """Whether running the scenario again could not be needed for want of something (used by ``--resume``)."""
        return self is not Verdict.ERREUR_BANC


_LABELS = {
    Verdict.ERREUR_BANC: "Erreur du banc",
    Verdict.NON_CONFORME: "Non conforme",
    Verdict.A_EXAMINER: "À examiner",
    Verdict.NON_VERIFIE: "Non vérifié",
    Verdict.NON_APPLICABLE: "Non applicable",
    Verdict.CONFORME: "Conforme",
}
_SYMBOLS = {
    Verdict.ERREUR_BANC: "⚠",
    Verdict.NON_CONFORME: "✗",
    Verdict.A_EXAMINER: "◉",
    Verdict.NON_VERIFIE: "○",
    Verdict.NON_APPLICABLE: "–",
    Verdict.CONFORME: "✓",
}
_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole from those of its parts: the gravest of the applicable ones.

    Nothing at all is NON_VERIFIE; parts that are all NON_APPLICABLE make a whole that is NON_APPLICABLE.
    """
    known = list(verdicts)
    if not known:
        return Verdict.NON_VERIFIE
    applicable = [verdict for verdict in known if verdict is not Verdict.NON_APPLICABLE]
    return min(applicable, key=_RANK.__getitem__, default=Verdict.NON_APPLICABLE)
