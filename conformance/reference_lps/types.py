"""The few values that travel between the parts of the reference LPS."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Professional:
    """The professional at the keyboard; ``id_national`` is the PS_IdNat (RPPS prefixed by 8)."""

    rpps: str
    id_national: str
    nom: str
    prenom: str
    profession: str
    specialite: str
    titre: str


@dataclass(frozen=True)
class Credential:
    """A certificate and its private key, both PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Bench:
    """Where the national services are, read from the file that the harness hands to the software under test."""

    folder: Path
    raw: dict[str, Any]
    professional: Professional
    credentials: dict[str, Credential]
    trust: Path

    @classmethod
    def read(cls, path: Path) -> Bench:
        """Read ``bench.json``; the paths written there are relative to its own folder."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        folder = path.resolve().parent
        credentials = {
            name: Credential(folder / pair["certificat"], folder / pair["cle"])
            for name, pair in raw["certificats"].items()
        }
        return cls(folder, raw, Professional(**raw["professionnel"]), credentials, folder / raw["confiance"])


@dataclass(frozen=True)
class Patient:
    """An identity as the LPS holds it; ``matricule`` (15 characters) and ``oid`` are None unless INSi gave them."""

    id: str
    statut: str
    nom_naissance: str
    prenoms: str
    premier_prenom: str
    nom_utilise: str
    prenom_utilise: str
    date_naissance: str
    sexe: str
    lieu_naissance: str
    matricule: str | None = None
    oid: str | None = None
    attributs: frozenset[str] = frozenset()
    refus: frozenset[str] = frozenset()
    historique: tuple[dict[str, str], ...] = ()
    alertes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contact:
    """Another professional: ``id_national`` is the PS_IdNat, ``profession`` and ``specialite`` as in ``bench.json``."""

    id_national: str
    nom: str
    prenom: str
    profession: str
    specialite: str = ""
    titre: str = ""
    adresse_mss: str = ""


@dataclass(frozen=True)
class Draft:
    """A document being written. ``replaces`` is the CDA unique id (OID) of the version it replaces, None for a first one.

    ``requester`` asked for the act, ``recipients`` will receive the document. ``content`` is what a document of that type
    is made of, as the API gives it; ``structured`` asks for a CDA of level 3, ``signed`` for a signed PDF. ``mentions`` are
    the sentences that the settings add to it, by name.
    """

    id: str
    type_code: str
    title: str
    text: str
    written_at: str
    masked_from_professionals: bool = False
    hidden_from_patient: bool = False
    hidden_from_guardians: bool = False
    kept_from_dmp: bool = False
    partial: bool = False
    author_left: bool = False
    replaces: str | None = None
    announcement: bool = False
    structured: bool = False
    signed: bool = False
    requester: Contact | None = None
    recipients: tuple[Contact, ...] = ()
    content: dict[str, Any] = field(default_factory=dict)
    mentions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: dict[str, Any]) -> Draft:
        """The draft that ``dataclasses.asdict`` took apart."""
        requester = Contact(**data["requester"]) if data.get("requester") else None
        recipients = tuple(Contact(**one) for one in data.get("recipients", ()))
        return cls(**{**data, "requester": requester, "recipients": recipients})


@dataclass(frozen=True)
class Produced:
    """The files of a validated document: CDA R2 N1 around a PDF/A-1, and the name the PDF bears when it travels alone."""

    unique_id: str
    cda: bytes
    pdf: bytes
    pdf_name: str


@dataclass(frozen=True)
class Sent:
    """What became of a mail: ``state`` is ENVOYE, BLOQUE or ECHEC; ``heard`` is the operator's last reply."""

    state: str
    message: str
    message_id: str | None = None
    recipient: str | None = None
    heard: str = ""


@dataclass(frozen=True)
class Deposit:
    """What became of a deposit to the DMP: ``state`` is EN_ATTENTE, DEPOSE, BLOQUE, ECHEC or SUPPRIME.

    ``transient`` says that a failure may not last.
    """

    state: str
    message: str
    entry_uuid: str | None = field(default=None)
    transient: bool = False
