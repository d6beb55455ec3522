"""What a biology report holds: its results, and the sentences that the rules of the profession add to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body
from conformance.reference_lps.types import Draft
from conformance.reference_lps.vocabulary import LOINC, Coded

CHAPTERS = {
    "18719-5": "Biochimie",
    "18725-2": "Microbiologie",
    "18723-7": "Hématologie",
    "18727-8": "Sérologie",
}
AUTOMATIC = "Résultat validé automatiquement, sans relecture par un biologiste."
ACCREDITED = "♦"
_KEYS = (
    "code", "libelle", "valeur", "unite", "bas", "haut", "chapitre", "germe", "accredite", "automatique", "sous_traitant",
)  # fmt: skip
_LABORATORY = ("nom", "id_structure", "telephone", "adresse", "responsable")


@dataclass(frozen=True)
class Result:
    """An examination: its value (a number when ``unit`` is set), its limits, how it was obtained."""

    code: Coded
    chapter: Coded
    value: str
    unit: str = ""
    low: str = ""
    high: str = ""
    germ: str = ""
    accredited: bool = False
    automatic: bool = False
    subcontractor: dict[str, Any] | None = None

    @property
    def quantity(self) -> bool:
        """Whether the value is a number with its unit."""
        return bool(self.unit)

    @property
    def interpretation(self) -> str:
        """N, L or H against the limits; empty without them."""
        if not (self.quantity and self.low and self.high):
            return ""
        number = float(self.value)
        return "L" if number < float(self.low) else "H" if number > float(self.high) else "N"

    @property
    def shown(self) -> str:
        """The name, with the sign of those that the accreditation covers."""
        name = f"{self.code.label} ({self.germ})" if self.germ else self.code.label
        return f"{name} {ACCREDITED}" if self.accredited else name

    @property
    def remarks(self) -> str:
        """How it was obtained, in a few words."""
        notes = ["validation automatique"] if self.automatic else []
        notes += [f"sous-traité à {self.subcontractor['nom']}"] if self.subcontractor else []
        return ", ".join(notes)


def results(draft: Draft) -> list[Result]:
    """The examinations of the draft; those of a chapter stand together."""
    found = [_result(one) for one in draft.content.get("examens", ())]
    return sorted(found, key=lambda one: list(CHAPTERS).index(one.chapter.code))


def _result(data: dict[str, Any]) -> Result:
    chapter = data.get("chapitre") or "18719-5"
    return Result(
        Coded(data["code"], LOINC, data["libelle"]),
        Coded(chapter, LOINC, CHAPTERS[chapter]),
        data["valeur"],
        data.get("unite") or "",
        data.get("bas") or "",
        data.get("haut") or "",
        data.get("germe") or "",
        bool(data.get("accredite")),
        bool(data.get("automatique")),
        data.get("sous_traitant"),
    )


def read(content: Body) -> dict[str, Any]:
    """The content of a biology report as the API gives it; 400 when it cannot be one."""
    raw = content.part("examens")
    if not isinstance(raw, list) or not raw:
        raise RefusalError(400, "« examens » doit être une liste non vide.")
    return {"examens": [_read(Body(one, _KEYS, "Un examen")) for one in raw]}


def _read(one: Body) -> dict[str, Any]:
    texts = ("unite", "bas", "haut", "germe")
    found: dict[str, Any] = {name: one.optional_text(name) or "" for name in texts}
    found |= {"code": one.text("code"), "libelle": one.text("libelle"), "valeur": one.text("valeur")}
    found |= {name: one.boolean(name, False) for name in ("accredite", "automatique")}
    found["chapitre"] = one.one_of("chapitre", CHAPTERS, "18719-5")
    for name in ("valeur", "bas", "haut") if found["unite"] else ():
        if found[name] and not re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", found[name], re.ASCII):
            raise RefusalError(400, f"« {name} » doit être un nombre quand l’examen a une unité.")
    found["sous_traitant"] = _laboratory(one.part("sous_traitant")) if one.has("sous_traitant") else None
    return found


def _laboratory(raw: object) -> dict[str, Any]:
    body = Body(raw, _LABORATORY, "Le sous-traitant")
    who = Body(body.part("responsable"), ("id_national", "nom", "prenom"), "Le responsable")
    told: dict[str, Any] = {name: body.text(name) for name in _LABORATORY[:-1]}
    return told | {"responsable": {name: who.text(name) for name in ("id_national", "nom", "prenom")}}


def sentences(draft: Draft, defects: frozenset[str], only: Collection[str] | None = None) -> Iterator[str]:
    """What must be read beside the results: accreditation, automatic validation, subcontracting.

    ``only`` keeps the examinations of those codes, for a section that holds part of the report.
    """
    found = [one for one in results(draft) if only is None or one.code.code in only]
    told = draft.mentions.get("accreditation", "")
    covered = any(one.accredited for one in found) and "bio-accreditation-never" not in defects
    if told and (covered or "bio-accreditation-always" in defects):
        yield f"{told} {ACCREDITED} examen couvert par l’accréditation."
    if any(one.automatic for one in found) and "bio-automatic-silent" not in defects:
        yield draft.mentions.get("automatique") or AUTOMATIC
    for who in {one.subcontractor["nom"]: one.subcontractor for one in found if one.subcontractor}.values():
        if "bio-subcontractor-unnamed" not in defects:
            yield f"Examens sous-traités à {who['nom']}, {who['adresse']}, téléphone {who['telephone']}."
