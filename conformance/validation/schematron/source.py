"""Reads a Schematron schema: inclusions, abstract patterns, phases. See ISO/IEC 19757-3:2020, clauses 5 and 6."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from lxml import etree

from conformance.model.finding import Finding, Location, Severity
from conformance.validation.schematron.model import (
    Assertion,
    Extends,
    Let,
    Pattern,
    Rule,
    Schema,
    SchemaError,
    Value,
)

SCH = "http://purl.oclc.org/dsdl/schematron"
_NS = f"{{{SCH}}}"
_DEPTH = 32
_BINDINGS = frozenset({"xslt2", "xpath2", "xslt3", "xpath3"})


def load(path: Path, root: Path | None = None, phase: str | None = None) -> Schema:
    """The schema of a file; nothing outside of the folder ``root`` (its own, by default) is read.

    ``phase`` is the id of a phase or ``#ALL``; by default the schema's own ``defaultPhase``, else all patterns. An
    inclusion whose name has the wrong letter case is repaired and remarked. Raises SchemaError.
    """
    path = path.resolve()
    reader = _Reader((root or path.parent).resolve())
    tree = reader.read(path)
    if tree.tag != f"{_NS}schema":
        raise SchemaError(f"« {path.name} » n’est pas un schéma Schematron.")
    binding = (tree.get("queryBinding") or "xslt").lower()
    if binding not in _BINDINGS:
        raise SchemaError(f"« {path.name} » : liaison de requête « {binding} » non prise en charge (xslt2 attendue).")
    reader.expand(tree, path, 0)
    if reader.missing:
        raise SchemaError(
            f"« {path.name} » ne se compile pas : {len(reader.missing)} inclusion(s) introuvable(s).",
            (*reader.remarks, *reader.missing),
        )
    return _schema(path, tree, reader, phase)


class _Reader:
    """Reads files and puts included elements in place, keeping track of both."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: list[Path] = []
        self.remarks: list[Finding] = []
        self.missing: list[Finding] = []
        self._parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )

    def read(self, path: Path) -> etree._Element:
        try:
            tree = etree.fromstring(path.read_bytes(), self._parser)
        except (OSError, etree.XMLSyntaxError) as error:
            raise SchemaError(f"« {path.name} » est illisible : {error}.") from error
        if tree.getroottree().docinfo.internalDTD is not None:
            raise SchemaError(f"« {path.name} » contient une déclaration DOCTYPE : elle est refusée.")
        if path not in self.files:
            self.files.append(path)
        return tree

    def expand(self, tree: etree._Element, path: Path, depth: int) -> None:
        if depth > _DEPTH:
            raise SchemaError(f"« {path.name} » : inclusions imbriquées sans fin.")
        for include in list(tree.iter(f"{_NS}include")):
            self._include(include, path, depth)

    def _include(self, include: etree._Element, path: Path, depth: int) -> None:
        href, _, fragment = (include.get("href") or "").partition("#")
        found = self._find(path, href) if href else path
        parent = include.getparent()
        if found is None or parent is None:
            self.missing.append(_missing(path, include, href))
            return
        tree = self.read(found)
        self.expand(tree, found, depth + 1)
        wanted = [tree] if not fragment else [e for e in tree.iter() if e.get("id") == fragment]
        if not wanted:
            self.missing.append(_missing(path, include, f"{href}#{fragment}"))
            return
        element = wanted[0] if wanted[0].tag != f"{_NS}schema" else None
        place = parent.index(include)
        # A whole schema, or a container of another vocabulary, gives its children.
        given = [element] if element is not None and element.tag.startswith(_NS) else list(wanted[0])
        parent[place : place + 1] = [copy.deepcopy(each) for each in given]

    def _find(self, path: Path, href: str) -> Path | None:
        found = (path.parent / href).resolve()
        if not found.is_relative_to(self.root):
            raise SchemaError(f"« {path.name} » inclut « {href} », hors du dossier du pack : refusé.")
        exact = same_case(found)
        if exact is None:
            return None
        if exact != found:
            self.remarks.append(_wrong_case(path, href, exact))
        return exact


