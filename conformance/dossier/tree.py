"""The empty dossier: a folder for each expected proof, and in each a note that says what to put there."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.checks.evidence import accepted_types
from conformance.dossier.reading import proofs_of
from conformance.drivers.dossier import README, proof_folder
from conformance.model.plan import Plan, Planned
from conformance.model.requirement import Proof, Protocol
from conformance.reporting.text import prose

_WIDTH = 100
_ANY = Protocol(
    show="Ce que demande la preuve, sur le logiciel et dans la version éprouvés.",
    accepted="Une pièce lisible, datée, où l’on reconnaît le logiciel et sa version.",
    refused="Une maquette, une pièce d’une autre version, une capture recadrée au point de ne plus rien situer.",
)
_BY_KIND = {
    "video": Protocol(
        show="Le scénario entier à l’écran, du premier geste au résultat, sans coupure.",
        accepted="Une vidéo de l’écran où se lisent le logiciel, sa version, le patient de test et le résultat.",
        refused="Une vidéo muette sur le résultat, coupée, illisible, ou tournée avec un vrai patient.",
    ),
    "capture": Protocol(
        show="L’écran demandé, entier, avec les données du patient de test.",
        accepted="Une capture à la résolution de l’écran, où se lit le nom du logiciel.",
        refused="Une image recadrée, floue, ou montrant un vrai patient.",
    ),
    "approval": Protocol(
        show="Le document par lequel l’autorité compétente a agréé le logiciel.",
        accepted="Le PDF reçu, avec sa référence, sa date et le nom du logiciel dans le texte.",
        refused="Une demande en cours, l’agrément d’un autre produit, une photographie du document.",
    ),
    "declaration": Protocol(
        show="Qui répond de l’exigence, en quelle qualité, depuis quand et jusqu’à quand.",
        accepted="Une attestation en YAML ou en PDF, signée, en cours de validité, justifiée.",
        refused="Une attestation sans nom, périmée, ou sans justification.",
    ),
    "link": Protocol(
        show="L’adresse de la page demandée.",
        accepted="Un fichier .url ou .txt qui contient une adresse https publique.",
        refused="Une adresse interne à l’entreprise, ou protégée par un mot de passe que le fichier contient.",
    ),
    "log": Protocol(
        show="Les lignes de journal écrites pendant le scénario.",
        accepted="Un export en texte, UTF-8, chaque ligne horodatée.",
        refused="Un journal recopié à la main, sans date, ou portant de vrais patients.",
    ),
}
_DECLARATION = """personne: Alix Modèle
fonction: Responsable de la conformité
date: 2026-01-05
valable_jusqu_au: 2027-01-05
reponse: Oui
preuve: {proof}
version: "{version}"
justification: >-
  Ce qui a été vérifié, quand, sur quelle version, et où le retrouver.
"""


@dataclass(frozen=True, slots=True)
class Laid:
    """What laying a dossier out has done: folders whose note was written, folders that were there already."""

    written: int
    kept: int


def lay_out(plan: Plan, folder: Path) -> Laid:
    """Make the folder of each proof that applies, and its note; what is there already is left as it is."""
    written = kept = 0
    for item in plan.items:
        if item.excluded is not None:
            continue
        for proof in proofs_of(item.scenario):
            target = folder / proof_folder(proof.id, item.requirement.section)
            target.mkdir(parents=True, exist_ok=True)
            try:
                with (target / README).open("x", encoding="utf-8", newline="\n") as file:
                    file.write(note(plan, item, proof))
                written += 1
            except FileExistsError:
                kept += 1
    return Laid(written, kept)


def note(plan: Plan, item: Planned, proof: Proof) -> str:
    """What LISEZ-MOI.txt says of a proof: what to show, what is accepted, what is refused, which files."""
    return "\n".join(line.rstrip() for line in _lines(plan, item, proof)) + "\n"


def _lines(plan: Plan, item: Planned, proof: Proof) -> Iterator[str]:
    requirement, scenario = item.requirement, item.scenario
    protocol = requirement.protocol or _BY_KIND.get(proof.kind, _ANY)
    title = prose(f"Preuve {proof.id} : {proof.title}")
    yield from textwrap.wrap(title, _WIDTH)
    yield "=" * min(len(title), _WIDTH)
    yield ""
    yield from _said("Exigence", f"{requirement.id} ({_weight(item)}) : {requirement.summary}")
    if scenario.id != requirement.id:
        yield from _said("Scénario", f"{scenario.id} : {scenario.title}")
    yield from _said("Vérification", scenario.method.label)
    yield from _said("Ce qu’il faut montrer", protocol.show)
    yield from _said("Exemple recevable", protocol.accepted)
    yield from _said("Refusé", protocol.refused)
    types = sorted(accepted_types(proof.kind) - {"yaml", "yml"})
    statement = "yaml pour une attestation signée"
    yield from _said("Fichiers acceptés", f"{', '.join(types)} ; {statement}")
    yield from _said(
        "Toujours",
        "Des patients de test seulement, jamais un matricule réel. Ce fichier n’est pas une pièce : laissez-le ou effacez-le.",
    )
    if proof.kind == "declaration":
        yield "Modèle d’attestation (attestation.yaml)"
        version = plan.vendor.software.version or "1.0"
        yield from (f"  {line}" for line in _DECLARATION.format(proof=proof.id, version=version).splitlines())


def _weight(item: Planned) -> str:
    if item.informative:
        return "montrée pour information"
    return "obligatoire" if item.binding else "préconisation"


def _said(head: str, text: str) -> Iterator[str]:
    yield prose(head)
    yield from textwrap.wrap(
        prose(text), _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )
    yield ""
