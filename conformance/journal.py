"""The evidence journal: append-only, hash-chained, blobs kept by SHA-256.

A run's folder holds ``journal/<writer>.jsonl`` (one segment a writing process) and ``blobs/ab/abcd…``. Each line
carries the SHA-256 of the line before it, so that a changed, dropped or reordered line shows; each blob's name is the
SHA-256 of its bytes, so that a changed byte shows. Nothing is judged before it is written here.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.model.evidence import Artefact, Channel, Exchange, Message, Tls

GENESIS = "0" * 64
_HIDDEN = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "esante-api-key"})


class JournalError(Exception):
    """The journal has been altered or is unreadable; the message says where, in French."""


def now() -> str:
    """The present time in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a line of the segment is, and what it is sought by: all that memory keeps of it, however long the run."""

    start: int
    size: int
    kind: str
    channel: str
    scenario: str | None


class Journal:
    """One writer's segment of a run's journal, and what it has recorded so far.

    Thread-safe: simulators write from their own threads. ``scenario`` is the one being played, kept as a help; what
    attributes an exchange to a person is its keys.
    """

    def __init__(self, folder: Path, writer: str = "main", hidden: frozenset[str] = frozenset()) -> None:
        self.folder = folder
        self.scenario: str | None = None
        self._hidden = hidden
        self._writer = _fresh_name(folder / "journal", writer)
        self._path = folder / "journal" / f"{self._writer}.jsonl"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("xb")
        self._head, self._count, self._end = GENESIS, 0, 0
        self._lines: list[_Line] = []
        self._keyed: dict[str, list[_Line]] = {}
        self._changed = threading.Condition()

    def exchange(self, exchange: Exchange) -> Exchange:
        """Record an exchange; give it back with its number and time."""
        at = exchange.at or now()
        data = {
            "channel": exchange.channel.value,
            "operation": exchange.operation,
            "keys": sorted(exchange.keys),
            "facts": dict(exchange.facts),
            "tls": None if exchange.tls is None else asdict(exchange.tls),
            "request": self._message(exchange.request),
            "response": None if exchange.response is None else self._message(exchange.response),
        }
        return replace(exchange, number=self._append("exchange", data, at), at=at)

    def artefact(self, artefact: Artefact) -> Artefact:
        """Record a file; give it back with its number."""
        data = {
            "name": artefact.name,
            "kind": artefact.kind,
            "origin": artefact.origin,
            "blob": self.blob(artefact.content),
        }
        return replace(artefact, number=self._append("artefact", data, now()))

    def note(self, kind: str, data: dict[str, Any]) -> str:
        """Record a fact of the run itself (a step, a person drawn, a verdict); give back its number."""
        return self._append(kind, data, now())

    def blob(self, content: bytes) -> str:
        """Keep bytes under their SHA-256 and give that back."""
        for secret in self._hidden:
            content = content.replace(secret.encode(), b"[secret masque]")
        digest = hashlib.sha256(content).hexdigest()
        path = blob_path(self.folder, digest)
        if not path.exists():
            temporary = path.with_name(f"{digest}.{self._writer}.{threading.get_ident()}.part")
            try:
                temporary.write_bytes(content)
            except FileNotFoundError:  # the folder of these two digits: 256 times a run, not once a blob
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary.write_bytes(content)
            temporary.replace(path)
        return digest

    def exchanges(
        self, channel: Channel | None = None, scenario: str | None = None, key: str | None = None
    ) -> list[Exchange]:
        """The exchanges recorded so far, oldest first, narrowed as asked."""
        with self._changed:
            lines = list(self._lines if key is None else self._keyed.get(key, ()))
        wanted = [
            line
            for line in lines
            if line.kind == "exchange"
            and (channel is None or line.channel == channel.value)
            and (scenario is None or line.scenario == scenario)
        ]
        return [read_exchange(self.folder, entry) for entry in self._read(wanted)]

    def wait(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``ready`` holds, looking again at each new entry, for at most ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(ready, timeout)

    @property
    def entries(self) -> tuple[dict[str, Any], ...]:
        """The lines written so far, as data, read again from the segment."""
        return self.after(0)

    @property
    def count(self) -> int:
        """How many lines were written so far."""
        return self._count

    def after(self, count: int) -> tuple[dict[str, Any], ...]:
        """The lines written after the first ``count``, as data."""
        with self._changed:
            lines = self._lines[count:]
        return tuple(self._read(lines))

    @property
    def seal(self) -> dict[str, Any]:
        """The segment's file, number of lines and last hash, to be kept in run.json."""
        return {"file": f"journal/{self._path.name}", "entries": self._count, "head": self._head}

    def close(self) -> None:
        """Stop writing; later entries are an error."""
        self._file.close()

    def _read(self, lines: Iterable[_Line]) -> Iterator[dict[str, Any]]:
        with self._path.open("rb") as file:
            for line in lines:
                file.seek(line.start)
                yield json.loads(file.read(line.size))

    def _message(self, message: Message) -> dict[str, Any]:
        headers = [(name, _masked(value) if name.lower() in _HIDDEN else value) for name, value in message.headers]
        return {"start": message.start, "headers": headers, "blob": self.blob(message.body), "size": len(message.body)}

    def _append(self, kind: str, data: dict[str, Any], at: str) -> str:
        with self._changed:
            number = f"{self._writer}-{self._count + 1}"
            entry = {
                "number": number,
                "at": at,
                "scenario": self.scenario,
                "kind": kind,
                "data": data,
                "prev": self._head,
            }
            # A header that is not UTF-8 reaches us as lone surrogates: written as the JSON escapes they decode from.
            line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")
            self._file.write(line + b"\n")
            self._file.flush()
            self._head, self._count = hashlib.sha256(line).hexdigest(), self._count + 1
            place = _Line(self._end, len(line), kind, data.get("channel", ""), self.scenario)
            self._end += len(line) + 1
            self._lines.append(place)
            for key in data["keys"] if kind == "exchange" else ():
                self._keyed.setdefault(key, []).append(place)
            self._changed.notify_all()
        return number


