"""From what a run wrote to ``run.json``, the one source of every report."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance import provenance
from conformance.checks.evidence import REFUSALS
from conformance.coverage import counts, coverage
from conformance.journal import now
from conformance.model.plan import Planned
from conformance.model.requirement import Nature, Requirement
from conformance.model.verdict import Verdict, worst
from conformance.recorded import Recorded
from conformance.recorder import Result
from conformance.runs import Run

SCHEMA = "segur-conformance/run/1"
RULE = (
    "Conforme si et seulement si chaque scénario obligatoire applicable est conforme ; une préconisation ou une exigence "
    "d’information ne condamne ni ne compense."
)
SENTENCES = {
    "CONFORME": "Tous les scénarios obligatoires applicables sont conformes.",
    "NON_CONFORME": "Au moins un scénario obligatoire n’est pas conforme.",
    "ERREUR_BANC": "Aucune non-conformité établie, mais le banc a failli sur au moins un scénario obligatoire.",
    "INCOMPLET": "Aucune non-conformité établie ; des scénarios obligatoires restent à vérifier ou à examiner.",
}
PARTIAL = "Aucune non-conformité établie parmi les scénarios retenus ; l’exécution ne couvre pas le profil entier."
_EXIT = {"CONFORME": 0, "NON_CONFORME": 1, "ERREUR_BANC": 3, "INCOMPLET": 4}


def write_run(run: Run, results: Mapping[str, Result], *, interrupted: bool = False) -> Path:
    """Put the run together and write ``run.json`` in its folder; gives its path. ``interrupted``: by the user."""
    path = run.folder / "run.json"
    temporary = path.with_suffix(".part")
    text = json.dumps(assemble(run, results, interrupted=interrupted), ensure_ascii=False, indent=1) + "\n"
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)
    return path


def assemble(run: Run, results: Mapping[str, Result], *, interrupted: bool = False) -> dict[str, Any]:
    """The whole run as ``run.json`` holds it (schema ``model/run.schema.json``)."""
    record = Recorded(run.folder)
    asked = [item for item in run.plan.items if run.asked(item)]
    settled = {item.scenario.id: _settle(item, results, set() if interrupted else record.cut_short) for item in asked}
    requirements = _requirements(run, asked, settled, record)
    weighing = [settled[item.scenario.id] for item in asked if item.obligatory]
    whole = len(asked) == len(run.plan.items)
    verdict = _global((result.verdict for result in weighing), whole=whole)
    finished = now()
    started = min(record.started, default=finished)
    return {
        "schema": SCHEMA,
        "id": f"{run.plan.vendor.id}-{run.folder.name}",
        "nature": "auto-évaluation",
        "started": started,
        "finished": finished,
        "duration_s": round((_time(finished) - _time(started)).total_seconds(), 3),
        "segments": record.takes,
        "whole": whole,
        "harness": provenance.harness(run),
        "packs": provenance.packs(),
        "vendor": {"id": run.plan.vendor.id, "name": run.plan.vendor.name},
        "software": provenance.software(run),
        "profile": provenance.profile(run),
        "driver": provenance.driver(run),
        "bench": record.services,
        "verdict": {
            "global": verdict,
            "sentence": SENTENCES[verdict] if whole or verdict != "INCOMPLET" else PARTIAL,
            "rule": RULE,
            "exit_code": _EXIT[verdict],
        },
        "counts": counts(settled[item.scenario.id].verdict for item in asked if item.binding),
        "counts_other": _other_counts(asked, settled),
        "coverage": coverage(asked, settled),
        "requirements": requirements,
        "documents": _documents(run),
        "warnings": _warnings(run, asked, record),
        "journal": record.seals,
    }


def _settle(item: Planned, results: Mapping[str, Result], cut_short: set[str]) -> Result:
    """A scenario's result, or why it has none."""
    name = item.scenario.id
    if item.excluded is not None:
        return Result(name, Verdict.NON_APPLICABLE, item.excluded, "aucun")
    if name in results:
        return results[name]
    if name in cut_short:
        return Result(
            name, Verdict.ERREUR_BANC, "le processus qui jouait ce scénario s’est arrêté : --resume le rejoue", "aucun"
        )
    return Result(name, Verdict.NON_VERIFIE, "non joué : l’exécution a été interrompue ou restreinte", "aucun")


def _global(verdicts: Iterable[Verdict], *, whole: bool) -> str:
    """The verdict of the run; one that leaves part of the profile aside can condemn, never declare conforming."""
    known = Counter(verdicts)
    if known[Verdict.NON_CONFORME]:
        return "NON_CONFORME"
    if known[Verdict.ERREUR_BANC]:
        return "ERREUR_BANC"
    left = known[Verdict.A_EXAMINER] or known[Verdict.NON_VERIFIE] or not known or not whole
    return "INCOMPLET" if left else "CONFORME"


def _other_counts(asked: list[Planned], settled: Mapping[str, Result]) -> dict[str, dict[str, int]]:
    recommended = [i for i in asked if not i.informative and i.requirement.nature is Nature.PRECONISATION]
    informative = [i for i in asked if i.informative]
    return {
        "PRECONISATION": counts(settled[item.scenario.id].verdict for item in recommended),
        "INFORMATIF": counts(settled[item.scenario.id].verdict for item in informative),
    }


