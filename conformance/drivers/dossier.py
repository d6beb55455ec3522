"""The dossier driver: a folder of files stands for the software; and the binding of files to their ``N° preuve``.

A proof number is a path: the files for ``INS/va1.28.01.01`` stand in ``<dossier>/INS/va1.28.01.01/``. Files standing
elsewhere are still read, as artefacts to be judged. A number that holds no section stands under it all the same:
``DMP/07.01.02`` for the section DMP. What the harness itself writes there (LISEZ-MOI.txt, dossier.yaml, revues.jsonl) is
no piece.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.drivers.actions import ACTIONS
from conformance.drivers.base import Reply
from conformance.journal import Journal
from conformance.model.evidence import Artefact
from conformance.model.finding import Finding
from conformance.model.review import REVIEWS, Review, load_reviews
from conformance.model.yamlfile import DataError
from conformance.outcomes import NotRun

MAX_FILE = 100 * 1024 * 1024
MAX_FILES = 20_000
README = "LISEZ-MOI.txt"
SETTINGS = "dossier.yaml"
_SNIFF = 64 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of the dossier: its path inside the folder (``/`` everywhere), its kind, size in bytes, digest, last change
    (UTC, ISO 8601), and its first bytes (all of them for a YAML declaration).
    """

    name: str
    kind: str
    size: int
    sha256: str
    modified: str
    head: bytes

    @property
    def too_big(self) -> bool:
        """Whether it is past what the harness reads whole."""
        return self.size > MAX_FILE

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "head": base64.b64encode(self.head).decode()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Piece:
        """The inverse of :meth:`to_json`."""
        return cls(**{**data, "head": base64.b64decode(data["head"])})


class Dossier:
    """The files handed in, and what persons decided of them.

    ``folder`` is None when they are only known from a recorded run: what a machine had then said of their contents is in
    ``looks``, by proof number, name and SHA-256. ``fault`` tells why the register of reviews cannot be trusted.
    """

    def __init__(
        self,
        pieces: Iterable[Piece],
        folder: Path | None = None,
        reviews: Iterable[Review] = (),
        fault: str | None = None,
        looks: Mapping[tuple[str, str, str], tuple[Finding, ...]] | None = None,
    ) -> None:
        self.pieces, self.folder = tuple(pieces), folder
        self.reviews, self.fault = tuple(reviews), fault
        self._looks = dict(looks or {})
        self.note: Callable[[str, dict[str, Any]], object] | None = None
        self._folded = [(piece.name.casefold(), piece) for piece in self.pieces]
        self._twins: dict[str, list[str]] = {}
        for piece in self.pieces:
            self._twins.setdefault(piece.sha256, []).append(piece.name)

    @classmethod
    def open(cls, folder: Path) -> Dossier:
        """Read a folder. Links that lead out of it and hidden files are left out; raises DataError when it is missing."""
        if not folder.is_dir():
            raise DataError(folder, "le dossier de preuves n’existe pas", hint="créez-le ou corrigez « dossier »")
        root = folder.resolve()
        try:
            reviews, fault = load_reviews(root), None
        except DataError as error:
            reviews, fault = (), str(error).partition("\n")[0]
        return cls(_walk(root), root, reviews, fault)

    def for_proof(self, proof_id: str, section: str) -> list[Piece]:
        """The files filed under a proof number of that section, whatever the letter case of the folders."""
        prefix = f"{proof_folder(proof_id, section)}/".casefold()
        return [piece for name, piece in self._folded if name.startswith(prefix)]

    def twins(self, sha256: str) -> list[str]:
        """The files with those bytes."""
        return self._twins.get(sha256, [])

    def review_of(self, proof_id: str) -> Review | None:
        """The last decision about a proof, None when nobody has decided."""
        return next((review for review in reversed(self.reviews) if review.proof == proof_id), None)

    def look(self, proof_id: str, piece: Piece, reader: Callable[[Path], Iterable[Finding]]) -> tuple[Finding, ...]:
        """What ``reader`` says of a piece’s contents, read once and noted; what it had said, in a recorded run."""
        key = (proof_id, piece.name, piece.sha256)
        if key not in self._looks and self.folder is not None:
            self._looks[key] = tuple(reader(self.folder / piece.name))
            if self.note is not None:
                told = [finding.to_json() for finding in self._looks[key]]
                self.note("look", {"proof": proof_id, "name": piece.name, "sha256": piece.sha256, "findings": told})
        return self._looks.get(key, ())

    def of_kind(self, kind: str) -> list[Piece]:
        """The files whose content is of that kind."""
        return [piece for piece in self.pieces if piece.kind == kind]


