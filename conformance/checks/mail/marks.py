"""What a mail says of itself in the headers of MSSanté: product, codes, INS, end of the exchange, notice of reading.

Référentiel MSSanté #2, chapters 2.2.8, 2.4 and 3.1.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.checks.mail.parts import Mail, at, say
from conformance.model.finding import Finding


def product_reference(mail: Mail, declared: str | None = None) -> Iterator[Finding]:
    """``X-MSS-NIL`` tells the product that wrote the mail, as its vendor ``declared`` it. Source: ECO.2.4.3."""
    value = (mail.header("X-MSS-NIL") or "").strip()
    if not value or (declared and value != declared):
        yield say(
            "x-mss-nil",
            "L’en-tête X-MSS-NIL est absent." if not value else "L’en-tête X-MSS-NIL désigne un autre produit.",
            at(mail, "X-MSS-NIL"),
            "ECO.2.4.3",
            declared or "la référence produit du logiciel",
            value or "absent",
            "Écrire dans chaque courriel la référence produit donnée par l’Agence.",
        )


def cda_codes(mail: Mail, codes: Sequence[str]) -> Iterator[Finding]:
    """``X-MSS-CODECDA`` lists the codes of the CDA documents sent; absent when there are none. Source: ECO.2.4.1."""
    value = mail.header("X-MSS-CODECDA") or ""
    if sorted(code.strip() for code in value.split(",") if code.strip()) != sorted(codes):
        yield say(
            "x-mss-codecda",
            "L’en-tête X-MSS-CODECDA ne dit pas les codes des CDA joints.",
            at(mail, "X-MSS-CODECDA"),
            "ECO.2.4.1",
            ",".join(codes) or "absent sans CDA",
            value or "absent",
            "Lister les codes des CDA, séparés par des virgules.",
        )


def ins_flag(mail: Mail, full: bool | None) -> Iterator[Finding]:
    """``X-MSS-INS`` is O when the CDA bears a full INS, N when it does not; absent without a CDA (``full`` is None).

    Source: ECO.2.4.2.
    """
    wanted = "" if full is None else "O" if full else "N"
    value = (mail.header("X-MSS-INS") or "").strip()
    if value != wanted:
        yield say(
            "x-mss-ins",
            "L’en-tête X-MSS-INS ne correspond pas aux CDA joints.",
            at(mail, "X-MSS-INS"),
            "ECO.2.4.2",
            wanted or "absent sans CDA",
            value or "absent",
            "Écrire O si l’en-tête du CDA porte l’INS complète, N sinon.",
        )


def end_of_exchange(mail: Mail, wanted: bool) -> Iterator[Finding]:
    """``X-MSS-MES: FIN`` is there when the patient may not answer, and only then. Source: ECO.2.2.8."""
    value = (mail.header("X-MSS-MES") or "").strip()
    if value != ("FIN" if wanted else ""):
        yield say(
            "x-mss-mes",
            "L’en-tête X-MSS-MES ne suit pas le choix du professionnel.",
            at(mail, "X-MSS-MES"),
            "ECO.2.2.8",
            "FIN" if wanted else "absent, la réponse restant permise",
            value or "absent",
            "Écrire X-MSS-MES\u00a0: FIN quand le professionnel ne souhaite pas de réponse, et alors seulement.",
        )


def mdn_request(mail: Mail) -> Iterator[Finding]:
    """The notice of reading is asked for, at the sending box. Source: RFC 8098, 2.1."""
    expected = next((address for _, address in mail.addresses("From")), "")
    found = [address for _, address in mail.addresses("Disposition-Notification-To")]
    if found != [expected]:
        yield say(
            "mdn-request",
            "Le courriel ne demande pas l’accusé de lecture à l’adresse de la boîte émettrice.",
            at(mail, "Disposition-Notification-To"),
            "ECO.3.1.6\u00a0; RFC 8098, 2.1",
            f"Disposition-Notification-To\u00a0: {expected}",
            ", ".join(found) or "en-tête absent",
            "Ajouter l’en-tête Disposition-Notification-To avec l’adresse de la boîte émettrice.",
        )


def deletion(mail: Mail, carried: Mail) -> Iterator[Finding]:
    """The notice of a deletion says it, in the thread of the mail that carried the document, and carries none."""
    words = " ".join([mail.header("Subject") or "", *mail.texts]).casefold()
    if not any(word in words for word in ("supprim", "retir")):
        yield say(
            "deletion",
            "Le courriel ne dit pas que le document transmis est supprimé.",
            at(mail),
            "MSS/va1.30, MSS/va1.37",
            "une mention de suppression dans l’objet ou le corps",
            mail.header("Subject") or "objet absent",
            "Prérégler un texte qui dit la suppression et désigne le document.",
        )
    if mail.archives:
        yield say(
            "deletion.archive",
            "L’avis de suppression joint encore une archive.",
            at(mail),
            "MSS/va1.30, MSS/va1.37",
            "aucun document",
            mail.archives[0].label,
            "Envoyer l’avis sans document.",
        )
    if mail.addresses("To") != carried.addresses("To"):
        yield say(
            "deletion.recipient",
            "L’avis de suppression n’est pas adressé à qui avait reçu le document.",
            at(mail, "To"),
            "MSS/va1.30, MSS/va1.37",
            ", ".join(address for _, address in carried.addresses("To")),
            ", ".join(address for _, address in mail.addresses("To")),
            "Adresser l’avis aux destinataires d’origine, et à eux seuls.",
        )
