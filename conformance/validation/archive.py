"""Opening a zip archive that nobody vouches for: in memory, bounded, nothing ever written to disk."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.model.finding import Finding, Location

MIB = 1024 * 1024
_DIRECTORY_ENTRY = b"PK\x01\x02"
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What an archive may weigh: members, bytes once unpacked, and unpacked/packed ratio of members over 1
    MiB; ``archives``: whether it may hold archives, which are never opened.
    """

    members: int = 1000
    total: int = 200 * MIB
    ratio: int = 200
    archives: bool = False


def open_zip(name: str, content: bytes, limits: ZipLimits | None = None) -> dict[str, bytes] | tuple[Finding, ...]:
    """The files of an archive by name, exactly as the archive writes the names, or why it was not opened.

    Directories are left out. Refused: what is not a zip, an empty file, too many members, too much data, an
    outrageous ratio, encryption, a name that leaves the folder or is absolute, two names equal but for the
    case, a link, an archive inside the archive. Every refusal of the directory is told, not the first.
    """
    bounds = limits or ZipLimits()
    refused = _not_a_zip(name, content, bounds)
    if refused is not None:
        return (refused,)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            refusals = tuple(_refusals(name, members, bounds))
            return refusals or _read(name, archive, members, bounds)
    except _BROKEN as error:
        return (
            _finding(
                name,
                "zip.broken",
                "L’archive zip est illisible : elle est tronquée, corrompue ou d’une variante inconnue.",
                observed=str(error)[:200] or type(error).__name__,
                fix="Produire l’archive avec un outil zip courant et vérifier qu’elle n’est pas altérée en chemin.",
            ),
        )


def list_zip(name: str, content: bytes, limits: ZipLimits | None = None) -> dict[str, int]:
    """The files that :func:`open_zip` would give and their announced sizes, nothing unpacked; none when it refuses."""
    bounds = limits or ZipLimits()
    if _not_a_zip(name, content, bounds) is not None:
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except _BROKEN:
        return {}
    if next(_refusals(name, members, bounds), None) is not None:
        return {}
    return {member.orig_filename: member.file_size for member in members if _is_file(member)}


def _is_file(member: zipfile.ZipInfo) -> bool:
    return not member.is_dir() and not member.orig_filename.endswith("\\")


