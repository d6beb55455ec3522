"""The actions that write by MSSanté: the rules of identity and consent apply before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.reference_lps import audit, ranks, rules
from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps
from conformance.reference_lps.mailbox.store import SENT
from conformance.reference_lps.types import Draft, Patient, Sent

from . import activity, documents

if TYPE_CHECKING:
    from conformance.reference_lps.mail import Mailer

TO_PATIENT, TO_PROFESSIONAL = "mss-patient", "mss-professionnel"
BOXES = ("personnelle", "organisationnelle", "nominative", "applicative")
_WISHES = {"html": "html", "accuse_dsn": "dsn", "accuse_mdn": "mdn", "sans_reponse": "no_reply"}


def send_document(lps: Lps, call: Call) -> dict[str, Any]:
    """Send a validated document to its patient or to a professional."""
    body = Body(call.body, ("canal", "destinataire", "boite", "sans_reponse"))
    channel, box = body.one_of("canal", (TO_PATIENT, TO_PROFESSIONAL)), _box(body)
    wanted = _address(body, "destinataire") if body.has("destinataire") else None
    no_reply = body.boolean("sans_reponse", False)
    return _answer(carry(lps, call, channel, wanted, box, no_reply))


def carry(lps: Lps, call: Call, channel: str, wanted: str | None, box: str, no_reply: bool = False) -> Sent:
    """Send the validated document that ``call`` names, if the rules let it leave."""
    record, produced, patient = documents.current(lps, call.target)
    if channel == TO_PATIENT and _awaits_announcement(lps, record.draft):
        return Sent("BLOQUE", "Une annonce doit être faite au patient avant que le document lui parvienne.")
    if refusal := _document_refusal(lps, channel, patient, record.written_with):
        return Sent("BLOQUE", refusal)
    recipient = _own_address(lps, patient, wanted) if channel == TO_PATIENT else wanted
    if recipient is None:
        raise RefusalError(400, "« destinataire » est nécessaire pour écrire à un professionnel.")
    before = lps.store.message_id(record.remplace, recipient) if record.remplace else None
    sent = mailer(lps, call.user).send_document(
        produced, record.draft, rules.for_exchange(patient), recipient, box, reply_to(lps), before, no_reply
    )
    qualified = record.written_with is not None
    activity.count(lps, channel, record.draft, qualified=qualified, done=sent.state == "ENVOYE")
    _trace(lps, call, box, sent, recipient)
    if sent.state == "ENVOYE":
        line = {"date": audit.now(), "utilisateur": call.user, "canal": channel}
        lps.store.add_send(record.id, recipient, sent.message_id, line)
        with_ins = record.written_with is not None or channel == TO_PATIENT
        lps.audit.exchange(call.user, patient.id, recipient, channel, with_ins)
    return sent


def send_message(lps: Lps, call: Call) -> dict[str, Any]:
    """Send a message without a document; a citizen's address follows the rules of its patient."""
    from conformance.reference_lps.messages import Wishes

    body = Body(call.body, ("a", "patient", "objet", "texte", "boite", *_WISHES))
    box = _box(body)
    subject, text = body.text("objet"), body.text("texte", several_lines=True)
    wishes = Wishes(**{field: body.boolean(name, False) for name, field in _WISHES.items()})
    chosen = lps.patient(body.text("patient")) if body.has("patient") else None
    if chosen and (refusal := rules.patient_mail_refusal(chosen, lps.defects)):
        return _answer(Sent("BLOQUE", refusal))
    recipient = _own_address(lps, chosen, None) if chosen else _address(body, "a")
    patient = chosen or _citizen(lps, recipient)
    if patient and (refusal := rules.patient_mail_refusal(patient, lps.defects)):
        return _answer(Sent("BLOQUE", refusal))
    sent = mailer(lps).send_message(recipient, subject, text, wishes, box, reply_to(lps))
    _trace(lps, call, box, sent, recipient)
    return _journal(lps, call, patient, recipient, sent)


