"""Reading a YAML file that somebody wrote by hand: strict, located, and kind about mistakes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 2_000_000
"""A hand-written file is never that long; a hostile one may be."""

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DataError(ValueError):
    """A file cannot be used. Tells the file, the line, what was found, what is allowed, and a hint, in French."""

    def __init__(
        self,
        file: Path | str,
        message: str,
        *,
        line: int | None = None,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        where = f"{file}" if line is None else f"{file}, ligne {line}"
        text = f"{where} : {message}"
        if allowed:
            text += f"\n  permis : {allowed}"
        if hint:
            text += f"\n  conseil : {hint}"
        super().__init__(text)
        self.file, self.line, self.message, self.allowed, self.hint = str(file), line, message, allowed, hint


class _StrictLoader(_Loader):  # type: ignore[misc]
    """A safe loader that refuses a key written twice in one mapping."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"clé « {key.value} » écrite deux fois", problem_mark=key.start_mark)
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def closest(word: str, known: Iterable[str]) -> str | None:
    """A French hint naming the closest known word, or None."""
    found = difflib.get_close_matches(word, list(known), n=3, cutoff=0.6)
    return f"vouliez-vous dire {' ou '.join(f'« {name} »' for name in found)} ?" if found else None


def read_yaml(path: Path, schema: str) -> Any:
    """Read and validate a file against ``profiles/schema/<schema>.json``.

    Raises DataError for a file that is missing, too big, not UTF-8, not YAML, uses anchors, repeats a key, or breaks
    the schema.
    """
    text = _read_text(path)
    data = parse_yaml(path, text)
    for fault in sorted(_validator(schema).iter_errors(data), key=lambda fault: list(map(str, fault.absolute_path))):
        raise _schema_error(path, text, data, fault)
    return data


def parse_yaml(name: Path | str, text: str) -> Any:
    """The plain values of a YAML text. Raises DataError for one that is ill-formed, nested beyond reason, uses anchors
    or repeats a key.
    """
    try:
        if "&" in text or "*" in text:
            _refuse_aliases(name, text)
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506  (a safe loader)
    except DataError:
        raise
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise DataError(name, f"YAML illisible : {error.problem}", line=line, hint=_yaml_hint(error.problem)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise DataError(name, f"YAML illisible : {error}") from None
    except RecursionError:
        raise DataError(name, "YAML illisible : trop de niveaux imbriqués") from None


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(path, f"fichier de plus de {MAX_BYTES // 1_000_000} Mo refusé")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            path, "le fichier n’est pas en UTF-8", hint=f"octet {error.start} : enregistrez-le en UTF-8"
        ) from None
    except OSError as error:
        raise DataError(path, f"fichier illisible : {error.strerror}") from None


def _refuse_aliases(path: Path | str, text: str) -> None:
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            line = None if event.start_mark is None else event.start_mark.line + 1
            raise DataError(path, "ancre ou alias YAML", line=line, hint="écrivez la valeur en toutes lettres")


def _yaml_hint(problem: str | None) -> str | None:
    if problem and "mapping values" in problem:
        return "un texte qui contient « : » s’écrit entre guillemets"
    if problem and "\\t" in problem:
        return "l’indentation se fait avec des espaces, jamais des tabulations"
    return None


@cache
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator

    text = resources.files("conformance.profiles").joinpath("schema", f"{schema}.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def _schema_error(path: Path, text: str, data: Any, fault: Any) -> DataError:
    where = list(fault.absolute_path)
    name = ".".join(map(str, where)) or "racine"
    value = json.dumps(fault.instance, ensure_ascii=False)
    found = value if len(value) <= 80 else value[:77] + "…"
    if fault.validator == "additionalProperties":
        allowed = list(fault.schema.get("properties", ()))
        unknown = min(set(fault.instance) - set(allowed))
        line = line_of(text, [*where, unknown])
        return DataError(
            path,
            f"clé inconnue « {unknown} » dans {name}",
            line=line,
            allowed=", ".join(allowed),
            hint=closest(unknown, allowed),
        )
    line = line_of(text, where)
    if fault.validator == "required":
        missing = next(key for key in fault.validator_value if key not in fault.instance)
        return DataError(
            path, f"clé « {missing} » absente de {name}", line=line, allowed=", ".join(fault.validator_value)
        )
    if fault.validator == "enum":
        known = [str(item) for item in fault.validator_value]
        hint = closest(str(fault.instance), known)
        return DataError(path, f"{name} : {found} n’est pas permis", line=line, allowed=", ".join(known), hint=hint)
    if fault.validator == "type":
        return DataError(path, f"{name} : {found} n’a pas le bon type", line=line, allowed=str(fault.validator_value))
    if fault.validator == "pattern":
        hint = fault.schema.get("description")
        return DataError(
            path, f"{name} : {found} est mal formé", line=line, allowed=str(fault.validator_value), hint=hint
        )
    return DataError(path, f"{name} : {found} est refusé ({fault.validator} : {fault.validator_value})", line=line)


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """The line, from 1, where the value at ``path`` stands in a YAML text; None when it cannot be told."""
    node = yaml.compose(text, Loader=_Loader)
    line = None if node is None else node.start_mark.line + 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
