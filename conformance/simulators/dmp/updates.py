"""TD3.3: masking (a), making visible to the patient (b), deleting (c), archiving and taking out of the archives (d)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from conformance.simulators.dmp import leaf, lots
from conformance.simulators.dmp import messages as ebxml
from conformance.simulators.dmp.call import Answer, Received, registry_answer, unusable
from conformance.simulators.dmp.deposit import CODES
from conformance.simulators.dmp.messages import Association, Item, Lot
from conformance.simulators.dmp.registry import APPROVED, ARCHIVED, DELETED, Entry, Problem, Registry
from conformance.simulators.dmp.registry import unusable as not_theirs

UPDATE = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
_MASK = "MASQUE_PS"
_STATUSES = {
    f"{leaf.OASIS_STATUS}{APPROVED}": APPROVED,
    f"{leaf.CI_SIS_STATUS}{ARCHIVED}": ARCHIVED,
    f"{leaf.CI_SIS_STATUS}{DELETED}": DELETED,
    # One official tool kit writes it so: understood, and reported.
    f"{leaf.OASIS_STATUS}{ARCHIVED}": ARCHIVED,
}
_MOVES = {
    (APPROVED, DELETED): "TD3.3c",
    (ARCHIVED, DELETED): "TD3.3c",
    (APPROVED, ARCHIVED): "TD3.3d",
    (ARCHIVED, APPROVED): "TD3.3d",
}


def name(body: etree._Element, registry: Registry) -> str:
    """TD3.3c or d by the statuses, a or b by what changes in the confidentiality."""
    lot = ebxml.lot(body)
    links = [link for link in lot.associations if link.kind == UPDATE] if lot else []
    if links:
        kinds = {_MOVES.get(_statuses(link), "") for link in links}
        states = {link.slot("NewStatus").rpartition(":")[2] for link in links}
        return kinds.pop() if len(kinds) == 1 and "" not in kinds else "TD3.3c" if states == {DELETED} else "TD3.3d"
    for item in lot.documents if lot else ():
        former = _former(registry, item)
        before = set(former.confidentiality) if former else set()
        return "TD3.3a" if (_MASK in before) != (_MASK in _levels(item)) else "TD3.3b"
    return "TD3.3"


def update(received: Received) -> Answer:
    """Change the status or the confidentiality of documents, all or none."""
    if problems := unusable(received):
        return registry_answer(problems)
    lot = ebxml.lot(received.envelope.body)
    if lot is None or len(lot.packages) != 1:
        reason = "un lot de mise à jour porte un RegistryPackage et un seul"
        return registry_answer([Problem("XDSRegistryMetadataError", reason)])
    if problems := list(lots.patients(Lot(lot.packages, (), (), ()), received.vihf)):
        return registry_answer(problems)
    links = [link for link in lot.associations if link.kind == UPDATE]
    if bool(links) == bool(lot.documents):
        reason = "une mise à jour change des statuts (UpdateAvailabilityStatus) ou des métadonnées, l’un ou l’autre"
        return registry_answer([Problem("XDSMetadataUpdateOperationError", reason)])
    problems = _statuses_changed(received, lot, links) if links else _revised(received, lot)
    return registry_answer(problems, lot=str(len(links) or len(lot.documents)))


def _statuses(link: Association) -> tuple[str, str]:
    before, after = (_STATUSES.get(link.slot(slot), "") for slot in ("OriginalStatus", "NewStatus"))
    return before, after


def _statuses_changed(received: Received, lot: Lot, links: list[Association]) -> list[Problem]:
    problems = []
    for link in links:
        if link.source != lot.package.id:
            problems.append(Problem("XDSMetadataUpdateError", "la source n’est pas le lot", link.target))
        if _statuses(link) not in _MOVES:
            told = " vers ".join(link.slot(slot)[:80] or "(absent)" for slot in ("OriginalStatus", "NewStatus"))
            problems.append(Problem("XDSMetadataUpdateError", f"changement de statut {told} inconnu", link.target))
        if any(link.slot(slot) == f"{leaf.OASIS_STATUS}{ARCHIVED}" for slot in ("OriginalStatus", "NewStatus")):
            received.warnings.append(f"statut Archived écrit {leaf.OASIS_STATUS}{ARCHIVED}")
    if len({_statuses(link) for link in links}) > 1:
        problems.append(Problem("XDSMetadataUpdateOperationError", "plusieurs changements de statut dans un lot"))
    if problems:
        return problems
    targets = [link.target.lower() for link in links]
    return received.registry.change(targets, _statuses(links[0]), received.caller)


def _former(registry: Registry, item: Item) -> Entry | None:
    return registry.entry(item.logical_id) or registry.named(item.unique_id)


def _levels(item: Item) -> tuple[str, ...]:
    return tuple(code.node for code in item.codes(ebxml.CONFIDENTIALITY))


def _revised(received: Received, lot: Lot) -> list[Problem]:
    """New confidentiality for the documents of a lot; nothing else may change."""
    changes: list[tuple[Entry, Entry]] = []
    problems: list[Problem] = []
    for item in lot.documents:
        former = _former(received.registry, item)
        if former is None or not item.logical_id:
            reason = "lid absent, ou aucun document de cet identifiant logique"
            problems.append(Problem("XDSMetadataIdentifierError", reason, item.id))
            continue
        found = list(_revision_problems(received, lot, item, former))
        problems.extend(found)
        if not found:
            changes.append((former, _after(received, item, former)))
    for former, revised in () if problems else changes:
        problems.extend(received.registry.revise(former, revised))
    return problems


def _revision_problems(received: Received, lot: Lot, item: Item, former: Entry) -> Iterator[Problem]:
    yield from not_theirs(former, received.caller)
    yield from lots.patients(Lot((), (item,), (), ()), received.vihf, with_package=False)
    members = [link for link in lot.associations if link.kind == ebxml.HAS_MEMBER and link.target == item.id]
    if len(members) != 1 or members[0].slot("SubmissionSetStatus") != "Original":
        yield Problem("XDSMetadataUpdateError", "HasMember (SubmissionSetStatus = Original) attendu", item.id)
    elif members[0].slot("PreviousVersion") != str(former.version):
        said = members[0].slot("PreviousVersion")[:20] or "(absent)"
        reason = f"PreviousVersion {said} alors que la version en cours est {former.version}"
        yield Problem("XDSMetadataVersionError", reason, item.id)
    if item.unique_id != former.unique_id:
        yield Problem("UnmodifiableMetadataError", "uniqueId changé", item.id)
    for label, scheme in CODES.items():
        if label != "confidentiality" and ebxml.code_forms(item.codes(scheme)) != former.codes.get(label):
            yield Problem("UnmodifiableMetadataError", f"{label} changé : seule la confidentialité se modifie", item.id)
    yield from lots.confidentiality(item)


def _after(received: Received, item: Item, former: Entry) -> Entry:
    return replace(
        former,
        confidentiality=_levels(item),
        codes={**former.codes, "confidentiality": ebxml.code_forms(item.codes(ebxml.CONFIDENTIALITY))},
        version=former.version + 1,
        metadata=received.registry.spool.keep(leaf.registered(item, former.entry_uuid)),
    )