def _requirements(
    run: Run, asked: list[Planned], settled: Mapping[str, Result], record: Recorded
) -> list[dict[str, Any]]:
    groups: dict[str, list[Planned]] = {}
    for item in asked:
        groups.setdefault(item.requirement.id, []).append(item)
    return [
        _requirement(items[0].requirement, items[0].informative)
        | {
            "verdict": worst(settled[item.scenario.id].verdict for item in items).value,
            "scenarios": [_scenario(run, item, settled[item.scenario.id], record) for item in items],
        }
        for items in groups.values()
    ]


def _requirement(requirement: Requirement, informative: bool) -> dict[str, Any]:
    protocol = requirement.protocol
    return {
        "id": requirement.id,
        "section": requirement.section,
        "section_title": requirement.section_title,
        "title": requirement.title,
        "summary": requirement.summary,
        "nature": requirement.nature.value,
        "option": requirement.option,
        "informative": informative,
        "method": requirement.method.value,
        "automatable": requirement.automatable,
        "reason": requirement.reason,
        "protocol": None
        if protocol is None
        else {"show": protocol.show, "accepted": protocol.accepted, "refused": protocol.refused},
    }


def _scenario(run: Run, item: Planned, result: Result, record: Recorded) -> dict[str, Any]:
    entries = record.of(item.scenario.id) if result.mode == "automatique" else []
    mode = "aucun" if result.verdict is Verdict.NON_APPLICABLE else result.mode
    return {
        "id": item.scenario.id,
        "title": item.scenario.title,
        "method": item.scenario.method.value,
        "mode": mode,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "findings": [finding.to_json() for finding in result.findings],
        "steps": [_step(entry) for entry in entries],
        "exchanges": [_exchange(entry) for entry in entries],
        "pieces": [
            {
                "name": piece.name,
                "kind": piece.kind,
                "sha256": piece.sha256,
                "size": piece.size,
                "proof": piece.proof,
                "origin": piece.origin,
            }
            for piece in result.pieces
        ],
        "proofs": [_proof(proof.id, proof.kind, proof.title, result) for proof in item.scenario.proofs],
        "reviews": list(result.reviews),
        "test": result.test,
        "started": result.started,
        "duration_s": result.duration_s,
        "replay": shlex.join([*provenance.run_words(run), "--requirement", item.scenario.id]),
    }


def _proof(proof_id: str, kind: str, title: str, result: Result) -> dict[str, Any]:
    files = [piece.name for piece in result.pieces if piece.proof == proof_id]
    refused = {finding.where.source for finding in result.findings if finding.where and finding.rule in REFUSALS}
    state = "manquante" if not files else "refusée" if set(files) <= refused else "fournie"
    return {"id": proof_id, "kind": kind, "title": title, "state": state, "files": files}


_CHANNELS = {
    "insi": "INSi",
    "dmp": "DMP",
    "psc": "Pro Santé Connect",
    "mss": "MSSanté",
    "annuaire": "Annuaire Santé",
    "hl7": "Référentiel d’identités",
    "structure-tierce": "Structure tierce",
}


def _step(entry: dict[str, Any]) -> dict[str, Any]:
    data = entry["data"]
    status = "sans réponse" if data["response"] is None else data["response"]["start"]
    if data["channel"] == "pilote":
        name = f"Action « {data['operation']} » demandée au logiciel : {status}"
    else:
        told = ", ".join(f"{key} = {value}" for key, value in data["facts"].items())
        verb = "reçoit" if not data["facts"].get("sens", "").startswith("reçu") else "a fait un"
        name = f"{_CHANNELS[data['channel']]} {verb} {data['operation']}{f' ({told})' if told else ''}"
    return {"at": entry["at"], "name": name}


def _exchange(entry: dict[str, Any]) -> dict[str, Any]:
    data = entry["data"]

    def part(message: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if message is None else {name: message[name] for name in ("start", "blob", "size")}

    tls = data["tls"]
    return {
        "number": entry["number"],
        "at": entry["at"],
        "channel": data["channel"],
        "operation": data["operation"],
        "facts": data["facts"],
        "tls": None if tls is None else {name: tls[name] for name in ("version", "cipher", "client")},
        "request": part(data["request"]),
        "response": part(data["response"]),
    }


def _documents(run: Run) -> list[dict[str, Any]]:
    """Every file handed in to a dossier run, judged whether or not a scenario asks for it."""
    folder = run.plan.vendor.driver.folder or run.plan.vendor.dossier
    if run.plan.vendor.driver.kind != "dossier" or run.replays is not None or folder is None or not folder.is_dir():
        return []
    from conformance.drivers.dossier import Dossier
    from conformance.examine import examine_all

    return [
        {
            "name": judgement.name,
            "kind": judgement.kind,
            "sha256": judgement.sha256,
            "size": judgement.size,
            "label": judgement.label,
            "scenarios": [],
            "findings": [finding.to_json() for finding in judgement.findings],
        }
        for judgement in examine_all([(piece.name, folder / piece.name) for piece in Dossier.open(folder).pieces])
    ]


def _warnings(run: Run, asked: list[Planned], record: Recorded) -> list[str]:
    told = []
    if len(asked) < len(run.plan.items):
        told.append(
            f"Exécution restreinte à {len(asked)} scénario{'s' if len(asked) > 1 else ''} sur {len(run.plan.items)} : elle ne vaut pas pour le profil entier."
        )
    if record.memory:
        told.append(
            "Banc gardé : "
            + " ; ".join(f"{name} : {value}" for name, value in record.memory.items() if name != "dossier")
            + "."
        )
    if run.plan.profile.status != "official":
        told.append(f"Liste d’exigences non officielle : {run.plan.profile.status_label}.")
    return told


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
