"""What a machine can say of the files filed under a proof number: never that they prove, only that they can be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Any

from conformance.model.finding import Finding, Location, Severity
from conformance.model.requirement import Proof
from conformance.model.yamlfile import DataError, parse_yaml

IMAGES = {"png": b"\x89PNG\r\n", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}
VIDEOS = {
    "mp4": b"ftyp",
    "mov": b"ftyp",
    "m4v": b"ftyp",
    "webm": b"\x1a\x45\xdf\xa3",
    "mkv": b"\x1a\x45\xdf\xa3",
    "avi": b"RIFF",
}
_SHOWN = {*IMAGES, *VIDEOS, "pdf"}
_WRITTEN = {"pdf", "odt", "docx", "txt", "md", "html", "url"}
ACCEPTED: Mapping[str, frozenset[str]] = {
    "video": frozenset(_SHOWN),
    "capture": frozenset(_SHOWN),
    "document": frozenset({*_SHOWN, *_WRITTEN}),
    "pdf": frozenset({"pdf"}),
    "cda": frozenset({"xml"}),
    "xdm": frozenset({"zip"}),
    "mail": frozenset({"eml", "txt"}),
    "hl7": frozenset({"hl7", "er7", "txt", "xml"}),
    "soap": frozenset({"xml", "txt", "log"}),
    "csv": frozenset({"csv", "xlsx", "ods", "txt"}),
    "log": frozenset({"log", "txt", "csv", "json", "jsonl", "pdf", *IMAGES}),
    "configuration": frozenset({*_SHOWN, *_WRITTEN, "json", "yaml", "yml", "xml", "ini", "conf", "properties"}),
    "link": frozenset({"url", "txt", "pdf", *IMAGES}),
    "approval": frozenset({"pdf", *IMAGES}),
    "declaration": frozenset({"pdf", "yaml", "yml", *IMAGES}),
}
"""Which file types can bear each kind of proof. A signed declaration may always be a YAML file (see ``attestation``)."""

_MAGIC = {**IMAGES, **VIDEOS, "pdf": b"%PDF-", "zip": b"PK", "docx": b"PK", "xlsx": b"PK", "odt": b"PK", "ods": b"PK"}


@dataclass(frozen=True, slots=True)
class Filed:
    """A file filed under a proof number: name in the dossier, size in bytes, SHA-256, first bytes, last change."""

    name: str
    size: int
    sha256: str
    head: bytes
    modified: datetime

    @property
    def extension(self) -> str:
        """In lower case, without the dot."""
        return PurePosixPath(self.name).suffix.lower().lstrip(".")

    @property
    def attestation(self) -> bool:
        """Whether it is a signed declaration in YAML."""
        return self.extension in ("yaml", "yml")


def readable(proof: Proof, filed: Filed) -> Iterator[Finding]:
    """The file is not empty, is of a type that can bear this proof, and is what its name says."""
    where = Location(filed.name)
    if not filed.size:
        yield _refused("preuve.vide", "Le fichier est vide.", where, fix="Déposez le fichier complet.")
        return
    accepted = ACCEPTED.get(proof.kind, frozenset(_SHOWN)) | {"yaml", "yml"}
    if filed.extension not in accepted:
        yield _refused(
            "preuve.type",
            f"Un fichier « .{filed.extension} » ne peut pas porter une preuve de type « {proof.kind} ».",
            where,
            expected=", ".join(sorted(accepted)),
            observed=filed.extension or "aucune extension",
            fix="Déposez la preuve dans un des formats acceptés.",
        )
    magic = _MAGIC.get(filed.extension)
    if magic is not None and magic not in filed.head[:16]:
        yield _refused(
            "preuve.illisible",
            f"Le contenu du fichier n’est pas celui d’un « .{filed.extension} ».",
            where,
            observed=filed.head[:8].hex(" "),
            fix="Exportez de nouveau le fichier au lieu de changer son extension.",
        )


def dated(filed: Filed, now: datetime) -> Iterator[Finding]:
    """The file does not come from the future."""
    if filed.modified > now:
        yield Finding(
            "preuve.date",
            "Le fichier est daté de l’avenir : sa date ne peut pas servir de repère.",
            Severity.WARNING,
            Location(filed.name),
            observed=filed.modified.astimezone(UTC).date().isoformat(),
            fix="Vérifiez l’horloge du poste qui l’a produit.",
        )


def used_once(proof: Proof, filed: Filed, elsewhere: Sequence[str]) -> Iterator[Finding]:
    """The same bytes are not filed under several proof numbers without a word."""
    if elsewhere:
        yield Finding(
            "preuve.doublon",
            f"Le même fichier sert aussi de preuve à {', '.join(sorted(elsewhere))}.",
            Severity.WARNING,
            Location(filed.name),
            observed=f"empreinte {filed.sha256[:12]}…",
            fix=f"Vérifiez qu’il montre bien ce que demande {proof.id}, et dites à quel moment.",
        )


_FIELDS = ("personne", "fonction", "date", "valable_jusqu_au", "reponse", "justification")


def attestation(filed: Filed, today: date) -> Iterator[Finding]:
    """A declaration names a person, a role, a date and a validity, and answers « Oui »; an expired one is refused.

    A declaration that answers « Non » is a non-conformity told by the vendor itself.
    """
    where = Location(filed.name)
    try:
        data = parse_yaml(filed.name, filed.head.decode("utf-8"))
    except (UnicodeDecodeError, DataError) as error:
        told = error.message if isinstance(error, DataError) else "le fichier n’est pas en UTF-8"
        yield _refused(
            "preuve.attestation", f"L’attestation n’est pas lisible\u00a0: {told}.", where, expected=", ".join(_FIELDS)
        )
        return
    if not isinstance(data, dict):
        yield _refused(
            "preuve.attestation", "L’attestation ne contient pas de champs.", where, expected=", ".join(_FIELDS)
        )
        return
    for missing in (name for name in _FIELDS if not data.get(name)):
        yield _refused(
            "preuve.attestation",
            f"L’attestation ne dit pas « {missing} ».",
            where,
            expected=", ".join(_FIELDS),
            fix=f"Ajoutez une ligne « {missing}: … ».",
        )
    yield from _validity(data, where, today)
    if str(data.get("reponse", "")).strip().lower() in ("non", "false"):
        yield Finding(
            "attestation.non",
            "L’éditeur déclare lui-même que l’exigence n’est pas remplie.",
            where=where,
            expected="Oui",
            observed=str(data["reponse"]),
            fix="Mettez le logiciel en conformité, puis attestez de nouveau.",
        )


def _validity(data: Mapping[str, Any], where: Location, today: date) -> Iterator[Finding]:
    for name in ("date", "valable_jusqu_au"):
        value = data.get(name)
        if value and not isinstance(value, date):
            yield _refused(
                "preuve.attestation",
                f"« {name} » n’est pas une date.",
                where,
                expected="AAAA-MM-JJ",
                observed=str(value),
            )
            return
    until, signed = data.get("valable_jusqu_au"), data.get("date")
    if isinstance(until, date) and until < today:
        yield _refused(
            "preuve.perimee",
            "L’attestation n’est plus valable.",
            where,
            expected=f"au moins {today.isoformat()}",
            observed=until.isoformat(),
            fix="Faites signer une nouvelle attestation.",
        )
    if isinstance(signed, date) and signed > today:
        yield _refused("preuve.attestation", "L’attestation est datée de l’avenir.", where, observed=signed.isoformat())


def _refused(rule: str, message: str, where: Location, **more: str) -> Finding:
    """A file that cannot serve is shown as such; it does not condemn the software, it proves nothing."""
    return Finding(rule, message, Severity.WARNING, where, **more)


def refused(findings: Sequence[Finding]) -> bool:
    """Whether what was said of a file makes it unable to prove anything."""
    return any(
        finding.rule in ("preuve.vide", "preuve.type", "preuve.illisible", "preuve.attestation", "preuve.perimee")
        for finding in findings
    )
