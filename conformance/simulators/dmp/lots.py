"""What the DMP checks of a lot before it stores it, step by step: structure, metadata, consistency, bytes.

Each step is a generator of every problem it finds; the caller stops at the first step that found one. What the sources
leave in doubt is a warning, never a refusal. Source: reference text §1.5, §1.6 and §2, after IHE ITI-41.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from conformance.simulators.dmp import messages as ebxml
from conformance.simulators.dmp.registry import Problem
from conformance.simulators.mtom import MtomError, Package, referenced

if TYPE_CHECKING:
    from conformance.simulators.dmp.messages import Item, Lot
    from conformance.simulators.vihf.gate import Vihf

METADATA = "XDSRegistryMetadataError"
NORMAL = ("N", "2.16.840.1.113883.5.25")
MASKS = frozenset({"MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"})
MASK_SCHEME = "1.2.250.1.213.1.1.4.13"
_KNOWN_LINKS = (ebxml.HAS_MEMBER, ebxml.REPLACES, ebxml.SIGNS)
_CODES = {
    "typeCode": ebxml.TYPE,
    "classCode": ebxml.CLASS,
    "formatCode": ebxml.FORMAT,
    "healthcareFacilityTypeCode": ebxml.FACILITY,
    "practiceSettingCode": ebxml.PRACTICE,
}
_SLOTS = ("creationTime", "languageCode", "sourcePatientId", "serviceStartTime", "legalAuthenticator")
_INSTANT = re.compile(r"[0-9]{14}")


def structure(lot: Lot) -> Iterator[Problem]:
    """One package, its documents, their links, one Document part for each object and the reverse."""
    if len(lot.packages) != 1:
        yield Problem(METADATA, f"{len(lot.packages)} RegistryPackage dans le lot au lieu d’un")
        return
    if ebxml.SUBMISSION_SET not in lot.package.nodes:
        yield Problem(METADATA, "le RegistryPackage n’est pas classé comme lot de soumission", lot.package.id)
    if not lot.documents:
        yield Problem(METADATA, "le lot ne contient aucun document")
    names = [lot.package.id, *(item.id for item in lot.objects)]
    for name in sorted({name for name in names if names.count(name) > 1 or not name}):
        yield Problem(METADATA, "identifiant d’objet vide ou répété dans le lot", name)
    yield from _links(lot, names)
    parts = [name for name, _ in lot.contents]
    if len(parts) != len(set(parts)):
        yield Problem("XDSRepositoryMetadataError", "deux éléments Document portent le même id")
    folded = {name.lower() for name in parts}
    for item in lot.objects:
        if item.id.lower() not in folded:
            yield Problem("XDSMissingDocument", "aucun élément Document ne porte l’id de cet objet", item.id)
    known = {item.id.lower() for item in lot.objects}
    for name in parts:
        if name.lower() not in known:
            yield Problem("XDSMissingDocumentMetadata", "ce Document n’a pas de métadonnées", name)


def _links(lot: Lot, names: list[str]) -> Iterator[Problem]:
    members = []
    for link in lot.associations:
        if link.kind not in _KNOWN_LINKS:
            yield Problem(METADATA, f"type d’association « {link.kind[:120]} » non admis dans un lot", link.source)
        elif link.source not in names:
            yield Problem(METADATA, "association dont la source n’est pas dans le lot", link.source)
        elif link.kind == ebxml.HAS_MEMBER and link.source == lot.package.id:
            members.append(link.target)
            if link.slot("SubmissionSetStatus") != "Original":
                yield Problem(METADATA, "HasMember sans SubmissionSetStatus = Original", link.target)
    for item in lot.objects:
        if members.count(item.id) != 1:
            yield Problem(METADATA, f"objet rattaché {members.count(item.id)} fois au lot (HasMember)", item.id)
        if len(lot.replaced(item)) > 1:
            yield Problem(METADATA, "un document remplace un autre document et un seul", item.id)


def structure_warnings(lot: Lot) -> Iterator[str]:
    """What this version of the DMP tolerates in a lot's structure."""
    if len(lot.signatures) != 1:
        yield f"{len(lot.signatures)} document de signature dans le lot au lieu d’un"
    elif not any(link.kind == ebxml.SIGNS for link in lot.associations):
        yield "association signs absente"
    parts = {name for name, _ in lot.contents}
    for item in lot.objects:
        if item.id not in parts:
            yield f"Document et ExtrinsicObject {item.id} ne diffèrent que par la casse"


def metadata(lot: Lot) -> Iterator[Problem]:
    """The mandatory metadata of the lot and of each document (§2.2, §2.3)."""
    package = lot.package
    for label, scheme in (
        ("patientId", ebxml.SET_PATIENT),
        ("sourceId", ebxml.SET_SOURCE),
        ("uniqueId", ebxml.SET_UNIQUE),
    ):
        if not package.identifier(scheme):
            yield Problem(METADATA, f"{label} du lot absent", package.id)
    if not _INSTANT.fullmatch(package.slot("submissionTime")):
        yield Problem(METADATA, "submissionTime du lot absent ou différent de AAAAMMJJhhmmss", package.id)
    yield from _code(package, "contentTypeCode", ebxml.SET_CONTENT_TYPE)
    yield from _author(package, ebxml.SET_AUTHOR)
    for item in lot.objects:
        if not item.unique_id or item.patient is None:
            yield Problem(METADATA, "uniqueId absent, ou patientId absent ou mal formé", item.id)
    for item in lot.documents:
        yield from _document(item)


