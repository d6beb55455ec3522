"""The order and number of what reaches the DMP: who asks for what, when, and what must never come.

Each check takes the exchanges of one patient, oldest first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from conformance.model.evidence import Exchange
from conformance.model.finding import Finding, Location

READS = frozenset({"TD3.1", "TD3.2", "TD3.3a", "TD3.3b", "TD3.3d"})
"""What reads a record, or changes what is not one's own deposit."""
_CHECKS = frozenset({"TD0.2", "TD0.4"})
_GUIDE = "Guide d’intégration DMP"


def td(exchange: Exchange) -> str:
    """The number of a transaction."""
    return exchange.facts.get("td", exchange.operation)


def accepted(exchange: Exchange) -> bool:
    """Whether the DMP did what was asked."""
    return "refused" not in exchange.facts and "fault" not in exchange.facts


def fed(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """A deposit came by itself, and the DMP took it."""
    deposits = [one for one in exchanges if td(one) == "TD2.1"]
    if not deposits:
        yield Finding(
            "dmp.depot-automatique",
            "Le document validé n’est pas parvenu au DMP alors que rien ne l’empêchait.",
            expected="un dépôt (TD2.1) sans autre action, dans le délai d’attente du banc",
            observed=_listed(exchanges),
            fix="Déposer le document dès sa validation, sans attendre un geste de l’utilisateur.",
            source=f"{_GUIDE}, TD2.1",
        )
    elif not any(accepted(one) for one in deposits):
        last = deposits[-1]
        yield Finding(
            "dmp.depot-automatique",
            f"Le dépôt automatique a été refusé\u00a0: {last.facts.get('refused', 'sans motif')}",
            where=Location(f"échange {last.number}"),
            expected="Success",
            observed=last.facts.get("code", "refus"),
            fix="Corriger ce que le refus désigne.",
            source=f"{_GUIDE}, TD2.1",
        )


def none_of(exchanges: Sequence[Exchange], forbidden: Collection[str], why: str) -> Iterator[Finding]:
    """None of those transactions came; ``why`` ends the sentence « … alors que »."""
    for one in exchanges:
        if td(one) in forbidden:
            yield Finding(
                "dmp.interdit",
                f"La transaction {td(one)} est parvenue au DMP alors que {why}.",
                where=Location(f"échange {one.number}"),
                expected=f"aucune transaction {', '.join(sorted(forbidden))}",
                observed=td(one),
                fix="Bloquer cette transaction, et en dire la raison à l’utilisateur.",
                source=_GUIDE,
            )


def checked_first(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """The right of access was verified (TD0.2, or TD0.4) before the first reading (DMP/UX.08)."""
    for one in exchanges:
        if td(one) in _CHECKS and accepted(one):
            return
        if td(one) in READS:
            yield Finding(
                "dmp.verification-avant-lecture",
                f"La consultation ({td(one)}) n’est pas précédée d’une vérification du droit d’accès.",
                where=Location(f"échange {one.number}"),
                expected="TD0.2 ou TD0.4, puis la consultation",
                observed=_listed(exchanges),
                fix="Appeler TD0.2 (ou TD0.4) et lire sa réponse avant toute consultation.",
                source=f"{_GUIDE}, TD0.2",
            )
            return


def access_asked_first(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """Without an authorisation, TD0.2 then TD0.3 come before the first reading (DMP/UX.50)."""
    order = [td(one) for one in exchanges]
    first = next((place for place, name in enumerate(order) if name in READS), len(order))
    granted = next((p for p, one in enumerate(exchanges) if td(one) == "TD0.3" and accepted(one)), None)
    tested = order.index("TD0.2") if "TD0.2" in order else None
    if granted is None or tested is None or not tested < granted < first:
        yield Finding(
            "dmp.autorisation",
            "Le logiciel ne pose pas de lui-même l’autorisation d’accès de l’utilisateur (TD0.3) avant de consulter.",
            expected="TD0.2, TD0.3 (AJOUT), puis la consultation",
            observed=_listed(exchanges),
            fix="Quand TD0.2 ne rend pas d’autorisation valide et que le patient n’est pas opposé, appeler TD0.3.",
            source=f"{_GUIDE}, TD0.3",
        )


def once(exchanges: Sequence[Exchange], unique_ids: Collection[str]) -> Iterator[Finding]:
    """Each of those documents was stored, and none of them twice."""
    stored = [one for one in exchanges if td(one) == "TD2.1" and one.facts.get("status") == "Success"]
    for unique_id in unique_ids:
        times = sum(unique_id in one.keys for one in stored)
        if times != 1:
            yield Finding(
                "dmp.une-fois",
                f"Le document {unique_id} est entré {times} fois dans le DMP au lieu d’une.",
                expected="une fois",
                observed=f"{times} fois",
                fix="Garder le dépôt en attente jusqu’à la réponse du DMP, et le rejouer sous les mêmes identifiants.",
                source=f"{_GUIDE}, TD2.1",
            )


def rate(exchanges: Sequence[Exchange], per_second: float) -> Iterator[Finding]:
    """From the first transaction to the last, no more of them than asked. A tenth is forgiven to the clocks."""
    times = sorted(datetime.fromisoformat(one.at).timestamp() for one in exchanges)
    lasted = times[-1] - times[0] if times else 0.0
    if len(times) > 1 and (len(times) - 1) > per_second * lasted * 1.1:
        yield Finding(
            "dmp.debit",
            f"Le débit demandé est dépassé\u00a0: {len(times)} transactions en {lasted:.1f} secondes.",
            expected=f"{per_second:g} transactions par seconde au plus",
            observed=f"{len(times)} en {lasted:.1f} s",
            fix="Espacer les transactions de la reprise d’historique selon le débit réglé.",
            source="DMP/HISTO.06",
        )


def shown_to_patient(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """The document, deposited once, became visible to the patient by a change of its metadata (TD3.3b)."""
    if not any(td(one) == "TD3.3b" and accepted(one) for one in exchanges):
        yield Finding(
            "dmp.visibilite",
            "Le document n’est pas devenu visible du patient dans le DMP.",
            expected="une modification de visibilité (TD3.3b) acceptée",
            observed=_listed(exchanges),
            fix="Modifier la visibilité de la fiche déposée dès que l’annonce est enregistrée.",
            source=f"{_GUIDE}, TD3.3b",
        )
    if sum(td(one) == "TD2.1" for one in exchanges) > 1:
        yield Finding(
            "dmp.visibilite",
            "Le document est déposé de nouveau au lieu d’en changer la visibilité.",
            expected="un seul dépôt (TD2.1)",
            observed=_listed(exchanges),
            fix="Modifier la visibilité par TD3.3b, sans nouveau dépôt.",
            source=f"{_GUIDE}, TD3.3b",
        )


def _listed(exchanges: Sequence[Exchange]) -> str:
    return ", ".join(td(one) for one in exchanges) or "aucune transaction"


def carries(documents: Mapping[str, bytes], expected: bytes) -> Iterator[Finding]:
    """The deposit holds that very document, byte for byte."""
    if expected not in documents.values():
        yield Finding(
            "dmp.tel-que-recu",
            "Le document déposé n’est pas celui qui a été reçu, octet pour octet.",
            expected=f"un document de {len(expected)} octets",
            observed=", ".join(f"{len(content)} octets" for content in documents.values()),
            fix="Déposer le CDA tel qu’il a été reçu.",
            source=f"{_GUIDE}, TD2.1",
        )


def deposits_are(exchanges: Sequence[Exchange], count: int) -> Iterator[Finding]:
    """So many deposits came by now."""
    found = sum(td(one) == "TD2.1" for one in exchanges)
    if found < count:
        yield Finding(
            "dmp.depot-automatique",
            "Un document validé n’est pas parvenu au DMP.",
            expected=f"{count} dépôts (TD2.1)",
            observed=_listed(exchanges),
            fix="Déposer chaque document dès sa validation, la version corrigée comme la première.",
            source=f"{_GUIDE}, TD2.1",
        )


def deposits_at_most(exchanges: Sequence[Exchange], count: int) -> Iterator[Finding]:
    """No more deposits than that: what was already deposited is not sent again."""
    deposits = [one for one in exchanges if td(one) == "TD2.1"]
    for one in deposits[count:]:
        yield Finding(
            "dmp.une-fois",
            "Un document déjà déposé avec succès est déposé de nouveau.",
            where=Location(f"échange {one.number}"),
            expected=f"{count} dépôt(s)",
            observed=f"{len(deposits)} dépôts",
            fix="Écarter de la reprise les documents dont un dépôt a déjà réussi.",
            source="DMP/HISTO.06",
        )


def never(exchanges: Sequence[Exchange], unique_id: str) -> Iterator[Finding]:
    """That document did not come: nobody chose it."""
    for one in exchanges:
        if td(one) == "TD2.1" and unique_id in one.keys:
            yield Finding(
                "dmp.choix",
                "Un document que l’utilisateur n’a pas choisi est parvenu au DMP.",
                where=Location(f"échange {one.number}"),
                expected="le seul document choisi",
                observed=unique_id,
                fix="Ne déposer que les documents choisis.",
                source="DMP/HISTO.05",
            )
