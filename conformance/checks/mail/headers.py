"""The headers of a mail that the software sends: sender, recipients, identifiers, receipts.

Référentiel MSSanté #2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.checks.mail.parts import Mail, at, say
from conformance.checks.mail.text import same
from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity, plain

PATIENT_DOMAIN = "patient.mssante.fr"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MSG_ID = re.compile(rf"<{_ATOM}(?:\.{_ATOM})*@(?:{_ATOM}(?:\.{_ATOM})*|\[[!-Z^-~]*\])>")
_ID_TOKEN = re.compile(r"<[^<>\s]+>")


def sender_label(
    mail: Mail, first: str | None = None, last: str | None = None, label: str | None = None
) -> Iterator[Finding]:
    """The sender shows a meaningful label beside the address.

    Give ``first`` and ``last`` for a personal box (both must be in the label), ``label`` for an
    organisational or applicative one. Source: ECO.2.2.7.
    """
    where, senders = at(mail, "From"), mail.addresses("From")
    value = mail.header("From") or "en-tête absent"
    fix = "Renseigner le libellé de la boîte\u00a0: <Titre>_<Prénom>_<NOM>_<Entité> ou le nom de l’entité."
    if len(senders) != 1:
        yield say(
            "from",
            "Le courriel ne nomme pas un expéditeur et un seul.",
            where,
            "ECO.2.2.7",
            "une adresse",
            value,
            fix,
        )
        return
    written, address = senders[0]
    if not written or same(written.strip("<>"), address):
        yield say(
            "from.label",
            "L’expéditeur n’a pas de libellé à côté de son adresse.",
            where,
            "ECO.2.2.7",
            label or "un libellé signifiant",
            value,
            fix,
        )
        return
    missing = [name for name in (first, last) if name and plain(name) not in plain(written)]
    if missing:
        yield say(
            "from.label",
            f"Le libellé de l’expéditeur ne porte pas «\u00a0{missing[0]}\u00a0».",
            where,
            "ECO.2.2.7",
            "prénom et nom du titulaire de la boîte",
            written,
            fix,
        )
    if label is not None and not same(_spaced(written), _spaced(label)):
        # The bench gives a label as an example; another one may be as meaningful.
        yield say(
            "from.label",
            "Le libellé de l’expéditeur n’est pas celui de la boîte du banc.",
            where,
            "ECO.2.2.7",
            label,
            written,
            fix,
            Severity.WARNING,
        )


def reply_to(mail: Mail, expected: str) -> Iterator[Finding]:
    """``Reply-To`` is the given address and nothing else. Source: ECO.2.2.5."""
    found = [address for _, address in mail.addresses("Reply-To")]
    if found != [expected.lower()]:
        yield say(
            "reply-to",
            "L’en-tête Reply-To n’est pas l’adresse de retour paramétrée.",
            at(mail, "Reply-To"),
            "ECO.2.2.5",
            expected,
            ", ".join(found) or mail.header("Reply-To") or "en-tête absent",
            "Écrire dans Reply-To la seule adresse de la boîte personnelle ou organisationnelle de contact.",
        )


def message_id(mail: Mail) -> Iterator[Finding]:
    """The mail bears one ``Message-ID`` of the form ``<gauche@droite>``.

    Source: ECO.2.2.1, RFC 5322 § 3.6.4.
    """
    values = mail.all("Message-ID")
    if len(values) == 1 and _MSG_ID.fullmatch(values[0].strip()):
        return
    if not values:
        text = "Le courriel n’a pas d’en-tête Message-ID."
    elif len(values) > 1:
        text = "Le courriel porte plusieurs en-têtes Message-ID."
    else:
        text = "L’en-tête Message-ID n’a pas la forme exigée."
    yield say(
        "message-id",
        text,
        at(mail, "Message-ID"),
        "ECO.2.2.1\u00a0; RFC 5322, 3.6.4",
        "<partie-unique@domaine>",
        " | ".join(values) or "en-tête absent",
        "Fabriquer un identifiant unique entre chevrons, avec un domaine à droite de «\u00a0@\u00a0».",
    )


def unique_ids(mails: Sequence[Mail]) -> Iterator[Finding]:
    """No two mails bear the same ``Message-ID``. Source: ECO.2.2.1."""
    seen: dict[str, str] = {}
    for mail in mails:
        value = (mail.header("Message-ID") or "").strip()
        if value and value in seen:
            yield say(
                "message-id.unique",
                f"Le courriel a le même Message-ID que {seen[value]}.",
                at(mail, "Message-ID"),
                "ECO.2.2.1",
                "un identifiant propre à chaque courriel",
                value,
                "Engendrer un nouvel identifiant à chaque envoi.",
            )
        seen.setdefault(value, mail.source)


def threading(mail: Mail, replied_to: Mail) -> Iterator[Finding]:
    """A reply bears its own ``Message-ID`` and refers to the mail it answers.

    Source: ECO.2.2.2, RFC 5322 § 3.6.4.
    """
    yield from message_id(mail)
    parent = (replied_to.header("Message-ID") or "").strip()
    own, answered = (mail.header("Message-ID") or "").strip(), _ids(mail, "In-Reply-To")
    rule, fix = (
        "ECO.2.2.2\u00a0; RFC 5322, 3.6.4",
        "Recopier le Message-ID du courriel reçu dans In-Reply-To et à la fin de References.",
    )
    if own and own == parent:
        yield say(
            "threading",
            "La réponse reprend le Message-ID du courriel reçu.",
            at(mail, "Message-ID"),
            rule,
            "un identifiant nouveau",
            own,
            "Engendrer un Message-ID pour la réponse.",
        )
    if parent not in answered:
        text = (
            "L’en-tête In-Reply-To de la réponse est absent."
            if not answered
            else "L’en-tête In-Reply-To désigne un autre courriel."
        )
        yield say(
            "threading.in-reply-to",
            text,
            at(mail, "In-Reply-To"),
            rule,
            parent,
            " ".join(answered) or "absent",
            fix,
        )
    chain = _ids(mail, "References")
    if not chain or chain[-1] != parent:
        text = (
            "L’en-tête References de la réponse est absent."
            if not chain
            else "References ne finit pas par le courriel répondu."
        )
        yield say(
            "threading.references",
            text,
            at(mail, "References"),
            rule,
            f"… {parent}",
            " ".join(chain) or "absent",
            fix,
        )
        return
    lost = [reference for reference in _ids(replied_to, "References") if reference not in chain]
    if lost:
        yield say(
            "threading.references",
            "References ne reprend pas toute la conversation.",
            at(mail, "References"),
            rule,
            lost[0],
            " ".join(chain),
            "Recopier les References du courriel reçu avant son Message-ID.",
            Severity.WARNING,
        )


def patient_address(
    mail: Mail, identity: Identity, envelope: Sequence[str] | None = None, domain: str = PATIENT_DOMAIN
) -> Iterator[Finding]:
    """The only recipient is the patient's address, built on the 15 characters of the matricule INS.

    ``envelope`` holds the recipients told to the SMTP server, judged as well; by default those of the mail's
    exchange. Source: ECO.2.2.6.
    """
    expected = f"{identity.matricule}@{domain}".lower()
    written = [address for _, address in mail.addresses("To", "Cc", "Bcc")]
    told = [address.lower() for address in (mail.envelope if envelope is None else envelope)]
    for rank, found in enumerate((written, told)):
        if (rank and not told) or found == [expected]:
            continue
        text = "Le courriel n’est pas adressé à la boîte de l’usager, et à elle seule."
        if any(address == f"{identity.matricule[:13]}@{domain}".lower() for address in found):
            text = "L’adresse de l’usager est construite sans la clé du matricule INS."
        yield say(
            "patient-address",
            text,
            at(mail, "RCPT TO" if rank else "To"),
            "ECO.2.2.6",
            expected,
            ", ".join(found) or "aucun destinataire",
            "Construire l’adresse sur les 15 caractères du matricule INS qualifié (13 et clé).",
        )


def single_patient(mail: Mail, domain: str = PATIENT_DOMAIN) -> Iterator[Finding]:
    """One mail concerns one person: at most one patient box among its recipients. Source: ECO.2.1.1."""
    found = sorted({a for _, a in mail.addresses("To", "Cc", "Bcc") if a.endswith(f"@{domain}")})
    if len(found) > 1:
        yield say(
            "single-patient",
            "Le courriel est adressé à plusieurs usagers.",
            at(mail, "To"),
            "ECO.2.1.1",
            "un seul usager par courriel",
            ", ".join(found),
            "Composer un courriel par usager.",
        )


def sent_to(mail: Mail, address: str) -> Iterator[Finding]:
    """The mail is written to that address. Source: MSS/CONF.20."""
    found = [one for _, one in mail.addresses("To")]
    if address.lower() not in found:
        yield say(
            "to",
            "Le courriel n’est pas adressé à l’adresse trouvée dans l’annuaire.",
            at(mail, "To"),
            "API LPS, annuaire",
            address,
            ", ".join(found) or "en-tête absent",
            "Reprendre l’adresse MSSanté que l’annuaire donne.",
        )


def dsn_request(mail: Mail, sender: str | None = None) -> Iterator[Finding]:
    """The receipt asked for goes to the sending box: ``Return-Receipt-To``. Source: ECO.2.3.1."""
    expected = (sender or next((address for _, address in mail.addresses("From")), "")).lower()
    found = [address for _, address in mail.addresses("Return-Receipt-To")]
    if found != [expected]:
        yield say(
            "dsn-request",
            "Le courriel ne demande pas l’accusé de réception à l’adresse de la boîte émettrice.",
            at(mail, "Return-Receipt-To"),
            "ECO.2.3.1",
            f"Return-Receipt-To\u00a0: {expected}",
            ", ".join(found) or "en-tête absent",
            "Ajouter l’en-tête Return-Receipt-To avec l’adresse de la boîte émettrice.",
        )


def _ids(mail: Mail, header: str) -> list[str]:
    return [token for value in mail.all(header) for token in _ID_TOKEN.findall(value)]


def _spaced(label: str) -> str:
    return " ".join(re.split(r"[_\s]+", label.strip()))
