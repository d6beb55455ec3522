"""The agency's pack of content rules (``ansforge/TestContenuCDA-3-0``): found, identified, checked, repaired, read in place.

Nothing in the pack says which schema judges which document: the volet is chosen here, by the template that the document
declares, and what cannot be chosen for sure is said.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from lxml import etree

from conformance.model.finding import Finding, Location, Severity
from conformance.validation.gate import Document
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
_PREFIX = "CI-SIS_"
_BRANCH = "1.2.250.1.213.1.1.1."
# The template of each volet below the agency's branch, as the sample documents declare it, and the name of its schemas.
_FAMILIES = {
    "40": "ANEST-CR-ANEST", "41": "ANEST-CR-CPA", "15": "AVC-AUNV", "16": "AVC-EUNV", "25": "AVC-PAVC",
    "17": "AVC-SUNV", "55": "BIO-CR-BIO", "59": "BIO-TROD", "32": "CANCER-CR-GM", "28": "CANCER-D2LM-FIDD",
    "27": "CANCER-D2LM-FIN", "8": "CANCER-FRCP", "26": "CANCER-PPS", "2.1.1": "CARD-F-PRC-AVK",
    "2.1.3": "CARD-F-PRC-DCI", "2.1.5": "CARD-F-PRC-PPV", "2.1.4": "CARD-F-PRC-PSC", "2.1.2": "CARD-F-PRC-TAP",
    "36": "CNAM-HR", "5.3": "CSE-CS24", "5.1": "CSE-CS8", "5.2": "CSE-CS9", "5.4": "CSE-MDE", "22": "DLU-EHPAD-DLU",
    "24": "DLU-EHPAD-FLUDR", "23": "DLU-EHPAD-FLUDT", "54": "eDISP-MED", "39": "EP-MED-DM", "45": "IMG-CR-IMG",
    "47": "IMG-DA-IMG", "51": "IPS-FR", "21": "LDL-EES", "29": "LDL-SES", "12.1": "OBP-SAP", "12.4": "OBP-SCM",
    "12.5": "OBP-SEM", "12.3": "OBP-SNE", "12.2": "OBP-SNM", "42": "OPH-BRE", "18": "OPH-CR-RTN", "30": "SDM-MR",
    "38": "TLM-DA", "46": "VAC-NOTE", "37": "VAC", "13": "VSM",
}  # fmt: skip
# Templates whose extension is not the version in the name of the schema.
_EXCEPTIONS = {("55", None): "BIO-CR-BIO_2021.01", ("13", "201310"): "VSM_1.4_2022.01"}
# This volet declares the template of any unstructured document, and judges some: its code tells it.
_BY_CODE = {"85208-7": "TLM-CR_2022.01"}
_TERMINOLOGIES = {
    "2.16.840.1.113883.6.1": "LOINC",
    "2.16.840.1.113883.6.96": "SNOMED CT",
    "1.2.250.1.213.1.1.4.322": "TA_ASIP",
    "1.2.250.1.213.2.3.1": "UCD",
    "2.16.840.1.113883.3.26.1.1": "NCIT",
}
_SOURCE = "Pack de validation des contenus CDA de l’Agence (ansforge/TestContenuCDA-3-0)"
_LITERAL = re.compile(r"'((?:\.\./)+[^'\s]+|include/[^'\s]+)'")
_VOC = re.compile(r"voc-([\d.]+)-DYNAMIC\.xml\Z")


@dataclass(frozen=True, slots=True)
class Choice:
    """The volet that judges a document, by name (``VAC_2023.01``), or None; ``remarks`` say why, or what was assumed.

    ``wanted``: whether a volet should have judged it, so that None means « not verified » and not « not applicable ».
    """

    volet: str | None
    wanted: bool
    remarks: tuple[Finding, ...] = ()


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
        found = sorted((self.folder / SCHEMATRONS).glob(f"{_PREFIX}*.sch"))
        return {file.stem.removeprefix(_PREFIX): file for file in found}

    def schema(self, tier: str, volet: str | None = None) -> Path:
        """The schema of a tier; KeyError for a volet that the pack does not have."""
        return self.volets[volet or ""] if tier == "VOLET" else self.folder / GENERIC[tier]

    def _files(self) -> list[Path]:
        parts = (SCHEMATRONS, VALUE_SETS, Path("infrastructure"))
        return sorted(file for part in parts for file in (self.folder / part).rglob("*") if file.is_file())


def open_pack(folder: Path | None = None) -> Pack | Finding:
    """The pack of a folder, by default the one that SEGUR_CI_SIS_PACK names, or why there is none."""
    chosen = pack_folder(folder)
    if chosen is None:
        return Finding(
            "pack.absent",
            "Aucun pack de l’Agence n’est indiqué : les règles de contenu CDA ne sont pas vérifiées.",
            Severity.WARNING,
            fix="Indiquer le dossier du pack par la variable d’environnement SEGUR_CI_SIS_PACK.",
            source=_SOURCE,
        )
    absent = [path.as_posix() for path in GENERIC.values() if not (chosen / path).is_file()]
    if absent:
        return Finding(
            "pack.incomplete",
            f"Le dossier « {chosen} » n’est pas un pack de l’Agence complet.",
            Severity.WARNING,
            expected=", ".join(absent),
            observed="fichiers absents",
            source=_SOURCE,
        )
    return Pack(chosen.resolve())


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
            "pack.schema", f"Un schéma du pack est inutilisable. {error}", where=Location(path.name), source=_SOURCE
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
            source=_SOURCE,
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
                source=_SOURCE,
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


def choose(pack: Pack, document: Document, volet: str | None = None) -> Choice:
    """The volet that judges a document; ``volet`` imposes one, by its name with or without ``CI-SIS_`` and ``.sch``."""
    if volet is not None:
        return _imposed(pack, document, volet)
    code = document.first("code")
    name = _BY_CODE.get("" if code is None else code.get("code", ""))
    if name in pack.volets:
        return Choice(name, wanted=True)
    if document.first("component/nonXMLBody") is not None:
        return Choice(None, wanted=False)
    declared = [(each.get("root", ""), each.get("extension")) for each in document.all("templateId")]
    for root, extension in reversed(declared):
        family = root.removeprefix(_BRANCH)
        if root.startswith(_BRANCH) and family in _FAMILIES:
            return _of_family(pack, document, family, extension)
    shown = ", ".join(root if extension is None else f"{root}^{extension}" for root, extension in declared)
    return _unknown(document, "Aucun templateId du document n’est celui d’un volet connu.", shown or "aucun templateId")


def _of_family(pack: Pack, document: Document, family: str, extension: str | None) -> Choice:
    name = _EXCEPTIONS.get((family, extension)) or f"{_FAMILIES[family]}_{extension}"
    if name in pack.volets:
        return Choice(name, wanted=True, remarks=tuple(_versionless(pack, document, family, extension, name)))
    others = _versions(pack, family)
    said = f"Le document déclare le volet {_FAMILIES[family]}, dans une version que le pack ne connaît pas."
    return _unknown(document, said, f"{_BRANCH}{family}^{extension}", ", ".join(others))


def _versionless(pack: Pack, document: Document, family: str, extension: str | None, name: str) -> Iterator[Finding]:
    others = [each for each in _versions(pack, family) if each != name]
    if extension is None and others:
        yield Finding(
            "volet.assumed",
            f"Le templateId du volet n’a pas de version : le document est jugé par {name}.",
            Severity.WARNING,
            document.where(document.first("templateId")),
            observed=f"{_BRANCH}{family}, sans extension",
            fix=f"Écrire la version du volet dans l’extension, ou imposer le volet parmi : {', '.join(others)}.",
            source=_SOURCE,
        )


def _versions(pack: Pack, family: str) -> list[str]:
    return [name for name in pack.volets if name.rpartition("_")[0] in (_FAMILIES[family], f"{_FAMILIES[family]}_1.4")]


def _imposed(pack: Pack, document: Document, volet: str) -> Choice:
    name = volet.removesuffix(".sch").removeprefix(_PREFIX)
    if name in pack.volets:
        return Choice(name, wanted=True)
    near = difflib.get_close_matches(name, pack.volets, n=3)
    return _unknown(document, f"Le volet demandé, « {volet} », n’est pas dans le pack.", volet, ", ".join(near))


def _unknown(document: Document, said: str, observed: str, expected: str = "") -> Choice:
    finding = Finding(
        "volet.unknown",
        f"{said} Les règles propres au volet ne sont pas vérifiées.",
        Severity.WARNING,
        document.where(document.first("templateId")),
        expected=expected or None,
        observed=observed,
        fix="Déclarer le templateId du volet (racine et extension), ou imposer le volet à vérifier.",
        source=_SOURCE,
    )
    return Choice(None, wanted=True, remarks=(finding,))
