"""What the identity neighbour reads in an HL7 v2 message, and the acknowledgement it gives back.

Source: HL7 v2.5, chapter 2 (acknowledgement); IHE PAM, French extension 2.11 (events).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from conformance.model.identity import trait_key

EVENTS = frozenset({"A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A11", "A13", "A28", "A31", "A40", "A47"})
"""The events of PAM that the neighbour takes in; A40 and A47 also say which identifiers give way (MRG)."""
WITH_MRG = frozenset({"A40", "A47"})
FLOWS = frozenset({"ADT", "MDM", "ORM", "ORU", "OUL", "SIU", "ZAM"})
VERSION = "2.5^FRA^2.11"


@dataclass(frozen=True, slots=True)
class Read:
    """A message: its kind (``ADT^A31``), control id, keys of the person; ``refusal`` is the code and the reason of a nack."""

    kind: str = "?"
    control_id: str = ""
    sender: tuple[str, str] = ("", "")
    keys: frozenset[str] = frozenset()
    charset: str = "utf-8"
    refusal: tuple[str, str] | None = None


def read(content: bytes) -> Read:
    """Read a message that nobody vouches for; what is wrong with it is its ``refusal``."""
    text, charset = _text(content)
    segments = _segments(text)
    if segments is None:
        return Read(charset=charset, refusal=("AR", "Le contenu n’est pas un message HL7 v2."))
    header = segments["MSH"][0]
    kind = "^".join(_at(header, 9).split("^")[:2])
    known = Read(kind or "?", _at(header, 10), (_at(header, 3), _at(header, 4)), _keys(segments), charset)
    refusal = _refusal(known, segments, _at(header, 12))
    return Read(known.kind, known.control_id, known.sender, known.keys, charset, refusal)


def acknowledge(heard: Read, code: str, reason: str = "", number: int = 1, control_id: str | None = None) -> bytes:
    """The acknowledgement: AA, AE or AR, about the control id heard."""
    event = heard.kind.partition("^")[2]
    now = datetime.now().astimezone().strftime("%Y%m%d%H%M%S%z")
    kind = f"ACK^{event}^ACK" if event else "ACK"
    about = heard.control_id if control_id is None else control_id
    header = f"MSH|^~\\&|BANC|DOMAINE-ESSAI|{'|'.join(heard.sender)}|{now}||{kind}|BANC{number}|P|{VERSION}"
    lines = [f"{header}|||||FRA|UNICODE UTF-8", f"MSA|{code}|{about}"]
    if code != "AA":
        lines.append(f"ERR||MSH^1|207^Erreur applicative^HL70357|E||||{_escaped(reason)}")
    return ("\r".join(lines) + "\r").encode()


def _refusal(heard: Read, segments: dict[str, list[list[str]]], version: str) -> tuple[str, str] | None:
    flow, _, event = heard.kind.partition("^")
    if flow not in FLOWS or (flow == "ADT" and event not in EVENTS):
        return "AR", f"Le message {heard.kind} n’est pas attendu par ce destinataire."
    known = ("2.5",) if flow == "ADT" else ("2.5", "2.6")
    if not version.startswith(known):
        return "AR", f"La version {version or 'absente'} n’est pas celle du flux ({' ou '.join(known)})."
    if not heard.control_id:
        return "AE", "MSH-10 est vide : le message ne peut pas être acquitté."
    pid = next(iter(segments.get("PID", ())), None)
    if pid is None:
        return "AE", "Le segment PID manque."
    for number, name in ((3, "l’identifiant du patient"), (5, "le nom du patient")):
        if not _at(pid, number).strip("^~"):
            return "AE", f"PID-{number} est vide : {name} est obligatoire."
    if event in WITH_MRG and not any(_at(merged, 1) for merged in segments.get("MRG", ())):
        return "AE", f"Le message {event} ne dit pas quel identifiant s’efface (MRG-1)."
    return None


def _keys(segments: dict[str, list[list[str]]]) -> frozenset[str]:
    """The control id, the matricules and the traits: what attributes the message to a person."""
    found = {_at(segments["MSH"][0], 10)}
    for segment, number in (("PID", 3), ("MRG", 1)):
        for fields in segments.get(segment, ()):
            found |= {_matricule(one) for one in _at(fields, number).split("~")}
    for fields in segments.get("PID", ()):
        found |= {trait_key(one.split("^")[0], _at(fields, 7)[:8]) for one in _at(fields, 5).split("~")}
    return frozenset(key for key in found if key and not key.startswith("|"))


def _matricule(identifier: str) -> str:
    number = identifier.split("^", maxsplit=1)[0]
    return number if len(number) == 15 and number[0].isdigit() else ""


def _segments(text: str) -> dict[str, list[list[str]]] | None:
    """The fields of each segment, by name, MSH-1 at index 1; None for what the library cannot take."""
    import hl7

    found: dict[str, list[list[str]]] = {}
    # The library meets malformed input with whatever its lists raise.
    try:
        for segment in hl7.parse(text):
            found.setdefault(str(segment[0]), []).append([str(field) for field in segment])
    except (hl7.HL7Exception, AssertionError, LookupError, TypeError, ValueError):
        return None
    return found if "MSH" in found else None


def _text(content: bytes) -> tuple[str, str]:
    for charset in ("utf-8", "latin-1"):
        try:
            return content.decode(charset).strip("\r\n ").replace("\r\n", "\r").replace("\n", "\r"), charset
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes anything")


def _at(fields: list[str], number: int) -> str:
    return fields[number] if number < len(fields) else ""


def _escaped(text: str) -> str:
    return "".join({"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\"}.get(c, c) for c in text)
