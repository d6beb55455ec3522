"""The first tier of the agency's content validation: the CDA schema, ``infrastructure/cda/CDA_extended.xsd``
of its pack.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from lxml import etree

from conformance.model.finding import Finding, Location, Severity
from conformance.model.yamlfile import DataError
from conformance.validation.gate import CDA, Document
from conformance.validation.registry import current_pack

PACK_VARIABLE = "SEGUR_CI_SIS_PACK"
_SCHEMA = Path("infrastructure", "cda", "CDA_extended.xsd")
_PREFIXED = re.compile(r"(/)([^/@*\[\]:()]+:[^/@*\[\]:()]+)")
_SOURCE = "CI-SIS, schéma CDA_extended.xsd (ansforge/TestContenuCDA-3-0)"
_SENTENCES = (
    (
        r"Element '([^']+)': This element is not expected\. Expected is (?:one of )?\( (.*) \)\.",
        r"« \1 » n’est pas à sa place",
        r"\2",
    ),
    (r"Element '([^']+)': This element is not expected\.", r"« \1 » n’est pas attendu ici", None),
    (
        r"Element '([^']+)': Missing child element\(s\)\. Expected is (?:one of )?\( (.*) \)\.",
        r"il manque un élément dans « \1 »",
        r"\2",
    ),
    (
        r"Element '([^']+)', attribute '([^']+)': The attribute '[^']+' is not allowed\.",
        r"l’attribut « \2 » n’est pas permis sur « \1 »",
        None,
    ),
    (
        r"Element '([^']+)': The attribute '([^']+)' is required but missing\.",
        r"l’attribut « \2 » manque sur « \1 »",
        None,
    ),
    (
        (
            r"Element '([^']+)', attribute '([^']+)': (?:\[facet '(?:pattern|enumeration)'\] )?[Tt]he "
            r"value '(.*?)' is not .*"
        ),
        r"l’attribut « \2 » de « \1 » a une valeur invalide",
        None,
    ),
    (
        r"Element '([^']+)', attribute '([^']+)': '(.*?)' is not a valid value .*",
        r"l’attribut « \2 » de « \1 » est invalide",
        None,
    ),
)


def pack_folder(pack: Path | None = None) -> Path | None:
    """The folder of the agency's pack: the one given, else the one the environment names, else the registry's, else None.

    Raises DataError for a registry that cannot be read.
    """
    if pack is not None:
        return pack
    named = os.environ.get(PACK_VARIABLE, "").strip()
    return Path(named) if named else current_pack()


def unavailable(pack: Path | None = None) -> str | None:
    """Why the schema cannot be applied, in French; None when it can. A suite turns it into « non vérifié »."""
    try:
        folder = pack_folder(pack)
    except DataError as error:
        return f"Le schéma CDA n’est pas vérifié : {error}"
    if folder is None:
        return (
            "Le schéma CDA n’est pas vérifié : aucun pack de l’Agence n’est indiqué "
            f"(variable d’environnement {PACK_VARIABLE})."
        )
    if not (folder / _SCHEMA).is_file():
        return f"Le schéma CDA n’est pas vérifié : « {folder / _SCHEMA} » est introuvable."
    loaded = _schema(folder.resolve())
    return loaded if isinstance(loaded, str) else None


def validate(document: Document, pack: Path | None = None) -> Iterator[Finding]:
    """Every place where the document departs from the schema, with its line and path.

    Without a pack the only finding is the warning ``cda.xsd.unverified``, which never reads as a success:
    ask :func:`unavailable` first.
    """
    missing = unavailable(pack)
    folder = None if missing is not None else pack_folder(pack)
    if missing is not None or folder is None:
        yield Finding("cda.xsd.unverified", missing or "", Severity.WARNING, Location(document.name), source=_SOURCE)
        return
    schema = _schema(folder.resolve())
    if isinstance(schema, etree.XMLSchema) and not schema.validate(document.root):
        for entry in list(schema.error_log):  # type: ignore[call-overload]
            yield _finding(document, entry)


@lru_cache(maxsize=4)
def _schema(folder: Path) -> etree.XMLSchema | str:
    """The compiled schema (about 60 ms, once per process), or why it does not compile."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.XMLSchema(etree.parse(str(folder / _SCHEMA), parser))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError, OSError) as error:
        return f"Le schéma CDA n’est pas vérifié : « {folder / _SCHEMA} » ne se charge pas ({error})."


def _finding(document: Document, entry: etree._LogEntry) -> Finding:
    said = entry.message.replace(f"{{{CDA}}}", "")
    sentence, expected = _in_french(said)
    return Finding(
        "cda.xsd",
        f"Le document ne respecte pas le schéma CDA : {sentence}.",
        where=_where(document, entry),
        expected=expected,
        observed=said,
        fix="Reprendre l’ordre, la présence et le type des éléments tels que le schéma CDA R2 les fixe.",
        source=_SOURCE,
    )


def _in_french(said: str) -> tuple[str, str | None]:
    for pattern, sentence, expected in _SENTENCES:
        match = re.fullmatch(pattern, said, re.DOTALL)
        if match is not None:
            return match.expand(sentence), match.expand(expected) if expected else None
    return f"« {said.rstrip('.')} »", None


def _where(document: Document, entry: etree._LogEntry) -> Location:
    """Line and path of the element a schema error speaks of; its own path has no names, hence the detour."""
    # The path is libxml2's own, with the document's prefixes, which XPath does not know: name() does.
    path = _PREFIXED.sub(r"\1*[name()='\2']", getattr(entry, "path", None) or "")
    try:
        found = document.root.getroottree().xpath(path) if path else []
    except etree.XPathError:
        found = []
    if isinstance(found, list) and found and etree.iselement(found[0]):
        return document.where(found[0])
    return Location(document.name, line=entry.line or None)
