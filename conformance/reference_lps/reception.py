"""What becomes of an identity sent by another domain: a pure decision, once INSi was heard (or not called).

Source: implementation guide of the INS, rules 30, 49, 51, 52 and 55.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from . import identity, traits
from .types import Patient

OK, KO, ERREUR, BLOQUE = "OK", "KO", "ERREUR", "BLOQUE"
DEJA, CONFIANCE, SANS_INS = "DEJA", "CONFIANCE", "SANS_INS"


@dataclass(frozen=True)
class Outcome:
    """``patient`` is the identity kept (None: none), ``documents`` whether they may be integrated."""

    patient: Patient | None
    documents: bool
    alertes: tuple[str, ...] = ()
    work: str | None = None


def find_known(received: Patient, held: Iterable[Patient]) -> Patient | None:
    """The local identity of the same person: same matricule, else birth name, birth date and first name."""
    everyone = list(held)
    by_ins = [one for one in everyone if one.matricule and one.matricule == received.matricule]
    by_traits = [one for one in everyone if _who(one) == _who(received)]
    return next(iter(by_ins + by_traits), None)


def without_call(known: Patient | None, received: Patient, trusted: bool, defects: frozenset[str]) -> str | None:
    """The verdict reached without INSi, or None when INSi must be asked."""
    if not received.matricule:
        return SANS_INS
    if known and identity.insi_forbidden(known, frozenset()):
        return BLOQUE
    if known and _holds(known, received) and "ins-reverifies-known" not in defects:
        return DEJA
    if trusted and received.statut == identity.QUALIFIEE:
        return CONFIANCE
    return OK if "ins-skips-automatic-verification" in defects else None


def decide(known: Patient | None, received: Patient, verdict: str, defects: frozenset[str]) -> Outcome:
    """What the LPS keeps; ``received`` bears the id of a creation and the status its domain claims."""
    if verdict == KO:
        return _refused(known, received, defects)
    if verdict in {ERREUR, BLOQUE}:
        sentence = "L’INS reçue n’a pas pu être vérifiée : rien n’est intégré."
        return Outcome(known, False, (sentence,), sentence)
    if verdict == SANS_INS:
        return Outcome(known or _bare(received), True)
    if known is None:
        return Outcome(replace(received, statut=_status(received, verdict, defects)), True)
    if known.matricule and known.matricule != received.matricule:
        return _unresolved(known, "L’identité locale porte une autre INS que l’identité reçue.")
    if _holds(known, received):
        return _already_held(known, received)
    return _confirmed(known, received, _status(received, verdict, defects))


def _refused(known: Patient | None, received: Patient, defects: frozenset[str]) -> Outcome:
    sentence = "INSi ne confirme pas l’INS reçue (retour KO) : elle n’est pas conservée."
    documents = "ins-integrates-document-on-ko" in defects
    if known is None:
        kept = replace(_bare(received), alertes=(sentence,))
        if "ins-keeps-matricule-on-unknown-ko" in defects:
            kept = replace(kept, matricule=received.matricule, oid=received.oid)
        return Outcome(kept, documents, (sentence,), sentence)
    if "ins-updates-known-on-ko" in defects:
        known = replace(known, **{name: getattr(received, name) for name in traits.ALL})
    return Outcome(known, documents, (sentence,), sentence)


def _confirmed(known: Patient, received: Patient, statut: str) -> Outcome:
    if known.statut == identity.VALIDEE:
        if not identity.same_traits(known, received):
            return _unresolved(known, "Les traits reçus diffèrent de ceux de l’identité validée localement.")
        statut = identity.QUALIFIEE
    strict = {name: getattr(received, name) for name in traits.STRICT}
    kept = replace(known, statut=statut, matricule=received.matricule, oid=received.oid, alertes=(), **strict)
    return Outcome(kept, True)


def _already_held(known: Patient, received: Patient) -> Outcome:
    compared = ("nom_naissance", "date_naissance", "sexe")
    if all(getattr(known, name) == getattr(received, name) for name in compared):
        return Outcome(known, True)
    return _unresolved(known, "Les traits reçus diffèrent de ceux que porte cette INS dans le logiciel.")


def _unresolved(known: Patient, sentence: str) -> Outcome:
    return Outcome(known, False, (f"{sentence} Rien n’est modifié.",), sentence)


def _status(received: Patient, verdict: str, defects: frozenset[str]) -> str:
    if verdict == CONFIANCE:
        return identity.QUALIFIEE
    if "ins-trusts-foreign-qualification" in defects:
        return received.statut
    return identity.RECUPEREE


def _bare(received: Patient) -> Patient:
    return replace(identity.without_ins(received), statut=identity.PROVISOIRE)


def _holds(known: Patient, received: Patient) -> bool:
    return known.matricule == received.matricule and known.statut in identity.WITH_INS


def _who(patient: Patient) -> tuple[str, str, str]:
    return patient.nom_naissance, patient.date_naissance, patient.premier_prenom