def _document(item: Item) -> Iterator[Problem]:
    if not item.mime:
        yield Problem(METADATA, "mimeType absent", item.id)
    if not item.title:
        yield Problem(METADATA, "titre absent (Name/LocalizedString)", item.id)
    for name in _SLOTS:
        if not item.slot(name):
            yield Problem(METADATA, f"métadonnée {name} absente", item.id)
    for name in ("creationTime", "serviceStartTime"):
        if item.slot(name) and not _INSTANT.fullmatch(item.slot(name)):
            yield Problem(METADATA, f"{name} différent de AAAAMMJJhhmmss", item.id)
    for name, scheme in _CODES.items():
        yield from _code(item, name, scheme)
    yield from _author(item, ebxml.AUTHOR)
    yield from confidentiality(item)


def confidentiality(item: Item) -> Iterator[Problem]:
    """Code N, and beside it only the masks that are known."""
    masks = [(code.node, code.scheme) for code in item.codes(ebxml.CONFIDENTIALITY)]
    if NORMAL not in masks:
        yield Problem(METADATA, "confidentialityCode N (2.16.840.1.113883.5.25) absent", item.id)
    for node, scheme in masks:
        if (node, scheme) != NORMAL and (node not in MASKS or scheme != MASK_SCHEME):
            yield Problem(METADATA, f"confidentialityCode {node[:60]} ({scheme[:60]}) inconnu", item.id)


def _code(item: Item, name: str, scheme: str) -> Iterator[Problem]:
    codes = item.codes(scheme)
    if len(codes) != 1:
        yield Problem(METADATA, f"{name} présent {len(codes)} fois au lieu d’une", item.id)
    elif not (codes[0].node and codes[0].scheme and codes[0].label):
        yield Problem(METADATA, f"{name} sans code, système (codingScheme) ou libellé", item.id)


def _author(item: Item, scheme: str) -> Iterator[Problem]:
    if not any(any(author.slots.get("authorPerson", ())) for author in item.codes(scheme)):
        yield Problem(METADATA, "auteur absent ou sans authorPerson", item.id)


def contents(lot: Lot, package: Package) -> tuple[dict[str, bytes], list[Problem], list[str]]:
    """The bytes of each object by its id, the problems met while fetching them, and the warnings."""
    found: dict[str, bytes] = {}
    problems, warnings, used = [], [], set()
    by_name = {name.lower(): node for name, node in lot.contents}
    for item in lot.objects:
        try:
            found[item.id], cid, warning = referenced(by_name[item.id.lower()], package)
        except MtomError as error:
            problems.append(Problem("XDSMissingDocument", str(error), item.id))
            continue
        if warning:
            warnings.append(f"{item.id} : {warning}")
        if cid in used:
            problems.append(Problem("XDSRepositoryMetadataError", "deux documents désignent la même partie", item.id))
        if cid is not None:
            used.add(cid)
    if unused := sorted(set(package.parts) - used):
        warnings.append(f"{len(unused)} partie MIME que rien ne désigne")
    return found, problems, warnings


def patients(lot: Lot, vihf: Vihf, with_package: bool = True) -> Iterator[Problem]:
    """Every patientId of the lot is that of the VIHF."""
    for item in (*((lot.package,) if with_package else ()), *lot.objects):
        if item.patient != vihf.patient:
            reason = "patientId différent de celui du VIHF (resource-id)"
            yield Problem("XDSPatientIdDoesNotMatch", reason, item.id)


def authors(lot: Lot, vihf: Vihf) -> Iterator[Problem]:
    """EX_2.1-1140: the user of the VIHF, or in indirect mode its structure, is an author of each document."""
    for item in lot.documents:
        slots = [author.slots for author in item.codes(ebxml.AUTHOR)]
        if vihf.indirect:
            said = {_component(value, 9) for one in slots for value in one.get("authorInstitution", ())}
            if vihf.structure not in said:
                reason = "Aucun AuthorInstitution ne correspond à l’utilisateur du VIHF"
                yield Problem(METADATA, reason, item.id)
        else:
            people = [value for one in slots for value in one.get("authorPerson", ())]
            said = {_component(value, 0) for value in (*people, item.slot("legalAuthenticator"))}
            if vihf.name_id not in said:
                reason = "ni l’auteur ni le responsable du document n’est l’utilisateur du VIHF"
                yield Problem(METADATA, reason, item.id)


def _component(value: str, index: int) -> str:
    parts = value.split("^")
    return parts[index].strip() if len(parts) > index else ""


def integrity(lot: Lot, found: Mapping[str, bytes]) -> Iterator[Problem]:
    """Hash and size, which are optional in a deposit, hold when they are given; uniqueIds are not repeated."""
    for item in lot.objects:
        content = found[item.id]
        if (digest := item.slot("hash")) and digest.lower() != hashlib.sha1(content, usedforsecurity=False).hexdigest():
            yield Problem("XDSNonIdenticalHash", "hash différent du SHA-1 du document reçu", item.id)
        if (size := item.slot("size")) and size != str(len(content)):
            yield Problem("XDSNonIdenticalSize", f"size vaut {size[:20]}, le document a {len(content)} octets", item.id)
    names = [lot.package.unique_id, *(item.unique_id for item in lot.objects)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem("XDSRegistryDuplicateUniqueIdInMessage", "uniqueId répété dans le lot", name)