def reply(lps: Lps, call: Call) -> dict[str, Any]:
    """Answer a received mail."""
    body = Body(call.body, ("source", "texte", "boite"))
    source, text, box = body.data("source"), body.text("texte", several_lines=True), _box(body)
    sent = mailer(lps).reply(source, text, box, reply_to(lps))
    recipient = sent.recipient or ""
    _trace(lps, call, box, sent, recipient)
    return _journal(lps, call, _citizen(lps, recipient), recipient, sent)


def reply_to(lps: Lps) -> str | None:
    """Where answers must go, as set by the user; None leaves it to the box."""
    return lps.store.setting("adresse_retour")


def _document_refusal(lps: Lps, channel: str, patient: Patient, written_with: str | None) -> str | None:
    if channel == TO_PROFESSIONAL:
        return rules.professional_mail_refusal(patient, written_with, lps.defects)
    return rules.patient_mail_refusal(patient, lps.defects) or rules.stale_ins(patient, written_with)


def _awaits_announcement(lps: Lps, draft: Draft) -> bool:
    return draft.announcement and "cri-announcement-mailed" not in lps.defects


def _own_address(lps: Lps, patient: Patient, wanted: str | None) -> str:
    """The patient's own address. Without a matricule there is none: only a defect goes further than that."""
    own = rules.patient_address(patient, lps.defects) or wanted or f"{patient.id}@{rules.PATIENT_DOMAIN}"
    if wanted and wanted not in {own, rules.patient_address(patient, frozenset())}:
        raise RefusalError(400, "L’adresse donnée n’est pas celle de cet usager.")
    return own


def _citizen(lps: Lps, address: str) -> Patient | None:
    """The patient a citizen's address belongs to, if the LPS knows one."""
    local, _, domain = address.rpartition("@")
    if domain.lower() != rules.PATIENT_DOMAIN:
        return None
    return next((one for one in reversed(lps.store.patients()) if one.matricule == local.upper()), None)


def _trace(lps: Lps, call: Call, box: str, sent: Sent, recipient: str) -> None:
    """What was asked of the operator and what it answered (CONF.17, CONF.18), failures included."""
    if sent.state == "ENVOYE" and sent.message_id:
        told = {"message_id": sent.message_id, "destinataire": recipient, "date": audit.now(), "etat": sent.state}
        lps.letters.save(SENT, sent.message_id, told | {"boite": box, "accuses": []})
    if sent.state != "BLOQUE":
        lps.audit.mailbox(call.user, "ENVOI", box, f"message {sent.message_id or ''} pour {recipient}", sent.heard)


def _journal(lps: Lps, call: Call, patient: Patient | None, recipient: str, sent: Sent) -> dict[str, Any]:
    if sent.state == "ENVOYE":
        citizen = recipient.lower().endswith(f"@{rules.PATIENT_DOMAIN}")
        channel = TO_PATIENT if citizen else TO_PROFESSIONAL
        lps.audit.exchange(call.user, patient.id if patient else None, recipient, channel, citizen)
    return _answer(sent)


def mailer(lps: Lps, user: str | None = None) -> Mailer:
    """A client of the operator, bound to the bench of this LPS; ``user`` is whose own box may be opened (RPPS)."""
    from conformance.reference_lps import mail

    def place(box: str) -> tuple[str, int]:
        found = lps.boxes.settings(box).smtp
        return found.host, found.port

    return mail.Mailer(lps.bench, lps.defects, lps.psc.access_token, lps.revoked.file, place, _rank(lps, user))


def _rank(lps: Lps, user: str | None) -> str:
    """The certificate of a doctor of the practice (RPPS-rang), by RPPS; the practice's own for anybody else."""
    if "mss-rank-of-colleague" in lps.defects:
        everyone = (pair.get("rpps") for pair in lps.bench.raw["certificats"].values())
        user = next((rpps for rpps in everyone if rpps not in (None, user)), user)
    return ranks.of(lps, user)


def _box(body: Body) -> str:
    return body.one_of("boite", BOXES, BOXES[0])


def _address(body: Body, name: str) -> str:
    value = body.text(name)
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}\x7e-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
        raise RefusalError(400, f"« {name} » doit être une adresse de messagerie.")
    return value


def _answer(sent: Sent) -> dict[str, Any]:
    return {"etat": sent.state, "message": sent.message, "message_id": sent.message_id}