def _not_a_zip(name: str, content: bytes, bounds: ZipLimits) -> Finding | None:
    """What the bytes say before any zip reader sees them."""
    if not content:
        return _finding(name, "zip.empty", "Le fichier est vide : aucune archive à ouvrir.")
    if len(content) > bounds.total:
        return _too_big(name, bounds)
    if content[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        start = content[:8].decode("ascii", "replace")
        return _finding(
            name,
            "zip.signature",
            "Le fichier n’est pas une archive zip : il ne commence pas par la signature « PK ».",
            expected="PK",
            observed=repr(start),
        )
    # A directory of millions of entries would cost its weight in memory before anyone could count them.
    if content.count(_DIRECTORY_ENTRY) > 20 * bounds.members:
        return _finding(
            name,
            "zip.members",
            f"L’archive annonce bien plus de {bounds.members} fichiers : elle n’est pas ouverte.",
        )
    return None


def _refusals(name: str, members: list[zipfile.ZipInfo], bounds: ZipLimits) -> Iterator[Finding]:
    """What the directory of the archive shows, before a byte is unpacked."""
    if not members:
        yield _finding(name, "zip.empty", "L’archive zip ne contient aucun fichier.")
    if len(members) > bounds.members:
        yield _finding(
            name,
            "zip.members",
            "L’archive contient trop de fichiers.",
            expected=f"{bounds.members} fichiers au plus",
            observed=f"{len(members)} fichiers",
        )
        return
    if sum(member.file_size for member in members) > bounds.total:
        yield _too_big(name, bounds)
    seen: set[str] = set()
    for member in members:
        yield from _member_refusals(name, member, bounds)
        folded = member.orig_filename.replace("\\", "/").casefold()
        if folded in seen:
            yield _finding(
                name,
                "zip.duplicate",
                "Deux fichiers de l’archive portent le même nom (sans tenir compte de la casse).",
                part=member.orig_filename,
                fix="Donner un nom distinct à chaque fichier.",
            )
        seen.add(folded)


def _member_refusals(name: str, member: zipfile.ZipInfo, bounds: ZipLimits) -> Iterator[Finding]:
    written = member.orig_filename
    steps = written.replace("\\", "/").split("/")
    if ".." in steps:
        yield _finding(
            name,
            "zip.traversal",
            "Un nom de l’archive remonte hors de son dossier par « .. ».",
            part=written,
            fix="N’écrire que des chemins relatifs, sans « .. ».",
        )
    if not steps[0] or ":" in steps[0]:
        yield _finding(
            name,
            "zip.absolute",
            "Un nom de l’archive est un chemin absolu.",
            part=written,
            fix="Écrire un chemin relatif.",
        )
    if any(ord(char) < 32 for char in written):
        yield _finding(name, "zip.name", "Un nom de l’archive contient un caractère de commande.", part=written)
    if stat.S_ISLNK(member.external_attr >> 16):
        yield _finding(name, "zip.link", "L’archive contient un lien symbolique.", part=written)
    if member.flag_bits & 0x1:
        yield _finding(
            name,
            "zip.encrypted",
            "Un fichier de l’archive est chiffré.",
            part=written,
            fix="Produire une archive sans mot de passe.",
        )
    if member.compress_type not in _READABLE:
        yield _finding(
            name,
            "zip.compression",
            "La méthode de compression d’un fichier de l’archive n’est pas acceptée.",
            part=written,
            expected="aucune compression, ou « deflate »",
            observed=f"méthode {member.compress_type}",
        )
    if member.file_size > MIB and member.file_size > bounds.ratio * max(member.compress_size, 1):
        yield _finding(
            name,
            "zip.bomb",
            "Le taux de compression d’un fichier de l’archive est celui d’une « bombe » zip.",
            part=written,
            expected=f"au plus {bounds.ratio} octets déballés pour un octet comprimé",
            observed=f"{member.file_size // max(member.compress_size, 1)} pour un",
        )


def _read(
    name: str, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], bounds: ZipLimits
) -> dict[str, bytes] | tuple[Finding, ...]:
    """Unpack, trusting no announced size."""
    files: dict[str, bytes] = {}
    nested: list[Finding] = []
    left = bounds.total
    for member in members:
        if not _is_file(member):
            continue
        with archive.open(member) as stream:
            data = stream.read(left + 1)
        left -= len(data)
        if left < 0:
            return (_too_big(name, bounds),)
        if data[:4] == b"PK\x03\x04" and not bounds.archives:
            nested.append(
                _finding(
                    name,
                    "zip.nested",
                    "L’archive contient une autre archive, qui n’est pas ouverte.",
                    part=member.orig_filename,
                    fix="Placer les fichiers directement dans l’archive.",
                )
            )
        files[member.orig_filename] = data
    return tuple(nested) or files


def _too_big(name: str, bounds: ZipLimits) -> Finding:
    return _finding(
        name,
        "zip.size",
        "L’archive est trop volumineuse.",
        expected=f"{bounds.total // MIB} Mio au plus, une fois déballée",
    )


def _finding(
    name: str,
    rule: str,
    message: str,
    *,
    part: str | None = None,
    expected: str | None = None,
    observed: str | None = None,
    fix: str | None = None,
) -> Finding:
    shown = (
        None
        if part is None
        else part.encode("unicode_escape", "replace").decode("ascii")
        if not part.isprintable()
        else part
    )
    where = Location(source=name, part=shown)
    return Finding(rule=rule, message=message, where=where, expected=expected, observed=observed, fix=fix)
