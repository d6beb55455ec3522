"""What the LPS does, as a hospital's platform, of a mail with documents: each leaves by MDM, and its author is told of it.

Source: CI-SIS, transmission au LPS de documents CDA provenant d’un courriel MSSanté, version 1.1.
"""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from typing import Any

from lxml import etree

from conformance.reference_lps import identity, inbox, transport
from conformance.reference_lps.lps import Lps, new_id
from conformance.reference_lps.types import Patient

from . import mail as desk_mail

SETTING = "relais_courriels"
"""The setting that has received documents leave for the record instead of being filed here."""
_V3 = {"h": "urn:hl7-org:v3"}


def relay(lps: Lps, user: str, source: bytes) -> dict[str, Any]:
    """Hand each document of the mail over, then answer the mail when it asks to be told."""
    told: dict[str, Any] = {"documents": [], "alertes": [], "en_attente": []}
    try:
        contents = inbox.documents(source)
    except inbox.InboxError as unreadable:
        lps.audit.work("DOCUMENT_NON_INTEGRE", None, str(unreadable))
        return told | {"alertes": [str(unreadable)]}
    codes = []
    for carried in contents[:1] if "relay-first-only" in lps.defects else contents:
        try:
            patient = _about(carried.cda)
        except (etree.XMLSyntaxError, ValueError):
            told["alertes"].append("Un document du courriel n’est pas un CDA lisible.")
            codes.append("AE")
            continue
        local = lps.neighbours.local(patient)
        message = transport.from_mail(carried.cda, patient, local, lps.defects)
        codes.append(lps.neighbours.send(user, patient, "MDM^T02^MDM_T02", message))
    _answer(lps, user, source, all(code == "AA" for code in codes))
    return told


def _answer(lps: Lps, user: str, source: bytes, done: bool) -> None:
    asked = email.message_from_bytes(source, policy=email.policy.compat32).get("Disposition-Notification-To")
    if asked is None or "relay-answers-nobody" in lps.defects:
        return
    sent = desk_mail.mailer(lps).confirm_integration(source, "applicative", done or "relay-always-done" in lps.defects)
    lps.audit.mailbox(user, "ACCUSE D’INTEGRATION", "applicative", f"message {sent.message_id or ''}", sent.heard)


def _about(cda: bytes) -> Patient:
    """The person a document is about, with the INS that it bears. Raises ValueError when it names nobody."""
    root = etree.fromstring(cda, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    role = root.find("h:recordTarget/h:patientRole", _V3)
    person = role.find("h:patient", _V3) if role is not None else None
    if role is None or person is None:
        raise ValueError("recordTarget")
    family = next((one.text for one in person.findall("h:name/h:family", _V3) if one.get("qualifier") == "BR"), None)
    given = {one.get("qualifier", ""): one.text or "" for one in person.findall("h:name/h:given", _V3)}
    born = _value(person, "h:birthTime", "value")[:8]
    typed: dict[str, str] = {
        "nom_naissance": family or str(person.findtext("h:name/h:family", "", _V3)),
        "prenoms": given.get("", "") or given.get("BR", ""),
        "premier_prenom": given.get("BR", "") or given.get("", ""),
        "date_naissance": f"{born[:4]}-{born[4:6]}-{born[6:]}",
        "sexe": _value(person, "h:administrativeGenderCode", "code"),
        "lieu_naissance": str(person.findtext("h:birthplace/h:place/h:addr/h:county", "", _V3)),
    }
    made = identity.create(new_id(), typed)
    for one in role.findall("h:id", _V3):
        if one.get("root", "").startswith("1.2.250.1.213.1.4."):
            return replace(made, statut=identity.QUALIFIEE, matricule=one.get("extension"), oid=one.get("root"))
    return made


def _value(node: etree._Element, path: str, name: str) -> str:
    found = node.find(path, _V3)
    return str(found.get(name, "")) if found is not None else ""