def proof_folder(proof_id: str, section: str) -> str:
    """The folder of a proof: its number, after its section when the number holds none."""
    return proof_id if "/" in proof_id else f"{section}/{proof_id}"


def _ours(name: str) -> bool:
    return name in (REVIEWS, SETTINGS) or name.rpartition("/")[2].casefold() == README.casefold()


def _walk(root: Path) -> Iterator[Piece]:
    count = 0
    for path in sorted(root.rglob("*")):
        if not path.is_file() or not path.resolve().is_relative_to(root):
            continue
        name = path.relative_to(root).as_posix()
        if _ours(name) or any(part.startswith(".") for part in path.relative_to(root).parts):
            continue
        count += 1
        if count > MAX_FILES:
            raise DataError(root, f"plus de {MAX_FILES} fichiers", hint="découpez le dossier")
        yield _piece(name, path)


def _piece(name: str, path: Path) -> Piece:
    digest, size, head = hashlib.sha256(), 0, b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            head = head or chunk[:_SNIFF]
            size += len(chunk)
            digest.update(chunk)
    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    kept = head if path.suffix.lower() in (".yaml", ".yml") else head[:64]
    return Piece(name, kind_of(name, head), size, digest.hexdigest(), modified, kept)


def kind_of(name: str, head: bytes) -> str:
    """The kind of a file known by its name and first bytes."""
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "xdm" if b"METADATA.XML" in head.upper() or name.upper().endswith("XDM.ZIP") else "zip"
    text = (
        head.decode("utf-16", "replace")
        if head.startswith((b"\xff\xfe", b"\xfe\xff"))
        else head.decode("utf-8", "replace")
    )
    text = text.lstrip("\ufeff\x0b \r\n\t")
    if text.startswith(("MSH|", "FHS|", "BHS|")):
        return "hl7"
    if "<ClinicalDocument" in text or ":ClinicalDocument" in text:
        return "cda"
    suffix = name.rpartition(".")[2].lower()
    if suffix == "eml" or text.lower().startswith(
        ("return-path:", "received:", "from:", "message-id:", "mime-version:")
    ):
        return "mail"
    if suffix in {"er7", "hl7"}:
        return "hl7"
    return "cda" if suffix == "xml" else "other"


class DossierDriver:
    """Hands files to the suites. It can be asked for no action: whatever needs one is NON_VERIFIE."""

    kind = "dossier"

    def __init__(self, dossier: Dossier, journal: Journal) -> None:
        self._dossier, self._journal = dossier, journal
        self._read: dict[str, Artefact] = {}

    def perform(self, action: str, parameters: dict[str, Any], user: str | None = None) -> Reply:
        """Raises NotRun, always: nobody is there to act."""
        raise NotRun(
            f"des fichiers seuls ne permettent pas l’action « {ACTIONS[action].name} » : rejouez avec le pilote http"
        )

    def artefacts(self, kind: str) -> list[Artefact]:
        """The files of that kind, journalled once; those past the size limit are judged apart."""
        return [self._artefact(piece) for piece in self._dossier.of_kind(kind) if not piece.too_big]

    def _artefact(self, piece: Piece) -> Artefact:
        if piece.name not in self._read:
            assert self._dossier.folder is not None
            content = (self._dossier.folder / piece.name).read_bytes()
            artefact = Artefact(piece.name, content, piece.kind, "dossier")
            self._read[piece.name] = self._journal.artefact(artefact)
        return self._read[piece.name]

    def close(self) -> None:
        """Nothing to let go."""
