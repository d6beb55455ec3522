"""The compiled schemas that an engine keeps: the general tiers for good, the volets and the careful ones used last."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from conformance.model.finding import Finding, Location, Severity
from conformance.validation.packs import GENERIC, Pack, repairs
from conformance.validation.schematron import Engine, EngineError, SchemaError, Sheet, careful, compiled

_VOLETS_KEPT = 250_000
"""Characters of compiled volets that an engine keeps, some eight of them: each takes some MiB of its heap, and thirty
milliseconds to make again, about what a document costs."""
_CAREFUL_KEPT = 4


class Sheets:
    """The schemas of a pack, each compiled when first needed. ``cache``: a folder for what can be kept, None for none.

    ``repairs``: by schema, what had to be mended in it.
    """

    def __init__(self, pack: Pack, engine: Engine, cache: Path | None) -> None:
        self.pack = pack
        self.engine = engine
        self.cache = cache
        self._general = frozenset(pack.schema(tier) for tier in GENERIC)
        self.repairs: dict[Path, tuple[Finding, ...]] = {}
        self._sheets: dict[Path, Sheet | SchemaError | EngineError] = {}
        self._careful: dict[tuple[Path, frozenset[int]], Sheet] = {}

    def sheet(self, path: Path) -> Sheet | SchemaError | EngineError:
        """The schema at ``path`` in the pack, or why it cannot be had."""
        if path not in self._sheets:
            self._sheets[path] = self._made(path)
        elif path not in self._general:
            # Last used, last in order.
            self._sheets[path] = self._sheets.pop(path)
        self._forget()
        return self._sheets[path]

    def _forget(self) -> None:
        volets = [path for path in reversed(self._sheets) if path not in self._general]
        weights = accumulate(_weight(self._sheets[path]) for path in volets)
        for path, weight in list(zip(volets, weights, strict=True))[1:]:
            if weight > _VOLETS_KEPT:
                del self._sheets[path]

    def _made(self, path: Path) -> Sheet | SchemaError | EngineError:
        try:
            made = compiled(path, self.pack.folder, self.cache)
            told = list(made.remarks)
            for where, text in repairs(self.pack, path, made.text):
                self.engine.provide(where, text)
                told.append(_rebuilt(path, where))
            self.repairs[path] = tuple(replace(each, severity=Severity.INFO) for each in told)
            return self.engine.compile(made)
        except (SchemaError, EngineError) as error:
            return error

    def careful(self, path: Path, sites: frozenset[int]) -> Sheet:
        """The careful form of some rules of a schema. Raises SchemaError or EngineError."""
        sheet = self._careful.pop((path, sites), None)
        if sheet is None:
            sheet = self.engine.compile(careful(path, self.pack.folder, sites))
        self._careful[path, sites] = sheet
        if len(self._careful) > _CAREFUL_KEPT:
            del self._careful[next(iter(self._careful))]
        return sheet


def _weight(sheet: Sheet | SchemaError | EngineError) -> int:
    return len(sheet.compiled.text) if isinstance(sheet, Sheet) else 0


def _rebuilt(path: Path, where: str) -> Finding:
    return Finding(
        "pack.value-set.rebuilt",
        "Un jeu de valeurs absent du pack est reconstruit à partir de celui de « jeuxDeValeurs » qui porte le même OID.",
        where=Location(path.name),
        expected=where.rpartition("/")[2],
    )
