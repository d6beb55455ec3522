"""What leaves by itself when a document is validated, and what its recipients are told when it is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.reference_lps.errors import RefusalError
from conformance.reference_lps.inputs import Call
from conformance.reference_lps.lps import Lps, show_document
from conformance.reference_lps.types import Sent

from . import certificates, documents, transport
from . import mail as desk_mail

CORRESPONDENTS = "correspondants"


def validate(lps: Lps, call: Call) -> dict[str, Any]:
    """Validate a document; it leaves at once, by the platform or by a mail from the applicative box to each correspondent."""
    wanted = _addresses(call.body.get(CORRESPONDENTS, []))
    rest = {name: value for name, value in call.body.items() if name != CORRESPONDENTS}
    shown = documents.validate_document(lps, replace(call, body=rest))
    box = lps.store.setting("boite_automatique", "applicative") or "applicative"
    if "mss-automatic-from-personal" in lps.defects:
        box = "personnelle"
    if "mss-nothing-automatic" in lps.defects or transport.automatic(lps, call.user, lps.document(call.target), wanted):
        wanted = ()
    done = [desk_mail.carry(lps, call, desk_mail.TO_PROFESSIONAL, address, box) for address in wanted]
    told = [*certificates.send(lps, call, box), *zip(wanted, done, strict=True)]
    return shown | {"envois": [_told(sent, address) for address, sent in told]}


def delete(lps: Lps, call: Call) -> dict[str, Any]:
    """Delete a document that is not in the DMP; whoever received it is told, by a preset mail."""
    record = lps.document(call.target)
    if record.entry_uuid or record.etat == documents.SUPPRIME:
        raise RefusalError(409, "Le document est dans le DMP, ou déjà supprimé.")
    lps.store.save_document(replace(record, etat=documents.SUPPRIME))
    notices = []
    received = lps.store.recipients(record.id)
    for address, message_id in received[:1] if "mss-deletion-told-once" in lps.defects else received:
        client = desk_mail.mailer(lps)
        sent = client.send_deletion(address, record.draft.title, message_id, "personnelle", desk_mail.reply_to(lps))
        lps.audit.mailbox(call.user, "AVIS DE SUPPRESSION", "personnelle", f"message pour {address}", sent.heard)
        notices.append(_told(sent, address))
    return show_document(lps.document(record.id)) | {"avis": notices}


def _addresses(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(one, str) and "@" in one for one in found):
        raise RefusalError(400, f"« {CORRESPONDENTS} » doit être une liste d’adresses de messagerie.")
    return tuple(found)


def _told(sent: Sent, address: str) -> dict[str, Any]:
    return {"destinataire": address, "etat": sent.state, "message": sent.message, "message_id": sent.message_id}
