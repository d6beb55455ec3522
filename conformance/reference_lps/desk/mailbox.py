"""The actions on the boxes: set one up from its address, read it, open a mail, follow what was sent."""

from __future__ import annotations

import base64
import email.utils
from typing import Any

from conformance.reference_lps.errors import RefusalError, not_found
from conformance.reference_lps.inputs import Body, Call
from conformance.reference_lps.lps import Lps, new_id
from conformance.reference_lps.mailbox import autoconfig, receipts
from conformance.reference_lps.mailbox.imap import BoxError
from conformance.reference_lps.mailbox.store import MAIL, SENT
from conformance.reference_lps.mime import opened

from . import lab
from . import mail as desk_mail

_PREFIX = "XDM/1.0/DDM+"


def configure(lps: Lps, call: Call) -> dict[str, Any]:
    """Set a box up from its sole address: the operator's settings are read, then tried in SMTP and in IMAP."""
    address = Body(call.body, ("adresse",)).text("adresse").lower()
    boxes = lps.bench.raw["mss"]["boites"]
    name = next((name for name, box in boxes.items() if box["adresse"] == address), None)
    if name is None:
        raise RefusalError(404, "Cette boîte n’est pas de celles de l’utilisateur.")
    try:
        settings = lps.boxes.settings(name)
        if "mss-autoconfig-ignored" not in lps.defects:
            settings = autoconfig.fetch(lps.bench, address)
        if "mss-autoconfig-file-unused" in lps.defects:
            settings = lps.boxes.settings(name)
        lps.boxes.try_out(name, settings)
    except BoxError as failure:
        return {"etat": "ECHEC", "message": str(failure), "boite": name}
    if refused := desk_mail.mailer(lps).try_out(name, (settings.smtp.host, settings.smtp.port)):
        return {"etat": "ECHEC", "message": refused, "boite": name}
    lps.boxes.configure(name, settings)
    return {"etat": "CONFIGUREE", "message": "La boîte est prête.", "boite": name}


def collect(lps: Lps, call: Call) -> dict[str, Any]:
    """Read a box: receipts are brought together with what was sent, documents are filed, mails are listed."""
    box = Body(call.body, ("boite",)).one_of("boite", desk_mail.BOXES, desk_mail.BOXES[0])
    nothing: dict[str, Any] = {"courriels": [], "documents": [], "alertes": [], "en_attente": []}
    try:
        sources = lps.boxes.mails(box)
    except BoxError as failure:
        lps.audit.mailbox(call.user, "RELEVE", box, "SELECT INBOX", str(failure))
        if "mss-failure-spreads" in lps.defects:
            lps.store.set("messagerie_en_panne", "oui")
        return {"etat": "ECHEC", "message": str(failure), **nothing}
    if "mss-failure-spreads" in lps.defects:
        lps.store.set("messagerie_en_panne", "non")
    lps.audit.mailbox(call.user, "RELEVE", box, "SELECT INBOX", f"OK {len(sources)}")
    for source in sources:
        nothing["courriels"].append(_kept(lps, box, source))
        if (receipt := receipts.read(source)) is not None:
            _match(lps, receipt)
        elif ".zip" in source.lower().decode("ascii", "replace"):
            for name, found in lab.take(lps, call.user, source, box).items():
                nothing[name] += found
    return {"etat": "RELEVEE", "message": f"{len(sources)} courriel(s) relevé(s).", **nothing}


def open_mail(lps: Lps, call: Call) -> dict[str, Any]:
    """Read a mail; the notice of reading that it asks for goes back when the user agrees."""
    agrees = Body(call.body, ("accuse",)).boolean("accuse", False)
    kept = lps.letters.get(MAIL, call.target)
    if kept is None:
        raise not_found("Ce courriel")
    told = None
    if kept["accuse_demande"] and agrees and not kept["lu"] and "mss-mdn-never" not in lps.defects:
        sent = desk_mail.mailer(lps).confirm_reading(base64.b64decode(kept["source"]), kept["boite"])
        lps.audit.mailbox(call.user, "ACCUSE DE LECTURE", kept["boite"], f"message {sent.message_id or ''}", sent.heard)
        told = sent.state
    kept |= {"lu": True}
    lps.letters.save(MAIL, call.target, kept)
    return _shown(kept) | {"accuse": told}


def sendings(lps: Lps, _call: Call) -> dict[str, Any]:
    """What was sent, with what is known of its arrival."""
    return {"envois": lps.letters.all(SENT)}


def _kept(lps: Lps, box: str, source: bytes) -> dict[str, Any]:
    message = opened(source)
    asker = email.utils.parseaddr(str(message.get("Disposition-Notification-To") or ""))[1]
    kept: dict[str, Any] = {
        "id": new_id(),
        "boite": box,
        "message_id": " ".join(str(message.get("Message-ID") or "").split())[:900],
        "de": email.utils.parseaddr(str(message.get("From") or ""))[1],
        "objet": _subject(message.get("Subject")),
        "accuse_demande": bool(asker),
        "lu": False,
        "source": base64.b64encode(source).decode("ascii") if asker else "",
    }
    lps.letters.save(MAIL, kept["id"], kept)
    return _shown(kept)


def _subject(raw: Any) -> str:
    """The subject as it is shown: decoded, without the prefix that is meant for software."""
    from email.header import decode_header, make_header

    try:
        told = str(make_header(decode_header(str(raw or ""))))
    except (ValueError, LookupError):
        told = str(raw)
    return " ".join(told.split()).removeprefix(_PREFIX)[:500]


def _shown(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name != "source"}


def _match(lps: Lps, receipt: receipts.Receipt) -> None:
    """A receipt counts for the mail it names, when it comes from one of its recipients."""
    sent = lps.letters.get(SENT, receipt.message_id)
    if sent is None or sent["destinataire"].lower() != receipt.recipient or "mss-receipt-lost" in lps.defects:
        return
    state = receipts.DELIVERED if "mss-bounce-as-delivered" in lps.defects else receipt.state
    lps.letters.save(SENT, receipt.message_id, sent | {"etat": state, "accuses": [*sent["accuses"], receipt.state]})
