"""The subject of a mail that carries documents (Référentiel socle MSSanté #2, ECO.2.1.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.checks.mail.parts import Mail, at, say
from conformance.checks.mail.text import same
from conformance.model.finding import Finding, Location
from conformance.model.identity import Identity, plain

XDM_PREFIX = "XDM/1.0/DDM+"
_MENTION = re.compile(r"[\[(« -]*\bannule\s+et\s+remplace\b[\])» :\u00a0-]*", re.IGNORECASE)
_DATE = re.compile(r"\d\d/\d\d/\d{4}")
_CAPITALS = re.compile(r"[A-Z][A-Z'’-]*")
_MAX = 1000


def subject(mail: Mail, labels: Sequence[str] = (), identity: Identity | None = None) -> Iterator[Finding]:
    """The subject names the document and the person: ``XDM/1.0/DDM+<libellé> <NOM> <prénom> [JJ/MM/AAAA]``.

    ``labels`` are the display names of the CDA codes sent: one is written, cut to 40 characters; several
    become ``N documents``. A replacement mention is set aside. Source: ECO.2.1.3; the birth date is optional
    there.
    """
    where, value = at(mail, "Subject"), (mail.header("Subject") or "").strip()[:_MAX]
    if not value.startswith(XDM_PREFIX):
        yield say(
            "subject",
            "L’objet du courriel ne commence pas par le préfixe des envois de documents.",
            where,
            "ECO.2.1.3",
            f"{XDM_PREFIX}<libellé> <NOM> <prénom> <JJ/MM/AAAA>",
            value or "objet absent",
            f"Faire précéder l’objet de «\u00a0{XDM_PREFIX}\u00a0», sans espace.",
        )
        return
    rest = " ".join(_MENTION.sub(" ", value[len(XDM_PREFIX) :]).split())
    words = rest.split(" ")
    date = words.pop() if _DATE.fullmatch(words[-1]) else None
    if identity is not None:
        yield from _person(" ".join(words), date, identity, where)
    elif not any(_CAPITALS.fullmatch(word) for word in words[1:-1]):
        yield say(
            "subject",
            "L’objet ne donne pas le libellé, puis le nom en capitales, puis le prénom.",
            where,
            "ECO.2.1.3",
            "<libellé> <NOM> <prénom> <JJ/MM/AAAA>",
            rest,
            "Écrire le nom en capitales sans accent, suivi du prénom.",
        )
    yield from _label(rest, labels, where)


def _person(head: str, date: str | None, identity: Identity, where: Location) -> Iterator[Finding]:
    birth = "/".join(reversed(identity.date_naissance.split("-")))
    couples = [
        (name, first)
        for name in dict.fromkeys((identity.nom_naissance, identity.nom_utilise))
        if name
        for first in dict.fromkeys((identity.premier_prenom, identity.prenom_utilise, identity.prenoms))
        if first
    ]
    written = [head for name, first in couples if head.upper().endswith(f" {plain(name)} {plain(first)}".upper())]
    if not written:
        yield say(
            "subject",
            "L’objet ne porte pas le nom puis le prénom de l’usager, sans accent.",
            where,
            "ECO.2.1.3",
            f"… {plain(identity.nom_naissance)} {plain(identity.premier_prenom)}",
            head,
            "Écrire NOM (capitales sans accent) puis prénom (sans accent) après le libellé du document.",
        )
    elif not any(f" {plain(name)} " in f"{head} " for name, _ in couples):
        yield say(
            "subject",
            "Le nom de l’usager n’est pas en capitales dans l’objet.",
            where,
            "ECO.2.1.3",
            plain(identity.nom_naissance),
            head,
            "Écrire le nom en capitales sans accent.",
        )
    if date is not None and date != birth:
        yield say(
            "subject",
            "La date de naissance écrite dans l’objet n’est pas celle de l’usager.",
            where,
            "ECO.2.1.3",
            birth,
            date,
            "Reprendre la date de naissance de l’identité, au format JJ/MM/AAAA.",
        )


def _label(rest: str, labels: Sequence[str], where: Location) -> Iterator[Finding]:
    if not labels:
        return
    expected = labels[0][:40].strip() if len(labels) == 1 else f"{len(labels)} documents"
    if not same(rest[: len(expected)], expected) or rest[len(expected) : len(expected) + 1] not in ("", " "):
        yield say(
            "subject.label",
            "L’objet ne commence pas par le libellé attendu du document.",
            where,
            "ECO.2.1.3",
            expected,
            rest,
            "Reprendre le libellé du code du CDA, coupé à 40 caractères, ou «\u00a0N documents\u00a0».",
        )
