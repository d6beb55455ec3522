"""What the ``dossier`` commands print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.checks.evidence.privacy import RULE
from conformance.cli.choose import recorded_run
from conformance.cli.codes import CONFORMING, INCOMPLETE, NON_CONFORMING
from conformance.cli.view import columns, counted
from conformance.dossier.index import Judged
from conformance.dossier.reading import Looked, said
from conformance.dossier.status import REMARKS, Line, Status
from conformance.model.verdict import Verdict
from conformance.model.yamlfile import DataError

_HEADS = ("section", "attendues", "fournies", "manquantes", "refusées", "acceptées", "à compléter")
_SHOWN = ("attendue", "fournie", "manquante", "refusée", "acceptée", "à compléter")
_LISTS = {
    "refusée": "Pièces qui ne peuvent pas servir",
    "ancienne": "Plus anciennes que la version éprouvée",
    "réemployée": "Mêmes octets sous plusieurs numéros",
    "attestation périmée": "Attestations périmées",
    "matricule d’apparence réelle": "Matricules d’apparence réelle, à caviarder",
    "refusée par revue": "Refusées par une personne",
    "à compléter": "Complément demandé",
    "revue caduque": "Revues qui ne comptent plus : les pièces ont changé",
    "acceptée": "Acceptées",
    "manquante": "Manquantes",
}
_MOST = 15


def status_text(status: Status) -> str:
    """The state of a dossier for a terminal: a table by section, then what deserves a look."""
    return "\n".join(_status_lines(status))


def _status_lines(status: Status) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [_HEADS]
    for section, counts in {**status.sections(), "ensemble": status.counts()}.items():
        rows.append((section, *(str(counts[word]) for word in _SHOWN)))
    yield columns(rows)
    for word, title in _LISTS.items():
        found = status.having(word)
        if found:
            yield ""
            yield f"{title} ({len(found)})"
            yield from _capped([f"  {line}" for line in _listed(found, word)])
    if status.strays:
        yield ""
        yield f"Rangés sous aucun numéro attendu ({len(status.strays)})"
        yield from _capped([f"  {name}{f' : {near}' if near else ''}" for name, near in status.strays.items()])
    if status.dossier.fault is not None:
        yield ""
        yield f"Registre des revues : {status.dossier.fault}. Aucune revue n’est prise en compte."
    yield ""
    yield _sentence(status)


def _capped(lines: list[str]) -> Iterator[str]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"  … et {len(lines) - _MOST} de plus (--json les donne toutes)"


def _listed(found: list[Line], word: str) -> Iterator[str]:
    for line in found:
        name = line.kept.proof.id
        if word == "manquante":
            yield f"{name}  {line.kept.proof.kind}  {line.kept.proof.title}"
        elif line.kept.review is not None and word not in (*REMARKS, "refusée"):
            yield f"{name}  {said(line.kept.review)}"
        else:
            yield from (f"{name}  {told}" for told in _why(line, word))


def _why(line: Line, word: str) -> Iterator[str]:
    rule = REMARKS.get(word)
    for one in line.kept.looked:
        told = [
            f for f in one.findings if (f.rule == rule if rule else not one.acceptable and f.rule.startswith("preuve."))
        ]
        for finding in told[:3]:
            observed = f" ({finding.observed})" if finding.observed else ""
            yield f"{one.filed.name} : {finding.message}{observed}"


def _sentence(status: Status) -> str:
    counts = status.counts()
    whole = f"{counts['fournie']}/{counts['attendue']} preuves fournies, {counts['acceptée']} acceptées"
    if status.exit_code == NON_CONFORMING:
        return f"NON CONFORME : {whole} ; une preuve au moins est refusée, ou déclare « Non »."
    if status.exit_code == CONFORMING:
        return f"COMPLET : {whole} ; chaque scénario obligatoire est accepté par une personne."
    return f"INCOMPLET : {whole}."


def check_text(status: Status) -> str:
    """Everything a machine says of each piece."""
    return "\n".join(_check_lines(status))


def _check_lines(status: Status) -> Iterator[str]:
    total = wrong = 0
    for line in status.lines:
        for one in line.kept.looked:
            total += 1
            useless = not one.acceptable and not one.filed.signature
            wrong += useless
            symbol = "✗" if one.errors else "○" if useless else "✓"
            yield f"{symbol} {one.filed.name}  ({line.kept.proof.kind})"
            yield from (f"  {str(finding).replace(chr(10), chr(10) + '  ')}" for finding in one.findings)
    for name, near in status.strays.items():
        yield f"○ {name}  (aucun numéro attendu{f', {near}' if near else ''})"
    yield ""
    yield (
        f"{counted(total, 'pièce examinée', 'pièces examinées')}, "
        f"{counted(wrong, 'ne peut pas servir', 'ne peuvent pas servir')}, "
        f"{counted(len(leaks(status)), 'matricule d’apparence réelle', 'matricules d’apparence réelle')}."
    )


def check_json(status: Status) -> dict[str, Any]:
    """The same as plain JSON values."""
    told = status.to_json()
    return {
        "profile": told["profile"],
        "pieces": [
            {"proof": proof["proof"], "kind": proof["kind"], **file}
            for proof in told["proofs"]
            for file in proof["files"]
        ],
        "strays": told["strays"],
        "exit_code": check_code(status),
    }


def check_code(status: Status) -> int:
    """1 for a declaration that says « Non », 4 when a piece cannot serve or there is none, 0 otherwise."""
    looked = _looked(status)
    if any(one.errors for one in looked):
        return NON_CONFORMING
    useless = any(not one.acceptable and not one.filed.signature for one in looked)
    return INCOMPLETE if useless or not looked else CONFORMING


def _looked(status: Status) -> list[Looked]:
    return [one for line in status.lines for one in line.kept.looked]


def leaks(status: Status) -> list[str]:
    """Where matricules that look real are shown, masked."""
    return [
        f"{finding.where} : {finding.observed}"
        for one in _looked(status)
        for finding in one.findings
        if finding.rule == RULE
    ]


def judged_by(name: str, status: Status) -> dict[str, Judged]:
    """What a recorded run said, by scenario. Raises DataError for one that is unreadable, or of another profile."""
    path = recorded_run(name) / "run.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        if run["profile"]["id"] != status.plan.profile.id:
            hint = "donnez une exécution du même profil"
            raise DataError(path, f"cette exécution est celle du profil « {run['profile']['id']} »", hint=hint)
        return {
            scenario["id"]: Judged(
                Verdict(scenario["verdict"]), scenario["mode"], scenario["reason"] or "", scenario["started"] or ""
            )
            for requirement in run["requirements"]
            for scenario in requirement["scenarios"]
        }
    except OSError as error:
        raise DataError(path, f"exécution illisible : {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(path, "ce fichier n’est pas le résultat d’une exécution") from None
