"""What became of sessions and accounts, judged from what the software says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from conformance.checks.saying import Voice
from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location, Severity

_say = Voice("psc", "Référentiel Pro Santé Connect, PSC.01")
_HERE = Location("réponse du Pilote LPS")
ELSEWHERE = "autre-site.test"
_IAM = "SSI/IAM.91"


def logged_out(connection: Mapping[str, Any], why: str) -> Iterator[Finding]:
    """Nobody is connected any more; ``why`` is the French reason for it."""
    if connection.get("etat") == "CONNECTE":
        fix = "Fermer la session locale, cookie compris."
        yield _say("fermeture", f"La session reste ouverte {why}.", _HERE, "session fermée", "CONNECTE", fix)


def still_logged_in(connection: Mapping[str, Any]) -> Iterator[Finding]:
    """An active user is not disconnected when his access token dies."""
    if connection.get("etat") != "CONNECTE":
        yield _say(
            "activite",
            "Un utilisateur actif est déconnecté quand son jeton d’accès expire.",
            _HERE,
            "CONNECTE",
            f"{connection.get('etat')} ({connection.get('message') or 'sans message'})",
            "Renouveler le jeton d’accès sans déconnecter l’utilisateur.",
            source="Référentiel Pro Santé Connect, EXI PSC 11",
        )


def not_shown(action: str, what: str) -> Iterator[Finding]:
    """The software does not offer an action: what it would have shown is not judged, and that is said."""
    message = f"Le logiciel n’offre pas l’action « {action} »\u00a0: {what} n’a pas été jugé."
    yield _say("non-montre", message, _HERE, action, "action refusée", f"Offrir {action}.", Severity.WARNING)


def no_open_redirect(address: str) -> Iterator[Finding]:
    """The return of a login never sends the browser where its own parameters say."""
    if urlsplit(address).hostname == ELSEWHERE:
        yield _say(
            "redirection",
            "L’adresse de retour renvoie le navigateur où un paramètre le demande.",
            _HERE,
            "une page du logiciel",
            ELSEWHERE,
            "Ne jamais prendre dans la requête l’adresse où aller après la connexion.",
            source="OWASP, redirections non validées",
        )


def same_account(local: object, psc: object) -> Iterator[Finding]:
    """Whoever logs in by Pro Santé Connect finds the account that his other means open."""
    if not psc or psc != local:
        yield _say(
            "compte",
            "Pro Santé Connect n’ouvre pas le compte que le même professionnel a déjà.",
            _HERE,
            str(local),
            str(psc),
            "Rapprocher les comptes sur le numéro RPPS.",
            source="Référentiel Pro Santé Connect, EX PSC 19 ; PSC.02",
        )


def in_the_name_of(call: Exchange, national_id: str) -> Iterator[Finding]:
    """A call in Pro Santé Connect mode bears the identity that Pro Santé Connect authenticated."""
    mode, who = call.facts.get("mode"), call.facts.get("utilisateur")
    if (mode, who) != ("PSC", national_id):
        yield _say(
            "api.identite",
            "L’appel ne porte pas l’identité de l’utilisateur connecté par Pro Santé Connect.",
            Location(str(call)),
            f"mode PSC, {national_id}",
            f"mode {mode}, {who or 'personne'}",
            "Reprendre SubjectNameID dans l’assertion, qualifiée PSC.",
            source="PSC.10 ; INS/PSC.01",
        )


def exchanged(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """The professional's token is exchanged for one of the API, over the organisation's certificate.

    Told, never condemned: the text that says it of INSi and the DMP could not be read.
    """
    if not any(call.facts.get("verdict") == "accepté" for call in calls):
        yield _say(
            "api.echange",
            "Le jeton de Pro Santé Connect n’est pas échangé contre celui de l’API.",
            Location("échanges Pro Santé Connect"),
            "un échange de jeton accepté (RFC 8693), en mTLS",
            f"{len(calls)} échange(s), aucun accepté" if calls else "aucun échange",
            "Échanger le jeton d’accès au serveur d’autorisation de l’API.",
            Severity.WARNING,
            source="CI-SIS, volet de sécurisation du transport des API REST",
        )


def none_called(calls: Sequence[Exchange]) -> Iterator[Finding]:
    """Nothing is called in the name of Pro Santé Connect when nobody is connected by it."""
    for call in calls[:1]:
        yield _say(
            "api.sans-session",
            "Un appel en mode Pro Santé Connect part alors que personne n’est connecté.",
            Location(str(call)),
            "aucun appel",
            f"mode {call.facts.get('mode', '?')}",
            "Demander la connexion avant l’appel.",
            source="PSC.10",
        )


def refused(accepted: bool, what: str) -> Iterator[Finding]:
    """What must be refused was; ``what`` is its French name."""
    if accepted:
        fix = "Vérifier le mot de passe."
        yield _say("mot-de-passe", f"Accepté à tort\u00a0: {what}.", _HERE, "un refus", "accepté", fix, source=_IAM)


def traced(lines: Sequence[Mapping[str, Any]], account: str, kind: str, result: str, author: str) -> Iterator[Finding]:
    """The journal of accounts holds that operation, with its date, its author, its nature and its result."""
    mine = [line for line in lines if line.get("compte") == account and line.get("nature") == kind]
    found = [line for line in mine if line.get("resultat") == result]
    what = f"nature {kind}, résultat {result}"
    if not found:
        seen = ", ".join(f"{line.get('nature')} {line.get('resultat')}" for line in lines[-5:]) or "aucune ligne"
        fix = "Tracer chaque opération sur un compte, réussie ou non."
        yield _say("trace", "Une opération sur un compte n’est pas tracée.", _HERE, what, seen, fix, source=_IAM)
        return
    for name in ("date", "auteur"):
        if not found[-1].get(name):
            message = f"La trace d’une opération sur un compte n’en donne pas {name}."
            yield _say(f"trace.{name}", message, _HERE, name, "absent", f"Écrire {name} à chaque ligne.", source=_IAM)
    if found[-1].get("auteur") not in (None, "", author):
        observed = str(found[-1].get("auteur"))
        message = "La trace d’une opération sur un compte en nomme un autre auteur."
        yield _say("trace.auteur", message, _HERE, author, observed, "Nommer qui a agi.", source=_IAM)
