"""TD3.2: the very bytes that were deposited, in an MTOM answer."""

from __future__ import annotations

import uuid

from lxml import etree

from conformance.simulators.dmp import answers
from conformance.simulators.dmp.call import Answer, Received, unusable
from conformance.simulators.dmp.leaf import REPOSITORY
from conformance.simulators.dmp.messages import XDSB
from conformance.simulators.dmp.queries import visible
from conformance.simulators.dmp.registry import Entry, Problem


def retrieve(received: Received) -> Answer:
    """Each document asked for, or why it cannot be had; what can be given is given."""
    problems = unusable(received)
    asked = [] if problems else received.envelope.body.findall(f"{{{XDSB}}}DocumentRequest")
    if not problems and not asked:
        problems = [Problem("XDSRepositoryError", "aucun DocumentRequest dans la demande")]
    known = {entry.unique_id: entry for entry in visible(received)}
    given: list[tuple[Entry, str]] = []
    parts: dict[str, bytes] = {}
    for request in asked:
        entry, problem = _wanted(request, known)
        if problem is not None:
            problems.append(problem)
        elif entry is not None:
            name = f"{uuid.uuid4()}@dmp.test"
            parts[name] = received.registry.spool.read(entry.content)
            given.append((entry, name))
    status = "Success" if not problems else "PartialSuccess" if given else "Failure"
    facts = {"documents": " ".join(entry.unique_id for entry, _ in given)}
    return Answer(answers.retrieved(given, problems, status), status, problems, facts, parts)


def _wanted(request: etree._Element, known: dict[str, Entry]) -> tuple[Entry | None, Problem | None]:
    repository = (request.findtext(f"{{{XDSB}}}RepositoryUniqueId") or "").strip()
    name = (request.findtext(f"{{{XDSB}}}DocumentUniqueId") or "").strip()
    if repository != REPOSITORY:
        reason = f"RepositoryUniqueId « {repository[:80]} » au lieu de {REPOSITORY}"
        return None, Problem("XDSUnknownRepositoryId", reason, name)
    if name not in known:
        hint = " (l’uniqueId est attendu, pas l’entryUUID)" if name.startswith("urn:uuid:") else ""
        return None, Problem("XDSDocumentUniqueIdError", f"aucun document de cet uniqueId{hint}", name[:80])
    return known[name], None
