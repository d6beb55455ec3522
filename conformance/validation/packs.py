"""The agency's pack of content rules (``ansforge/TestContenuCDA-3-0``): found, identified, checked, repaired, read in place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from lxml import etree

from conformance.model.finding import Finding, Location, Severity
from conformance.model.yamlfile import DataError
from conformance.validation.registry import Entry, read_registry, registry_folder
from conformance.validation.schematron import SchemaError, address, compiled, same_case
from conformance.validation.xsd import pack_folder

SCHEMATRONS = Path("schematrons")
VALUE_SETS = Path("jeuxDeValeurs")
GENERIC: Mapping[str, Path] = MappingProxyType(
    {
        "STRUCT": SCHEMATRONS / "profils" / "structurationMinimale" / "ASIP-STRUCT-MIN-StrucMin.sch",
        "IHE": SCHEMATRONS / "profils" / "IHE.sch",
        "MODELES": SCHEMATRONS / "profils" / "CI-SIS_ModelesDeContenusCDA.sch",
        "ANS": SCHEMATRONS / "profils" / "CI-SIS_Modeles_ANS.sch",
        "TERM": SCHEMATRONS / "profils" / "terminologies" / "schematron" / "terminologie.sch",
    }
)
"""The tiers that judge every document, and their schemas."""
PREFIX = "CI-SIS_"
"""What the names of the schemas of volets begin with."""
_TERMINOLOGIES = {
    "2.16.840.1.113883.6.1": "LOINC",
    "2.16.840.1.113883.6.96": "SNOMED CT",
    "1.2.250.1.213.1.1.4.322": "TA_ASIP",
    "1.2.250.1.213.2.3.1": "UCD",
    "2.16.840.1.113883.3.26.1.1": "NCIT",
}
SOURCE = "Pack de validation des contenus CDA de l’Agence (ansforge/TestContenuCDA-3-0)"
_LITERAL = re.compile(r"'((?:\.\./)+[^'\s]+|include/[^'\s]+)'")
_VOC = re.compile(r"voc-([\d.]+)-DYNAMIC\.xml\Z")


@dataclass(frozen=True)
class Pack:
    """A pack read in place. Build one with :func:`open_pack`."""

    folder: Path

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what judges: the name and the content of every file but the sample documents."""
        total = hashlib.sha256()
        for file in self._files():
            name = file.relative_to(self.folder).as_posix()
            total.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
        return total.hexdigest()

    @cached_property
    def volets(self) -> Mapping[str, Path]:
        """The schemas of the volets by name, prefix and suffix left out."""
        found = sorted((self.folder / SCHEMATRONS).glob(f"{PREFIX}*.sch"))
        return {file.stem.removeprefix(PREFIX): file for file in found}

    def schema(self, tier: str, volet: str | None = None) -> Path:
        """The schema of a tier; KeyError for a volet that the pack does not have."""
        return self.volets[volet or ""] if tier == "VOLET" else self.folder / GENERIC[tier]

    def _files(self) -> list[Path]:
        parts = (SCHEMATRONS, VALUE_SETS, Path("infrastructure"))
        found = (file for part in parts for file in (self.folder / part).rglob("*") if file.is_file())
        # By the letters of the names: paths of Windows sort without regard to case, and the digest must be the same.
        return sorted(found, key=lambda file: file.relative_to(self.folder).parts)


def open_pack(folder: Path | None = None) -> Pack | Finding:
    """The pack of a folder, by default the one that ``xsd.pack_folder`` finds, or why there is none.

    One that the registry keeps is refused when its files are no longer those that were added.
    """
    try:
        chosen = pack_folder(folder)
    except DataError as error:
        return _unusable(
            f"Le registre des packs ne peut pas être lu : {error.message}.", error.hint, observed=error.file
        )
    if chosen is None:
        return Finding(
            "pack.absent",
            "Aucun pack de l’Agence n’est indiqué : les règles de contenu CDA ne sont pas vérifiées.",
            Severity.WARNING,
            fix="Enregistrer le pack (segur-conformance pack add), ou donner son dossier par SEGUR_CI_SIS_PACK.",
            source=SOURCE,
        )
    absent = [path.as_posix() for path in GENERIC.values() if not (chosen / path).is_file()]
    if absent:
        return Finding(
            "pack.incomplete",
            f"Le dossier « {chosen} » n’est pas un pack de l’Agence complet.",
            Severity.WARNING,
            expected=", ".join(absent),
            observed="fichiers absents",
            source=SOURCE,
        )
    return _opened(chosen.resolve())


