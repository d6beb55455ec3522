"""Sample runs: a factory that makes a run.json of any size, with every verdict, fictive from end to end."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.journal import blob_path
from tests.reporting.sealing import keys, sealed

__all__ = ["keys", "sealed"]  # fixtures, for pytest to find

Run = dict[str, Any]
ORDER = ("CONFORME", "NON_CONFORME", "A_EXAMINER", "NON_VERIFIE", "NON_APPLICABLE", "ERREUR_BANC")
SECTIONS = (
    ("INS", "Identité nationale de santé"),
    ("DMP", "Alimentation du DMP"),
    ("MSS", "Messageries sécurisées de santé"),
    ("PSC", "Pro Santé Connect"),
    ("ANN", "Annuaire Santé"),
    ("DOC", "Documents de santé"),
)
TITLES = (
    "Refuser une date de naissance incomplète renvoyée par INSi",
    "Nommer la pièce jointe avec le type, le patient et la date",
    "Remplacer un document déjà déposé sans créer de doublon",
    "Garder le lien entre le compte rendu et la personne après une fusion d’identités",
    "Présenter le certificat de l’organisation à l’opérateur de messagerie",
    "Fermer la session Pro Santé Connect à la déconnexion",
)
CDA = b"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <recordTarget>
    <patientRole>
      <id root="1.2.250.1.213.1.4.10" extension="275127888899940"/>
    </patientRole>
  </recordTarget>
</ClinicalDocument>"""
PDF = b"%PDF-1.4\n%fictif\n"
SOAP = b'<?xml version="1.0"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"/>'


