"""What ``ecrire_document`` says besides the text: who asked, who will receive, and what the document is made of."""

from __future__ import annotations

import re
from typing import Any

from conformance.reference_lps import laboratory, pades
from conformance.reference_lps.cda import imaging_report, order, summary, vaccine
from conformance.reference_lps.cda.volets import can_structure
from conformance.reference_lps.child import certificates, examinations
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.imaging import ORDER, REPORT
from conformance.reference_lps.inputs import Body
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.types import Contact

KEYS = ("forme", "annonce", "demandeur", "destinataires", "contenu")
MENTIONS = ("automatique", "accreditation", "information_patient")
_CONTACT = ("id_national", "nom", "prenom", "profession", "specialite", "titre", "adresse_mss")
_LABORATORY = "11502-2"
_READERS = {
    _LABORATORY: laboratory.read,
    ORDER: order.read,
    REPORT: imaging_report.read,
    "SYNTH": summary.read,
    "87273-9": vaccine.read,
    examinations.REPORT: examinations.read,
    certificates.CERTIFICATE: certificates.read,
}


def read(lps: Lps, body: Body, kind: str) -> dict[str, Any]:
    """The fields of the draft that those keys give."""
    structured = body.one_of("forme", ("N1", "N3"), "N1") == "N3"
    if structured and not can_structure(kind):
        raise RefusalError(400, "Ce logiciel ne structure pas ce type de document (N3).")
    return {
        "structured": structured
        and not ("cse-certificate-level-1" in lps.defects and kind == certificates.CERTIFICATE),
        "signed": kind == _LABORATORY and lps.store.setting(pades.SETTING) == "oui",
        "announcement": body.boolean("annonce", False),
        "requester": _contact(body.part("demandeur")) if body.has("demandeur") else None,
        "recipients": tuple(_contact(one) for one in _list(body, "destinataires")),
        "content": _content(body, kind, structured),
        "mentions": {name: told for name in MENTIONS if (told := lps.store.setting(f"mention_{name}"))},
    }


def title(lps: Lps, body: Body, made_of: dict[str, Any]) -> str:
    """What the document is called: as the user says, but for those that the software names itself."""
    if "examen" in made_of["content"]:
        return examinations.title(made_of["content"], lps.defects)
    if "certificat" in made_of["content"]:
        return certificates.NAMES[made_of["content"]["certificat"]]
    return body.text("titre")


def announced(body: Body, defects: frozenset[str]) -> dict[str, bool]:
    """The visibility of a document that waits for an announcement: none for the patient nor the guardians."""
    if not body.boolean("annonce", False) or "cri-announcement-visible" in defects:
        return {}
    return {"hidden_from_patient": True, "hidden_from_guardians": True}


def _content(body: Body, kind: str, structured: bool) -> dict[str, Any]:
    if kind not in _READERS:
        if body.has("contenu"):
            raise RefusalError(400, "Ce type de document n’a pas de contenu structuré.")
        return {}
    if not body.has("contenu"):
        if structured:
            raise RefusalError(400, "Un document N3 a besoin de « contenu ».")
        return {}
    raw = body.part("contenu")
    keys = tuple(raw) if isinstance(raw, dict) else ()
    return _READERS[kind](Body(raw, keys, "Le contenu"))


def _list(body: Body, name: str) -> list[Any]:
    if not body.has(name):
        return []
    found = body.part(name)
    if not isinstance(found, list) or len(found) > 50:
        raise RefusalError(400, f"« {name} » doit être une liste de 50 éléments au plus.")
    return found


def _contact(raw: object) -> Contact:
    body = Body(raw, _CONTACT, "Le professionnel")
    address = body.optional_text("adresse_mss") or ""
    if address and not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", address):
        raise RefusalError(400, "« adresse_mss » doit être une adresse de messagerie.")
    known = {name: body.text(name) for name in ("id_national", "nom", "prenom", "profession")}
    return Contact(
        **known,
        specialite=body.optional_text("specialite") or "",
        titre=body.optional_text("titre") or "",
        adresse_mss=address,
    )