def _opened(folder: Path) -> Pack | Finding:
    home = registry_folder()
    if folder.parent != home.resolve():
        return Pack(folder)
    entry = read_registry(home).of_folder(folder)
    return Pack(folder) if entry is None else _registered(folder, entry)


@lru_cache(maxsize=4)
def _registered(folder: Path, entry: Entry) -> Pack | Finding:
    """A pack of the registry, compared once per process to what it was when it was added."""
    pack = Pack(folder)
    return pack if entry.digest == pack.digest else altered(entry, pack)


def altered(entry: Entry, pack: Pack) -> Finding:
    """The finding about a registered pack whose files have changed: nothing is judged by it."""
    return _unusable(
        f"Les fichiers du pack « {entry.name} » ont changé depuis son enregistrement : il ne juge plus rien.",
        "Enregistrer de nouveau le pack depuis sa source (segur-conformance pack add).",
        expected=f"sha256 {entry.digest}",
        observed=f"sha256 {pack.digest}, dans {pack.folder}",
    )


def _unusable(message: str, fix: str | None, observed: str, expected: str | None = None) -> Finding:
    return Finding(
        "pack.unusable", message, Severity.WARNING, expected=expected, observed=observed, fix=fix, source=SOURCE
    )


def lint(pack: Pack, cache: Path | None = None) -> Iterator[Finding]:
    """What is wrong with the pack itself, whatever the document. Reads every schema: some seconds."""
    seen: set[Finding] = set()
    for path in [pack.folder / each for each in GENERIC.values()] + list(pack.volets.values()):
        for finding in _schema_faults(pack, path, cache):
            if finding not in seen:
                seen.add(finding)
                yield finding
    yield from _terminologies(pack)


def _schema_faults(pack: Pack, path: Path, cache: Path | None) -> Iterator[Finding]:
    try:
        made = compiled(path, pack.folder, cache)
    except SchemaError as error:
        yield Finding(
            "pack.schema", f"Un schéma du pack est inutilisable. {error}", where=Location(path.name), source=SOURCE
        )
        yield from error.findings
        return
    yield from made.remarks
    for literal, file in _dangling(path, made.text):
        rebuilt = _rebuilt(pack, file) is not None
        near = same_case(file)
        yield Finding(
            "pack.value-set.rebuilt" if rebuilt else "pack.value-set.missing",
            (
                "Un jeu de valeurs absent du pack est reconstruit à partir de celui de « jeuxDeValeurs » qui porte le même OID."
                if rebuilt
                else "Un schéma cherche un jeu de valeurs absent du pack : une règle qui l’interroge ne peut pas juger."
            ),
            Severity.WARNING,
            Location(path.name),
            expected=literal,
            observed="absent" if near is None else f"autre casse : {near.name}",
            source=SOURCE,
        )


def _terminologies(pack: Pack) -> Iterator[Finding]:
    folder = (pack.folder / GENERIC["TERM"]).parent.parent / "terminologie"
    for oid, name in _TERMINOLOGIES.items():
        if not (folder / f"{oid}.rdf").is_file():
            yield Finding(
                "pack.terminology.missing",
                f"La terminologie {name} n’est pas livrée avec le pack : ses codes ne sont pas vérifiés par le palier TERM.",
                Severity.WARNING,
                Location(folder.name),
                expected=f"{oid}.rdf",
                source=SOURCE,
            )


def _dangling(path: Path, text: str) -> Iterator[tuple[str, Path]]:
    for literal in sorted(set(_LITERAL.findall(text))):
        file = Path(path.parent, unquote(literal))
        if not file.exists():
            yield literal, file.resolve()


def repairs(pack: Pack, path: Path, text: str) -> Iterator[tuple[str, str]]:
    """What stands in for documents that a schema needs and the pack lacks: address and XML. ``text``: its stylesheet."""
    for _, file in _dangling(path, text):
        made = _rebuilt(pack, file)
        if made is not None:
            yield address(file), made


def _rebuilt(pack: Pack, file: Path) -> str | None:
    """A value set of the header's rules, made from the value set of ``jeuxDeValeurs`` that bears the same OID."""
    oid = _VOC.search(file.name)
    if oid is None:
        return None
    for source in sorted((pack.folder / VALUE_SETS).glob("*.xml")):
        content = source.read_bytes()
        if f'id="{oid[1]}"'.encode() not in content:
            continue
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
        concepts = "".join(
            "<concept" + "".join(f" {name}={quoteattr(each.get(name, ''))}" for name in ("code", "codeSystem")) + "/>"
            for each in root.iter("{*}Concept")
        )
        return f'<valueSets><valueSet id="{oid[1]}"><conceptList>{concepts}</conceptList></valueSet></valueSets>'
    return None
