"""From the lines of a sheet to requirements, scenarios and proofs, with everything that is odd told by sheet, line, column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from conformance.catalogue.columns import Columns
from conformance.catalogue.text import fingerprint, plain_text
from conformance.catalogue.workbook import MAX_TEXT, Sheet, Value, as_text, filled, letters
from conformance.model.finding import Finding, Location, Severity
from conformance.model.official import Official, OfficialProof, OfficialScenario, plain_word
from conformance.model.overlay import nature_of

ID = re.compile(r"[A-Za-z][\w/. ()-]{0,60}\.\d+[\w ()-]{0,12}")
_INLINE = re.compile(r"^\W*(?P<id>[A-Za-z]?[\w/. -]{0,40}?\.\d[\w.]*)\s*[:–-]\s*(?P<text>.+)$")
_KEPT = ("section", "function", "comment", "nature", "profile", "publication", "previous", "criticality", "order")


@dataclass(slots=True)
class _Draft:
    """A requirement being read: its first line, then what each further line adds."""

    entry: Official
    digest: str
    scenarios: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)


class Reader:
    """Reads the lines under a header once; ``findings`` holds what was odd, all of it."""

    def __init__(self, source: str, sheet: Sheet, columns: Columns) -> None:
        self.source, self.sheet, self.columns = source, sheet, columns
        self.findings: list[Finding] = []
        self._drafts: dict[tuple[str, str], _Draft] = {}
        self._owners: dict[str, str] = {}

    def read(self) -> tuple[Official, ...]:
        """The requirements in the sheet's order."""
        self._header()
        previous: _Draft | None = None
        for number, row in filled(self.sheet):
            if number <= self.columns.line or not any(as_text(value).strip() for value in row):
                continue
            previous = self._line(number, row, previous)
        self._formulas()
        self._bad_merges()
        return tuple(self._finished())

    def _line(self, number: int, row: list[Value], previous: _Draft | None) -> _Draft | None:
        cells = {name: self._cell(number, row, name) for name in self.columns.fields}
        if not cells["id"]:
            return self._without_id(number, row, cells, previous)
        if sum(bool(as_text(value).strip()) for value in row) == 1:
            return None  # a heading of the sheet: one cell, merged or not, over the whole line
        raw = row[self.columns.fields["id"] - 1]
        if not isinstance(raw, str) or ID.fullmatch(cells["id"]) is None:
            told = f"l’identifiant « {cells['id']} » n’en est pas un"
            why = "la cellule contient un nombre" if not isinstance(raw, str) else None
            self._tell("import.identifiant", told, number, "id", expected="par exemple SC.MSS/CONF.14", observed=why)
            return None
        if not cells["statement"]:
            self._tell("import.enonce", f"« {cells['id']} » n’a pas d’énoncé", number, "statement")
            return None
        draft = self._draft(number, cells)
        if not self._add(number, row, cells, draft) and draft.entry.row != number:
            told = f"« {cells['id']} » répétée à l’identique, déjà lue ligne {draft.entry.row}"
            self._tell("import.doublon", told, number, "id", weight=_WARN)
        return draft

    def _without_id(
        self, number: int, row: list[Value], cells: dict[str, str], previous: _Draft | None
    ) -> _Draft | None:
        """A line that goes on with the requirement above, or a fault."""
        proofs = self._proofs(number, row, quiet=True)
        if cells["statement"]:
            self._tell("import.identifiant", "ligne sans identifiant d’exigence", number, "id")
        elif previous is not None and (cells.get("scenario") or cells.get("scenario_text") or proofs):
            self._add(number, row, cells, previous)
            return previous
        return None if cells["statement"] else previous

    def _draft(self, number: int, cells: dict[str, str]) -> _Draft:
        key = (cells["id"], plain_word(cells.get("profile", "")))
        digest = fingerprint(cells["statement"])
        draft = self._drafts.get(key)
        if draft is None:
            chapter = cells.get("chapter") or cells.get("section_title", "")
            kept = {name: cells.get(name, "") for name in _KEPT}
            entry = replace(Official(cells["id"], cells["statement"], chapter=chapter, row=number), **kept)  # type: ignore[arg-type]
            draft = self._drafts[key] = _Draft(entry, digest)
            if entry.nature and nature_of(entry.nature) is None:
                self._tell("import.nature", f"nature inconnue « {entry.nature} »", number, "nature", weight=_WARN)
        elif digest != draft.digest:
            told = f"« {cells['id']} » porte deux énoncés différents ; celui de la ligne {draft.entry.row} est gardé"
            self._tell("import.doublon", told, number, "statement")
        return draft

    def _add(self, number: int, row: list[Value], cells: dict[str, str], draft: _Draft) -> bool:
        """Add the line's scenario and proofs; gives whether it brought anything."""
        name, text = cells.get("scenario", ""), cells.get("scenario_text", "")
        proofs = self._proofs(number, row)
        if not name and not text and not proofs:
            return False
        if not name and draft.scenarios and not text:
            name = next(reversed(draft.scenarios))
        owner = self._owners.setdefault(name, draft.entry.id)
        if name and owner != draft.entry.id:
            told = f"le scénario « {name} » est porté par {owner} et {draft.entry.id}"
            self._tell("import.scenario", told, number, "scenario", weight=_WARN)
        known = draft.scenarios.get(name)
        if known is None:
            known = draft.scenarios[name] = (text, {})
        elif not proofs and fingerprint(text) == fingerprint(known[0]):
            return False
        elif text and fingerprint(text) != fingerprint(known[0]):
            told = f"le scénario « {name or 'sans numéro'} » a deux textes ; le premier est gardé"
            self._tell("import.scenario", told, number, "scenario_text", weight=_WARN)
        for proof in proofs:
            self._proof(number, known[1], proof)
        return True

    def _proof(self, number: int, kept: dict[str, str], proof: OfficialProof) -> None:
        if proof.id in kept:
            same = fingerprint(kept[proof.id]) == fingerprint(proof.text)
            told = f"preuve « {proof.id} » " + ("répétée" if same else "écrite deux fois, avec deux textes")
            self._tell("import.preuve", told, number, None, weight=_WARN)
        kept.setdefault(proof.id, proof.text)

    def _proofs(self, number: int, row: list[Value], *, quiet: bool = False) -> list[OfficialProof]:
        found: list[OfficialProof] = []
        nameless: list[str] = []
        for at, what in self.columns.proofs:
            name, text = self._at(number, row, at), self._at(number, row, what)
            if name:
                found.append(OfficialProof(name, text))
            elif text and at is None:
                found += self._inline(text, nameless, what or 0)
            elif text:
                nameless.append(letters(what or 0))
        if nameless and not quiet:
            told = f"preuve sans numéro, laissée de côté (colonne {', '.join(nameless)})"
            self._tell("import.preuve", told, number, None, weight=_WARN)
        return found

    @staticmethod
    def _inline(text: str, nameless: list[str], column: int) -> list[OfficialProof]:
        """Proofs all in one cell, one a line, each « number : what »."""
        proofs: list[OfficialProof] = []
        for line in text.split("\n"):
            if found := _INLINE.match(line):
                proofs.append(OfficialProof(found["id"].strip(), found["text"].strip()))
            elif proofs:
                proofs[-1] = replace(proofs[-1], text=f"{proofs[-1].text}\n{line}")
            else:
                nameless.append(letters(column))
        return proofs

    def _cell(self, number: int, row: list[Value], name: str) -> str:
        column = self.columns.fields[name]
        value = row[column - 1] if column <= len(row) else None
        text = self._text(number, column, value)
        if isinstance(value, str) and re.fullmatch(r"#(REF|N/A|NAME|NOM|VALUE|VALEUR|DIV/0|NUM|NULL|NUL)[!?]?", text):
            weight = Severity.ERROR if name in ("id", "statement") else _WARN
            self._tell("import.erreur", f"la cellule porte l’erreur de calcul {text}", number, name, weight=weight)
            return ""
        return " ".join(text.split()) if name in ("id", "scenario", "section") else text

    def _at(self, number: int, row: list[Value], column: int | None) -> str:
        return "" if column is None or column > len(row) else self._text(number, column, row[column - 1])

    def _text(self, number: int, column: int, value: Value) -> str:
        text = as_text(value)
        if len(text) > MAX_TEXT:
            told = f"texte de plus de {MAX_TEXT} caractères, qu’aucun tableur n’écrit : il n’est pas lu"
            self.findings.append(Finding("import.texte", told, Severity.ERROR, self._where(number, column)))
            return ""
        return plain_text(text)

    def _header(self) -> None:
        line = self.columns.line
        for column, text in self.columns.unknown:
            where = self._where(line, column)
            told = f"colonne inconnue « {text} », laissée de côté"
            self.findings.append(Finding("import.colonne", told, Severity.INFO, where))
        for column, text in self.columns.repeated:
            told = f"la colonne « {text} » est écrite deux fois ; la première est lue"
            self.findings.append(Finding("import.colonne", told, _WARN, self._where(line, column)))
        for title in self.columns.absent():
            told = f"colonne absente : « {title} »"
            self.findings.append(Finding("import.colonne", told, Severity.INFO, self._where(line, None)))

    def _formulas(self) -> None:
        places = {column: name for name, column in self.columns.fields.items()}
        for row, column in sorted(self.sheet.empty_formulas):
            if row > self.columns.line and column <= self.columns.last():
                weight = Severity.ERROR if places.get(column) in ("id", "statement") else _WARN
                told = "formule sans valeur enregistrée : elle n’est jamais calculée ici"
                fix = "Ouvrez le classeur dans un tableur et enregistrez-le, ou remplacez la formule par sa valeur."
                self.findings.append(Finding("import.formule", told, weight, self._where(row, column), fix=fix))
        if kept := self.sheet.formulas - len(self.sheet.empty_formulas):
            told = f"{kept} formule(s) : la valeur enregistrée par le tableur est lue, rien n’est calculé"
            self.findings.append(Finding("import.formule", told, Severity.INFO, self._where(None, None)))

    def _bad_merges(self) -> None:
        read = set(self.columns.fields.values()) | {c for pair in self.columns.proofs for c in pair if c is not None}
        for merge in self.sheet.merges:
            spanned = [column for column in range(merge.left, merge.right + 1) if column in read]
            if merge.top <= self.columns.line or len(spanned) < 2 or merge.top > len(self.sheet.rows):
                continue
            row = self.sheet.rows[merge.top - 1]
            if sum(bool(as_text(value).strip()) for value in row) > 1:
                place = f"{letters(merge.left)}{merge.top}:{letters(merge.right)}{merge.bottom}"
                told = f"cellules fusionnées sur plusieurs colonnes ({place}) : seule la première est lue"
                where = self._where(merge.top, merge.left)
                self.findings.append(Finding("import.fusion", told, _WARN, where))

    def _finished(self) -> Iterator[Official]:
        for draft in self._drafts.values():
            scenarios = tuple(
                OfficialScenario(name, text, tuple(OfficialProof(*proof) for proof in proofs.items()))
                for name, (text, proofs) in draft.scenarios.items()
            )
            yield replace(draft.entry, scenarios=scenarios)

    def _tell(
        self,
        rule: str,
        message: str,
        line: int,
        name: str | None,
        *,
        weight: Severity = Severity.ERROR,
        expected: str | None = None,
        observed: str | None = None,
    ) -> None:
        where = self._where(line, self.columns.fields.get(name) if name else None)
        self.findings.append(Finding(rule, message, weight, where, expected=expected, observed=observed))

    def _where(self, line: int | None, column: int | None) -> Location:
        part = f"feuille « {self.sheet.name} »"
        path = None if line is None or column is None else f"cellule {letters(column)}{line}"
        return Location(self.source, line, column, path, part)


_WARN = Severity.WARNING