def same_case(path: Path) -> Path | None:
    """The file of that path whatever the letter case of its names, as it is really written; None when there is none.

    Not the operating system's answer: a Windows disk would accept any case and hide the fault.
    """
    current = Path(path.anchor)
    for part in path.parts[1:]:
        try:
            names = {part} if (current / part).is_dir() else _names(current, current.stat().st_mtime_ns)
        except OSError:
            return None
        if part not in names:
            near = [name for name in names if name.casefold() == part.casefold()]
            if not near:
                return None
            part = min(near)  # noqa: PLW2901
        current /= part
    return current if current.is_file() else None


@lru_cache(maxsize=64)
def _names(folder: Path, changed: int) -> frozenset[str]:
    """What a folder holds; ``changed``, its time of change, has it read again. A pack's schemas include by hundreds."""
    return frozenset(entry.name for entry in folder.iterdir())


def _missing(path: Path, include: etree._Element, href: str) -> Finding:
    return Finding(
        "pack.include.missing",
        f"Le schéma « {path.name} » inclut un fichier absent du pack.",
        where=Location(path.name, line=_line(include)),
        expected=href,
        observed="fichier absent",
        fix="Compléter le pack, ou retirer le volet de la liste des volets vérifiés.",
    )


def _wrong_case(path: Path, href: str, exact: Path) -> Finding:
    # As many names as the schema writes: the one that differs may be that of a folder.
    named = [part for part in href.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return Finding(
        "pack.include.case",
        f"Le schéma « {path.name} » inclut un fichier dont le nom a une autre casse : l’inclusion est réparée.",
        Severity.WARNING,
        Location(path.name),
        expected=href,
        observed="/".join(exact.parts[-len(named) :]),
    )


def _line(element: etree._Element) -> int | None:
    return element.sourceline if isinstance(element.sourceline, int) else None


def _schema(path: Path, tree: etree._Element, reader: _Reader, phase: str | None) -> Schema:
    chosen = (phase or tree.get("defaultPhase") or "#ALL").strip()
    active, phase_lets = _active(path, tree, chosen)
    abstract = dict(_abstract_rules(tree))
    concrete = list(_patterns(path, tree, abstract))
    return Schema(
        path=path,
        namespaces={ns.get("prefix", ""): ns.get("uri", "") for ns in tree.iterchildren(f"{_NS}ns")},
        lets=(*_lets(tree), *phase_lets),
        patterns=tuple(pattern for pattern in concrete if active is None or pattern.name in active),
        abstract=abstract,
        files=tuple(reader.files),
        remarks=tuple(reader.remarks),
    )


def _active(path: Path, tree: etree._Element, phase: str) -> tuple[set[str] | None, tuple[Let, ...]]:
    if phase == "#ALL":
        return None, ()
    for found in tree.iterchildren(f"{_NS}phase"):
        if found.get("id") == phase:
            names = {each.get("pattern", "") for each in found.iterchildren(f"{_NS}active")}
            return names, tuple(_lets(found))
    raise SchemaError(f"« {path.name} » : la phase « {phase} » n’existe pas.")


def _lets(element: etree._Element) -> Iterator[Let]:
    for let in element.iterchildren(f"{_NS}let"):
        yield Let(let.get("name", ""), let.get("value", "()"))


def _abstract_rules(tree: etree._Element) -> Iterator[tuple[str, Rule]]:
    seen: set[str] = set()
    for rule in tree.iter(f"{_NS}rule"):
        name = rule.get("id")
        if rule.get("abstract") == "true" and name is not None and name not in seen:
            seen.add(name)
            yield name, _rule(rule, 1, name, {}, {})


def _patterns(path: Path, tree: etree._Element, abstract_rules: dict[str, Rule]) -> Iterator[Pattern]:
    abstract = {p.get("id"): p for p in tree.iter(f"{_NS}pattern") if p.get("abstract") == "true"}
    for rank, pattern in enumerate(tree.iterchildren(f"{_NS}pattern"), 1):
        if pattern.get("abstract") == "true":
            continue
        name, body, arguments, kind = pattern.get("id") or f"p{rank}", pattern, {}, pattern.get("is-a")
        if kind is not None:
            if kind not in abstract:
                raise SchemaError(f"« {path.name} » : le motif abstrait « {kind} » n’existe pas.")
            body = abstract[kind]
            arguments = {p.get("name", ""): p.get("value", "") for p in pattern.iterchildren(f"{_NS}param")}
        local = _local_rules(body, f"{rank}", arguments, abstract_rules)
        rules = [rule for rule in body.iterchildren(f"{_NS}rule") if rule.get("abstract") != "true"]
        yield Pattern(
            name=name,
            lets=tuple(Let(each.name, _filled(each.value, arguments)) for each in _lets(body)),
            rules=tuple(_rule(rule, place, None, arguments, local) for place, rule in enumerate(rules, 1)),
        )


def _local_rules(
    body: etree._Element, pattern: str, arguments: Mapping[str, str], abstract_rules: dict[str, Rule]
) -> dict[str, str]:
    """The abstract rules that a pattern has to itself, added to the others under names of their own.

    A pattern prefers its own abstract rules to those of the same id elsewhere; those of an abstract pattern differ from
    one use to the next.
    """
    inside = {r.get("id", ""): r for r in body.iterchildren(f"{_NS}rule") if r.get("abstract") == "true"}
    tree = body.getroottree()
    local = {
        name: f"{pattern}/{name}"
        for name in inside
        if arguments or sum(1 for rule in tree.iter(f"{_NS}rule") if rule.get("id") == name) > 1
    }
    for name, own in local.items():
        abstract_rules[own] = _rule(inside[name], 1, name, arguments, local)
    return local


def _rule(
    rule: etree._Element, place: int, owner: str | None, arguments: Mapping[str, str], local: Mapping[str, str]
) -> Rule:
    items: list[Let | Assertion | Extends] = []
    count = 0
    for child in rule:
        name = etree.QName(child)
        if name.namespace != SCH:
            continue
        if name.localname == "let":
            items.append(Let(child.get("name", ""), _filled(child.get("value", "()"), arguments)))
        elif name.localname == "extends":
            called = child.get("rule", "")
            items.append(Extends(local.get(called, called)))
        elif name.localname in ("assert", "report"):
            count += 1
            items.append(_assertion(child, count, owner, arguments))
    return Rule(_filled(rule.get("context", ""), arguments), tuple(items), rule.get("id"), place)


def _assertion(element: etree._Element, place: int, owner: str | None, arguments: Mapping[str, str]) -> Assertion:
    return Assertion(
        test=_filled(element.get("test", "false()"), arguments),
        message=tuple(_message(element, arguments)),
        negated=etree.QName(element).localname == "assert",
        role=element.get("role"),
        see=element.get("see"),
        place=place,
        owner=owner,
    )


def _message(element: etree._Element, arguments: Mapping[str, str]) -> Iterator[str | Value]:
    # Text made of blanks alone is lost in the official pipeline, where it stands between two XSLT instructions.
    if element.text and element.text.strip():
        yield element.text
    for child in element:
        if child.tag == f"{_NS}value-of":
            yield Value(_filled(child.get("select", "."), arguments))
        elif child.tag == f"{_NS}name":
            yield Value(f"name({_filled(child.get('path', '.'), arguments)})")
        else:
            yield from _message(child, arguments)
        if child.tail and child.tail.strip():
            yield child.tail


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    """The text with ``$name`` replaced for each parameter of an abstract pattern, all at once."""
    if not arguments or "$" not in text:
        return text
    names = "|".join(re.escape(name) for name in sorted(arguments, key=len, reverse=True))
    return re.sub(rf"\$({names})(?![\w.-])", lambda match: arguments[match.group(1)], text)
