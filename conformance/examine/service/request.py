"""Reading a validation request that nobody vouches for."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_ITEMS = 50
_TEXTS = ("itemId", "role", "location")
_LONGEST = 1000


class BadRequestError(ValueError):
    """The request cannot be served; tells why and what is expected, in French."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A profile's id, the documents, and the items as they will be echoed."""

    profile: str
    contents: tuple[bytes, ...]
    items: tuple[Mapping[str, Any], ...]


def read_request(body: bytes) -> Asked:
    """The request of a body. Raises BadRequestError."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"Le corps n’est pas du JSON : {str(error)[:200]}.") from None
    if not isinstance(data, dict):
        raise BadRequestError("Le corps doit être un objet JSON.")
    if "validationItems" not in data and "inputs" in data:
        raise BadRequestError("Le service parle la version 1 de l’API : « validationItems » et non « inputs ».")
    profile = data.get("validationProfileId")
    if not isinstance(profile, str) or not profile.strip():
        raise BadRequestError("« validationProfileId » manque.")
    items = data.get("validationItems")
    if not isinstance(items, list) or not items:
        raise BadRequestError("« validationItems » doit être une liste d’au moins un document.")
    if len(items) > MAX_ITEMS:
        raise BadRequestError(f"« validationItems » : {MAX_ITEMS} documents au plus, {len(items)} reçus.")
    read = list(_items(items))
    return Asked(profile.strip(), tuple(content for content, _ in read), tuple(item for _, item in read))


def _items(items: list[Any]) -> Iterator[tuple[bytes, Mapping[str, Any]]]:
    for rank, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise BadRequestError(f"« validationItems », rang {rank} : un objet est attendu.")
        content = item.get("content")
        if not isinstance(content, str) or not content:
            also = " ; « location » n’est jamais suivie" if item.get("location") else ""
            raise BadRequestError(f"« validationItems », rang {rank} : « content » (base64) manque{also}.")
        try:
            data = base64.b64decode("".join(content.split()), validate=True)
        except (binascii.Error, ValueError):
            raise BadRequestError(f"« validationItems », rang {rank} : « content » n’est pas du base64.") from None
        texts = {name: item[name] for name in _TEXTS if item.get(name) is not None}
        if any(not isinstance(text, str) or len(text) > _LONGEST for text in texts.values()):
            raise BadRequestError(f"« validationItems », rang {rank} : {', '.join(_TEXTS)} sont des textes courts.")
        yield data, texts | {"content": content}
