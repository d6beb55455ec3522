"""Judgement of a submission set as a whole.

Its links, what it replaces or deletes, the documents it brings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.checks.xds.deposit import Deposit
from conformance.checks.xds.model import STABLE_DOCUMENT, Entry, Submission, say
from conformance.model.finding import Finding, Severity
from conformance.validation import metadata


def schema(submission: Submission) -> Iterator[Finding]:
    """The metadata follow the structure of ebXML: elements, their order, attributes and the form of their values."""
    yield from metadata.validate(submission.document)


def structure(submission: Submission, signed: bool = False) -> Iterator[Finding]:
    """One submission set, one link from it to each entry, ids used once.

    ``signed`` asks for the lot's signature.

    The DMP wants a signature in a deposit (TD2.1), not in an XDM archive.
    """
    sets = [entry for entry in submission.sets if entry.id in submission.classified]
    if len(submission.sets) != 1 or len(sets) != 1:
        yield say(
            "lot",
            "Les métadonnées ne décrivent pas un lot de soumission et un seul.",
            submission.where,
            "un RegistryPackage classé SubmissionSet",
            f"{len(submission.sets)} RegistryPackage, {len(sets)} classé(s)",
            "Écrire un RegistryPackage par lot et la Classification qui le désigne comme SubmissionSet.",
        )
    if not submission.documents:
        yield say(
            "entry",
            "Le lot ne décrit aucun document.",
            submission.where,
            "un ExtrinsicObject par document",
            "aucun",
            "Décrire chaque document par un ExtrinsicObject.",
        )
    ids = [entry.id for entry in (*submission.sets, *submission.entries)]
    for double in sorted(name for name, count in Counter(ids).items() if count > 1):
        yield say(
            "id",
            "Deux objets du lot portent le même identifiant.",
            submission.where,
            "un identifiant par objet",
            double or "vide",
            "Donner un id propre à chaque objet.",
        )
    yield from _members(submission)
    if signed:
        yield from _signature(submission)


def _members(submission: Submission) -> Iterator[Finding]:
    lot = submission.lot
    members = {link.target: link for link in submission.links("HasMember") if lot is not None and link.source == lot.id}
    for entry in submission.entries:
        link = members.get(entry.id)
        if link is None:
            yield say(
                "has-member",
                "Un document n’est pas rattaché au lot.",
                entry.where,
                "une association HasMember du lot vers le document",
                "aucune",
                "Ajouter l’association HasMember.",
            )
        elif link.slots.get("SubmissionSetStatus") != ("Original",):
            yield say(
                "has-member",
                "Le rattachement au lot ne dit pas que le document y est d’origine.",
                link.where,
                "SubmissionSetStatus = Original",
                ", ".join(link.slots.get("SubmissionSetStatus", ())) or "absent",
                "Ajouter le Slot SubmissionSetStatus de valeur Original.",
            )
        if entry.object_type and entry.object_type != STABLE_DOCUMENT:
            yield say(
                "object-type",
                "L’objet n’est pas déclaré comme document stable.",
                entry.where,
                STABLE_DOCUMENT,
                entry.object_type,
                "Écrire l’objectType du DocumentEntry.",
            )


def _signature(submission: Submission) -> Iterator[Finding]:
    signatures = [entry for entry in submission.entries if entry.is_signature]
    signing = [link for link in submission.links("signs") if signatures and link.source == signatures[0].id]
    if len(signatures) != 1 or len(signing) != 1:
        # Seen in the published samples and in a working client; the specification of the DMP itself was not
        # read.
        yield say(
            "signature",
            "Le lot n’est pas signé\u00a0: entrée de signature ou association «\u00a0signs\u00a0» absente.",
            submission.where,
            "une signature et une association signs",
            f"{len(signatures)} signature(s), {len(signing)} association(s)",
            "Joindre la signature XAdES du lot et l’association signs.",
            Severity.WARNING,
        )


def replaces(submission: Submission, entry_uuid: str | None = None) -> Iterator[Finding]:
    """The lot replaces a former document.

    One RPLC association from an entry of the lot to the former entryUUID.
    """
    links, own = submission.links("RPLC"), {entry.id for entry in submission.documents}
    if not links:
        yield say(
            "rplc",
            "La nouvelle version n’est pas liée à celle qu’elle remplace.",
            submission.where,
            "une association RPLC",
            "aucune",
            "Ajouter l’association RPLC du nouveau document vers l’entryUUID de l’ancien.",
        )
    for link in links:
        if link.source not in own:
            yield say(
                "rplc",
                "L’association RPLC ne part pas d’un document du lot.",
                link.where,
                "l’id du nouveau document",
                link.source,
                "Écrire l’id du nouveau document dans sourceObject.",
            )
        if entry_uuid is not None and link.target != entry_uuid:
            yield say(
                "rplc",
                "L’association RPLC ne désigne pas le document remplacé.",
                link.where,
                entry_uuid,
                link.target,
                "Écrire l’entryUUID de l’ancien document dans targetObject.",
            )


def deletes(submission: Submission, entry_uuid: str | None = None) -> Iterator[Finding]:
    """The update asks for the status Deleted of a document (TD3.3c)."""
    wanted = "urn:asip:ci-sis:2010:StatusType:Deleted"
    links = [link for link in submission.links("UpdateAvailabilityStatus") if link.slots.get("NewStatus") == (wanted,)]
    if not links:
        yield say(
            "delete",
            "La mise à jour ne demande pas la suppression d’un document.",
            submission.where,
            f"NewStatus = {wanted}",
            "aucune demande",
            "Écrire une association UpdateAvailabilityStatus de nouveau statut Deleted.",
        )
    for link in links:
        if entry_uuid is not None and link.target != entry_uuid:
            yield say(
                "delete",
                "La suppression ne vise pas le document attendu.",
                link.where,
                entry_uuid,
                link.target,
                "Écrire l’entryUUID du document dans targetObject.",
            )
        if not link.slots.get("OriginalStatus"):
            yield say(
                "delete",
                "La suppression ne dit pas le statut d’origine.",
                link.where,
                "un Slot OriginalStatus",
                "absent",
                "Ajouter OriginalStatus.",
            )


def revises(submission: Submission, entry_uuid: str) -> Iterator[Finding]:
    """The update sends one entry again, under the logical id of the document it is about (TD3.3a, TD3.3b)."""
    found = [entry.logical_id for entry in submission.documents]
    if found != [entry_uuid]:
        yield say(
            "revision",
            "La mise à jour ne désigne pas la fiche du document par son identifiant logique.",
            submission.where,
            f"lid = {entry_uuid}",
            ", ".join(one or "absent" for one in found) or "aucune fiche",
            "Renvoyer la fiche entière avec le lid du document déposé.",
        )


def contents(deposit: Deposit) -> Iterator[Finding]:
    """Each entry of a deposit has its document and each document its entry.

    Hash and size agree when present.
    """
    entries = {entry.id: entry for entry in deposit.submission.entries}
    for identifier, content in deposit.documents.items():
        if identifier not in entries:
            lowered = {name.lower() for name in entries}
            text = (
                "Un document a le même id que son entrée à la casse près."
                if identifier.lower() in lowered
                else "Un document déposé n’a pas d’entrée."
            )
            yield say(
                "content",
                text,
                deposit.submission.where,
                "un ExtrinsicObject du même id",
                identifier,
                "Donner au Document et à l’ExtrinsicObject le même id.",
            )
        elif not content:
            yield say(
                "content",
                "Un document déposé est vide ou introuvable dans le message MTOM.",
                entries[identifier].where,
                "le contenu du document",
                "aucun octet",
                "Vérifier le cid de xop:Include.",
            )
        else:
            yield from fingerprint(entries[identifier], content, required=False)
    for identifier, entry in entries.items():
        if identifier not in deposit.documents:
            yield say(
                "content",
                "Une entrée du lot n’a pas son document.",
                entry.where,
                "un élément Document du même id",
                "absent",
                "Joindre le document.",
            )
    for identifier in sorted(deposit.inline):
        yield say(
            "content",
            "Un document est écrit en base64 dans le message au lieu d’être joint (MTOM).",
            deposit.submission.where,
            "xop:Include",
            identifier,
            "Joindre le document en MTOM.",
            Severity.WARNING,
        )


def fingerprint(entry: Entry, content: bytes, required: bool = True) -> Iterator[Finding]:
    """``hash`` (SHA-1, 40 hexadecimal digits) and ``size`` are those of the bytes."""
    import hashlib

    actual = {"hash": hashlib.sha1(content, usedforsecurity=False).hexdigest(), "size": str(len(content))}
    for name, value in actual.items():
        written = entry.slot(name)
        if (written or required) and written.lower() != value:
            text = "L’empreinte (hash) écrite" if name == "hash" else "La taille (size) écrite"
            yield say(
                name,
                f"{text} dans les métadonnées n’est pas celle du document.",
                entry.where,
                value,
                written or "absente",
                f"Calculer {name} sur les octets du fichier tel qu’il est transmis.",
            )