def _masked(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    digest = hashlib.sha256((rest or value).encode(errors="backslashreplace")).hexdigest()
    return f"{scheme + ' ' if rest else ''}[masqué, empreinte {digest[:12]}]"


def _fresh_name(folder: Path, writer: str) -> str:
    """A segment is never reopened: a resumed run writes ``main-2.jsonl`` beside ``main.jsonl``."""
    name, attempt = writer, 1
    while (folder / f"{name}.jsonl").exists():
        attempt += 1
        name = f"{writer}~{attempt}"
    return name


def blob_path(folder: Path, digest: str) -> Path:
    """Where a run keeps the bytes of that SHA-256."""
    return folder / "blobs" / digest[:2] / digest


def read_blob(folder: Path, digest: str) -> bytes:
    """The bytes of that SHA-256. Raises JournalError when they are missing or altered."""
    path = blob_path(folder, digest)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise JournalError(f"pièce {digest[:12]}… illisible : {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise JournalError(f"pièce {digest[:12]}… altérée : son contenu n’a plus cette empreinte")
    return content


def read_exchange(folder: Path, entry: dict[str, Any]) -> Exchange:
    """The exchange that a journal line tells, its bodies read from the blobs and verified."""
    data = entry["data"]

    def message(part: dict[str, Any]) -> Message:
        headers = tuple((name, value) for name, value in part["headers"])
        return Message(part["start"], headers, read_blob(folder, part["blob"]))

    return Exchange(
        channel=Channel(data["channel"]),
        operation=data["operation"],
        request=message(data["request"]),
        response=None if data["response"] is None else message(data["response"]),
        keys=frozenset(data["keys"]),
        tls=None if data["tls"] is None else Tls(**data["tls"]),
        facts=data["facts"],
        at=entry["at"],
        number=entry["number"],
    )


def segments(folder: Path) -> list[Path]:
    """The segments of a run's journal, in name order."""
    return sorted((folder / "journal").glob("*.jsonl"))


def read_segment(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of one segment, each verified against the one before; see :func:`read_lines`."""
    for entry, _ in read_lines(path):
        yield entry


def read_lines(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """The lines of one segment, each verified against the one before, with its own SHA-256.

    A last line cut short by a killed process (no line end) is left out; any other fault raises JournalError with the
    segment and line.
    """
    head = GENESIS
    for number, raw in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        if not raw.endswith(b"\n"):
            return
        line = raw[:-1]
        try:
            entry = json.loads(line)
        except ValueError:
            raise JournalError(f"{path.name}, ligne {number} : illisible, le journal a été altéré") from None
        if entry.get("prev") != head:
            raise JournalError(
                f"{path.name}, ligne {number} : la chaîne d’empreintes est rompue, le journal a été altéré"
            )
        head = hashlib.sha256(line).hexdigest()
        yield entry, head


def verify(folder: Path, seals: list[dict[str, Any]]) -> None:
    """Verify every segment, its length and last hash against ``seals``, and every blob it names.

    Raises JournalError at the first thing altered, missing or added.
    """
    expected = {seal["file"]: seal for seal in seals}
    found = {f"journal/{path.name}": path for path in segments(folder)}
    if extra := sorted(set(found) ^ set(expected)):
        raise JournalError(f"{extra[0]} : segment de journal ajouté ou disparu depuis la fin de l’exécution")
    for name, path in found.items():
        count, head = 0, GENESIS
        for entry, head in read_lines(path):  # noqa: B007  (the last one is what is compared)
            count += 1
            for digest in _blobs(entry["data"]):
                read_blob(folder, digest)
        if (count, head) != (expected[name]["entries"], expected[name]["head"]):
            raise JournalError(
                f"{name} : {count} lignes au lieu de {expected[name]['entries']}, ou fin de journal altérée"
            )


def _blobs(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "blob" and isinstance(value, str):
                yield value
            else:
                yield from _blobs(value)
