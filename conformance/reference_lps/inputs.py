"""Strict reading of what the API receives: known keys, values of the right type, or the answer is 400."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import traits
from .errors import RefusalError, TraitError

MAX_TEXT = 200_000
_REFUSED_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Call:
    """One request: who acts, on what (``target`` is the id of the path, or empty), with which body."""

    user: str
    entitled: bool
    target: str
    body: Mapping[str, Any]


class Body:
    """A JSON object whose keys are all known; each reader checks the type of one of them."""

    def __init__(self, content: object, known: Iterable[str], where: str = "La demande") -> None:
        if not isinstance(content, dict):
            raise RefusalError(400, f"{where} doit être un objet JSON.")
        if unknown := sorted(set(content) - set(known)):
            raise RefusalError(400, f"{where} porte une clé inconnue : « {unknown[0][:60]} ».")
        self._content: dict[str, Any] = content
        self._where = where

    def has(self, name: str) -> bool:
        """True when the key is there with something else than null."""
        return self._content.get(name) is not None

    def part(self, name: str) -> object:
        """The raw value, which must be there."""
        if not self.has(name):
            raise RefusalError(400, f"{self._where} ne porte pas « {name} ».")
        return self._content[name]

    def text(self, name: str, default: str | None = None, several_lines: bool = False) -> str:
        """A non-empty text without control characters; mandatory unless ``default`` is given."""
        if default is not None and not self.has(name):
            return default
        value = self.part(name)
        if not isinstance(value, str) or not value.strip():
            raise RefusalError(400, f"« {name} » doit être un texte non vide.")
        if len(value) > (MAX_TEXT if several_lines else 500):
            raise RefusalError(400, f"« {name} » est trop long.")
        if _REFUSED_CHARACTERS.search(value) or (not several_lines and re.search(r"[\r\n\t]", value)):
            raise RefusalError(400, f"« {name} » contient un caractère de contrôle.")
        return value

    def optional_text(self, name: str) -> str | None:
        """A text, or None when it is absent or null."""
        return self.text(name) if self.has(name) else None

    def one_of(self, name: str, choices: Iterable[str], default: str | None = None) -> str:
        """One of the words of a closed list."""
        value = self.text(name, default)
        if value not in choices:
            raise RefusalError(400, f"« {name} » doit valoir {' ou '.join(choices)}.")
        return value

    def boolean(self, name: str, default: bool | None = None) -> bool:
        """True or false; mandatory unless ``default`` is given."""
        if default is not None and not self.has(name):
            return default
        value = self.part(name)
        if not isinstance(value, bool):
            raise RefusalError(400, f"« {name} » doit être vrai ou faux.")
        return value

    def booleans(self, names: Iterable[str]) -> dict[str, bool]:
        """Those of ``names`` that are there; at least one must be."""
        found = {name: self.boolean(name) for name in names if self.has(name)}
        if not found:
            raise RefusalError(400, f"{self._where} ne porte aucune valeur.")
        return found

    def data(self, name: str) -> bytes:
        """Bytes written in base64."""
        value = self.part(name)
        try:
            return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
        except (binascii.Error, ValueError):
            raise RefusalError(400, f"« {name} » doit être du base64.") from None

    def traits(self, mandatory: Iterable[str] = ()) -> dict[str, str]:
        """The identity traits present, in their stored form; null counts as absent."""
        for name in mandatory:
            self.part(name)
        try:
            return traits.normalise_all({name: self._content[name] for name in traits.ALL if self.has(name)})
        except TraitError as refused:
            raise RefusalError(400, str(refused)) from None