def keep(folder: Path, content: bytes) -> str:
    """Put a blob where a run keeps it."""
    digest = hashlib.sha256(content).hexdigest()
    path = blob_path(folder, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return digest


def a_finding(index: int = 0, severity: str = "ERROR", **changes: Any) -> Run:
    data = {
        "rule": f"cda.identite.regle-{index % 7}",
        "message": "La date de naissance portée par le document n’est pas celle que l’identité qualifiée donne.",
        "severity": severity,
        "where": {
            "source": "lettre.xml", "line": 5, "path": "/ClinicalDocument/recordTarget/patientRole/patient/birthTime",
        },
        "expected": "1975-12-08",
        "observed": "1975-12-00",
        "fix": "Refuser le rapatriement quand la date renvoyée comporte des zéros, et le signaler à l’utilisateur.",
        "source": "Référentiel INS, traits stricts ; exigence INS/va1.28",
    }  # fmt: skip
    return {**data, **changes}


def an_exchange(folder: Path, number: int, answered: bool = True) -> Run:
    body = SOAP + f"<!-- {number} -->".encode()
    answer = {"start": "HTTP/1.1 200 OK", "blob": keep(folder, body[::-1]), "size": len(body)}
    return {
        "number": f"main-{number}", "at": f"2026-11-22T14:05:{number % 60:02d}.120Z", "channel": "insi",
        "operation": "rechercherInsAvecTraitsIdentite", "facts": {"code": "00", "auth": "certificat"},
        "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "client": "CN=Cabinet des Tilleuls, O=TEST"},
        "request": {"start": "POST /lps HTTP/1.1", "blob": keep(folder, body), "size": len(body)},
        "response": answer if answered else None,
    }  # fmt: skip


def a_scenario(folder: Path, name: str, verdict: str, index: int, findings: int = 1) -> Run:
    automatic = verdict in ("CONFORME", "NON_CONFORME", "ERREUR_BANC")
    mode = {"A_EXAMINER": "preuve", "NON_VERIFIE": "aucun", "NON_APPLICABLE": "aucun"}.get(verdict, "automatique")
    reasons = {
        "NON_CONFORME": "La date de naissance portée par le document n’est pas celle de l’identité qualifiée.",
        "A_EXAMINER": "La vidéo est fournie et lisible : une personne doit la regarder.",
        "NON_VERIFIE": "Aucun message n’est arrivé dans la boîte pendant les cinq secondes d’attente.",
        "NON_APPLICABLE": "option « Médecin traitant » non déclarée par l’éditeur",
        "ERREUR_BANC": "Le service INSi du banc ne répondait plus : port fermé.",
    }
    listed = [a_finding(n) for n in range(findings)] if verdict == "NON_CONFORME" else []
    if verdict in ("NON_CONFORME", "CONFORME") and index % 3 == 0:
        listed.append(a_finding(99, "WARNING", message="Le libellé du type diffère de la nomenclature : à corriger ?"))
    piece = {
        "name": "lettre.xml", "kind": "cda", "sha256": keep(folder, CDA), "size": len(CDA), "proof": None,
        "origin": "pièce jointe du message reçu",
    }  # fmt: skip
    return {
        "id": name, "title": TITLES[index % len(TITLES)], "method": "live" if automatic else "evidence", "mode": mode,
        "verdict": verdict, "reason": reasons.get(verdict), "findings": listed,
        "steps": [
            {"at": "2026-11-22T14:05:01.000Z", "name": "Créer le patient dans le logiciel"},
            {"at": "2026-11-22T14:05:02.250Z", "name": "Demander le rapatriement de l’identité : la date comporte 00"},
        ] if automatic else [],
        "exchanges": [an_exchange(folder, 2 * index + n, n == 0) for n in range(2)] if automatic else [],
        "pieces": [piece] if automatic else [],
        "proofs": [] if automatic else [
            {"id": f"{name}.01", "kind": "video", "title": "Vidéo du déroulé à l’écran",
             "state": "fournie" if verdict == "A_EXAMINER" else "manquante",
             "files": ["video-ins.mp4"] if verdict == "A_EXAMINER" else []},
        ],
        "test": f"suites/ins/test_recovery.py::test_{index}" if automatic else None,
        "started": "2026-11-22T14:05:01.000Z" if automatic else None, "duration_s": 1.25 if automatic else None,
        "replay": f"segur-conformance replay runs/2026-11-22 --only {name}" if automatic else None,
    }  # fmt: skip


def a_requirement(folder: Path, index: int, verdict: str, findings: int = 1, **changes: Any) -> Run:
    section, title = SECTIONS[index % len(SECTIONS)]
    name = f"{section}/va1.{index:02d}"
    scenario = a_scenario(folder, f"{name}.01", verdict, index, findings)
    protocol = {
        "show": "L’écran de recherche, la réponse du service, puis la fiche du patient inchangée.",
        "accepted": "Une vidéo continue où le message d’erreur se lit.",
        "refused": "Une capture de l’écran d’accueil ; une vidéo coupée au moment de la réponse.",
    }
    return {
        "id": name, "section": section, "section_title": title, "title": TITLES[index % len(TITLES)],
        "summary": "Quand le service national renvoie une date dont le jour ou le mois vaut 00, le logiciel n’enregistre pas l’identité et le dit.",
        "nature": "EXIGENCE", "option": "medecin-traitant" if verdict == "NON_APPLICABLE" else None,
        "informative": False, "method": scenario["method"], "automatable": "yes" if index % 4 else "partly",
        "reason": "Le banc voit les échanges et la fiche lue ; il ne voit pas l’écran.",
        "protocol": protocol if verdict in ("A_EXAMINER", "NON_VERIFIE") else None, "verdict": verdict,
        "scenarios": [scenario], **changes,
    }  # fmt: skip


def tally(requirements: list[Run]) -> tuple[Run, Run]:
    """The counts and the coverage of the obligatory scenarios, section by section."""
    sections: dict[str, Run] = {}
    modes = {"automatique": "automatic", "preuve": "evidence", "attestation": "attestation", "aucun": "not_verified"}
    keys = (*modes.values(), "not_applicable")
    for requirement in requirements:
        if requirement["informative"] or requirement["nature"] != "EXIGENCE":
            continue
        entry = sections.setdefault(
            requirement["section"],
            {"section": requirement["section"], "title": requirement["section_title"], "total": 0}
            | dict.fromkeys(keys, 0) | {"verdicts": dict.fromkeys(ORDER, 0)},
        )  # fmt: skip
        for scenario in requirement["scenarios"]:
            unseen = {"NON_APPLICABLE": "not_applicable", "NON_VERIFIE": "not_verified", "ERREUR_BANC": "not_verified"}
            entry[unseen.get(scenario["verdict"]) or modes[scenario["mode"]]] += 1
            entry["total"] += 1
            entry["verdicts"][scenario["verdict"]] += 1
    counts: Counter[str] = Counter()
    for entry in sections.values():
        counts.update(entry["verdicts"])
    counts["NON_APPLICABLE"] = 0  # what does not apply weighs nothing
    total = {key: sum(entry[key] for entry in sections.values()) for key in ("total", *keys)}
    return {verdict: counts[verdict] for verdict in ORDER}, {**total, "sections": list(sections.values())}


def a_run(folder: Path, requirements: list[Run], **changes: Any) -> Run:
    counts, coverage = tally(requirements)
    empty = dict.fromkeys(ORDER, 0)
    other = {"PRECONISATION": dict(empty), "INFORMATIF": dict(empty)}
    for requirement in requirements:
        kind = "INFORMATIF" if requirement["informative"] else requirement["nature"]
        for scenario in requirement["scenarios"] if kind != "EXIGENCE" else ():
            other[kind][scenario["verdict"]] += 1
    worst = (
        "NON_CONFORME"
        if counts["NON_CONFORME"]
        else "CONFORME"
        if counts["CONFORME"] == sum(counts.values())
        else "INCOMPLET"
    )
    documents = [
        {"name": "lettre.xml", "kind": "cda", "sha256": keep(folder, CDA), "size": len(CDA), "label": "Lettre de liaison",
         "scenarios": [requirements[0]["scenarios"][0]["id"]] if requirements else [],
         "findings": [a_finding(n, "ERROR" if n % 3 == 0 else "WARNING") for n in range(3)]},
        {"name": "lettre.pdf", "kind": "pdf", "sha256": keep(folder, PDF), "size": len(PDF), "label": "Corps du document",
         "scenarios": [], "findings": []},
    ]  # fmt: skip
    return {
        "schema": "segur-conformance/run/1", "id": "2026-11-22T14-05-00Z-tilleuls-wave1-doctors", "nature": "auto-évaluation",
        "started": "2026-11-22T14:05:00.000Z", "finished": "2026-11-22T14:17:42.500Z", "duration_s": 762.5, "segments": 1,
        "harness": {"name": "segur-conformance", "version": "0.1.0", "commit": None, "python": "3.11.7",
                    "platform": "Linux-6.1-x86_64", "seed": 20261122,
                    "command": "segur-conformance run --vendor tilleuls.yaml --profile wave1/doctors"},
        "vendor": {"id": "tilleuls", "name": "Éditions des Tilleuls (fictif)"},
        "software": {"name": "Tilleul Cabinet", "version": "4.2.1", "build": "4.2.1+2026.11", "nil": None},
        "profile": {"id": "wave1/doctors", "title": "Médecins de ville", "profession": "doctors", "wave": 1, "rem": "LGC-VA1",
                    "status": "draft-2023", "status_label": "projet public de 2023",
                    "sources": ["Référentiel d’exigences minimales, médecine de ville, vague 1"],
                    "digest": hashlib.sha256(b"profil").hexdigest(),
                    "options": [{"slug": "medecin-traitant", "title": "Médecin traitant", "declared": False},
                                {"slug": "centre-de-sante", "title": "Centre de santé", "declared": True}]},
        "driver": {"kind": "http", "summary": "le logiciel est piloté par son interface « Pilote LPS » à l’adresse http://127.0.0.1:8765"},
        "bench": [{"name": "INSi", "endpoint": "https://127.0.0.1:44301/lps"},
                  {"name": "Pro Santé Connect", "endpoint": "https://localhost:44302/auth"},
                  {"name": "Messagerie", "endpoint": "127.0.0.1:44303"}],
        "verdict": {"global": worst, "sentence": f"{counts['NON_CONFORME']} scénario(s) obligatoire(s) non conforme(s).",
                    "rule": "Conforme si chaque scénario obligatoire applicable est conforme ; sinon non conforme ou incomplet.",
                    "exit_code": 1 if worst == "NON_CONFORME" else 0},
        "counts": counts, "counts_other": other, "coverage": coverage, "requirements": requirements, "documents": documents,
        "warnings": ["Le schématron officiel n’est pas installé : les volets ne sont vérifiés que par les règles du banc."],
        "journal": [{"file": "journal/main.jsonl", "entries": 412, "head": hashlib.sha256(b"tete").hexdigest()}],
        **changes,
    }  # fmt: skip


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Run]:
    """Make a run of ``n`` requirements with every verdict in turn, plus one PRECONISATION and one informative."""

    def make(n: int = 12, findings: int = 1, **changes: Any) -> Run:
        requirements = [
            a_requirement(tmp_path, index, ORDER[(index - 1) % len(ORDER)], findings) for index in range(1, n + 1)
        ]
        requirements.append(a_requirement(tmp_path, n + 1, "NON_CONFORME", nature="PRECONISATION"))
        requirements.append(a_requirement(tmp_path, n + 2, "CONFORME", informative=True))
        return a_run(tmp_path, requirements, **changes)

    return make


@pytest.fixture
def saved_run(tmp_path: Path, make_run: Callable[..., Run]) -> Path:
    """A run.json on disk, beside its blobs."""
    path = tmp_path / "run.json"
    path.write_text(json.dumps(make_run(), ensure_ascii=False), encoding="utf-8")
    return path
