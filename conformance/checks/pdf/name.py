"""The name a PDF bears when it travels alone (référentiel socle MSSanté #2, ECO.2.1.6)."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks import times
from conformance.model.finding import Finding, Location, Severity
from conformance.model.identity import Identity, plain

_NAMING = "Référentiel socle MSSanté #2, ECO.2.1.6"


def file_name(
    name: str, identity: Identity, act_date: str | None = None, type_label: str | None = None
) -> Iterator[Finding]:
    """The name of the PDF: ``<AAAAMMJJ>_<type>_<NOM>_<prénom>[_<dossier>].pdf``, type of 40 characters at
    most.

    ``act_date`` is ``YYYYMMDD`` or ``YYYY-MM-DD``; ``type_label`` is the displayName of the CDA code. The
    names in use are accepted as well as those of birth.
    """
    stem, dot, suffix = name.rpartition(".")
    if suffix.lower() != "pdf" or not dot:
        yield _misnamed(name, "Le nom du fichier n’a pas l’extension « .pdf ».", ".pdf", name)
        stem = name
    parts = stem.split("_")
    if len(parts) < 4:
        yield _misnamed(
            name,
            "Le nom du fichier n’a pas la forme attendue.",
            "AAAAMMJJ_type_NOM_prénom.pdf (n° de dossier facultatif)",
            name,
        )
        return
    yield from _named_date(name, parts[0], act_date)
    # The type may hold an underscore: the names are looked for from the third part on.
    rank = next((i for i in range(2, len(parts) - 1) if _is_one_of(parts[i], _family_names(identity))), None)
    kind = "_".join(parts[1 : 2 if rank is None else rank])
    yield from _named_type(name, kind, type_label)
    if rank is None:
        expected = " ou ".join(dict.fromkeys(_family_names(identity)))
        yield _misnamed(name, "Le nom du fichier ne porte pas le nom du patient à sa place.", expected, parts[2])
        return
    if parts[rank] != plain(parts[rank]):
        yield _misnamed(
            name,
            "Le nom du patient n’est pas en majuscules sans accent dans le nom du fichier.",
            plain(parts[rank]),
            parts[rank],
            Severity.WARNING,
        )
    if not _is_one_of(parts[rank + 1], (identity.premier_prenom, identity.prenom_utilise)):
        expected = identity.premier_prenom or identity.prenom_utilise
        yield _misnamed(
            name, "Le nom du fichier ne porte pas le prénom du patient à sa place.", expected, parts[rank + 1]
        )
    if len(parts) > rank + 3:
        yield _misnamed(
            name,
            "Le nom du fichier se termine par des éléments de trop.",
            "un n° de dossier au plus",
            stem,
            Severity.WARNING,
        )


def _named_date(name: str, written: str, act_date: str | None) -> Iterator[Finding]:
    stamp = times.read(written)
    if stamp is None or stamp.digits != 8:
        yield _misnamed(name, "Le nom du fichier ne commence pas par une date.", "AAAAMMJJ, date de l’acte", written)
        return
    wanted = (act_date or "").replace("-", "")[:8]
    if wanted and written != wanted:
        yield _misnamed(name, "La date du nom de fichier n’est pas celle de l’acte.", wanted, written)


def _named_type(name: str, kind: str, label: str | None) -> Iterator[Finding]:
    if not kind.strip() or len(kind) > 40:
        yield _misnamed(
            name,
            "Le type de document du nom de fichier est vide ou trop long.",
            "de 1 à 40 caractères",
            f"{len(kind)} caractères",
        )
    elif label and not _bare(label[:40]).startswith(_bare(kind)):
        yield _misnamed(
            name,
            "Le type de document du nom de fichier n’est pas celui du document.",
            label[:40],
            kind,
            Severity.WARNING,
        )


def _family_names(identity: Identity) -> tuple[str, ...]:
    return tuple(value for value in (identity.nom_naissance, identity.nom_utilise) if value)


def _is_one_of(written: str, values: tuple[str, ...]) -> bool:
    return any(value and _bare(written) == _bare(value) for value in values)


def _bare(value: str) -> str:
    """Letters and digits alone: file systems refuse some characters, which software replaces as it can."""
    return "".join(char for char in plain(value) if char.isalnum())


def _misnamed(name: str, message: str, expected: str, observed: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(
        "pdf.file-name",
        message,
        severity,
        Location(name),
        expected,
        observed,
        "Nommer le fichier <date de l’acte>_<type>_<NOM>_<prénom>.pdf.",
        _NAMING,
    )
