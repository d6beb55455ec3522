"""What a machine can say of the files filed under a proof number: never that they prove, only that they can be looked at.

Here, what the name, the date and the first bytes of a file tell. What it holds: ``content``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

from conformance.model.finding import Finding, Location, Severity
from conformance.model.requirement import Proof

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

SIGNATURES = frozenset({"p7s", "sig", "asc"})
"""What a detached signature is called: the name of the file it signs, then one of these."""
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
        """Whether it is in YAML, as a signed declaration is."""
        return self.extension in ("yaml", "yml")

    @property
    def signature(self) -> bool:
        """Whether it only signs another file."""
        return self.extension in SIGNATURES


def accepted_types(kind: str) -> frozenset[str]:
    """The file types that can bear a proof of that kind, a signed declaration included."""
    return ACCEPTED.get(kind, frozenset(_SHOWN)) | {"yaml", "yml"}


def readable(proof: Proof, filed: Filed) -> Iterator[Finding]:
    """The file is not empty, is of a type that can bear this proof, and is what its name says."""
    where = Location(filed.name)
    if not filed.size:
        yield refusal("preuve.vide", "Le fichier est vide.", where, fix="Déposez le fichier complet.")
        return
    if filed.signature:
        return
    accepted = accepted_types(proof.kind)
    if filed.extension not in accepted:
        yield refusal(
            "preuve.type",
            f"Un fichier « .{filed.extension} » ne peut pas porter une preuve de type « {proof.kind} ».",
            where,
            expected=", ".join(sorted(accepted)),
            observed=filed.extension or "aucune extension",
            fix="Déposez la preuve dans un des formats acceptés.",
        )
    magic = _MAGIC.get(filed.extension)
    if magic is not None and magic not in filed.head[:16]:
        yield refusal(
            "preuve.illisible",
            f"Le contenu du fichier n’est pas celui d’un « .{filed.extension} ».",
            where,
            observed=filed.head[:8].hex(" "),
            fix="Exportez de nouveau le fichier au lieu de changer son extension.",
        )


def declares(proof: Proof, filed: Filed) -> bool:
    """Whether the file is a signed declaration. A configuration may be in YAML too: a declaration names a person."""
    return filed.attestation and (proof.kind != "configuration" or b"personne" in filed.head)


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


def stale(name: str, made: date, released: date | None) -> Iterator[Finding]:
    """The piece was not made before the version it is to prove came out."""
    if released is not None and made < released:
        yield Finding(
            "preuve.ancienne",
            "La pièce est plus ancienne que la version éprouvée : elle en montre sans doute une autre.",
            Severity.WARNING,
            Location(name),
            expected=f"le {released.isoformat()} ou après (software.released)",
            observed=made.isoformat(),
            fix="Refaites la preuve avec la version éprouvée.",
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


def refusal(rule: str, message: str, where: Location, **more: str) -> Finding:
    """A file that cannot serve is shown as such; it does not condemn the software, it proves nothing."""
    return Finding(rule, message, Severity.WARNING, where, **more)


REFUSALS = frozenset(
    {
        "preuve.vide",
        "preuve.type",
        "preuve.illisible",
        "preuve.chiffree",
        "preuve.lien",
        "preuve.attestation",
        "preuve.perimee",
    }
)
"""The rules that make a file unable to prove anything."""


def refused(findings: Sequence[Finding]) -> bool:
    """Whether what was said of a file makes it unable to prove anything."""
    return any(finding.rule in REFUSALS for finding in findings)
