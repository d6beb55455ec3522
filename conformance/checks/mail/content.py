"""What a mail carries: its text, its mentions, its attachments.

Référentiel MSSanté #2, chapters 2.1 and 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from conformance.checks.mail.headers import reply_to
from conformance.checks.mail.parts import Mail, Part, at, inside, say
from conformance.checks.mail.text import shown
from conformance.checks.pdf.name import file_name
from conformance.model.finding import Finding, Severity
from conformance.model.identity import Identity, plain

_REPLACING = re.compile(r"ANNUL\w*\s+ET\s+REMPLAC\w*|REMPLAC\w*\s+ET\s+ANNUL\w*")
_REPLACES_VERSION = re.compile(r"\bREMPLAC\w*\b[^.]{0,80}\b(VERSION|DOCUMENT|ENVOI|MESSAGE|COURRIER)\b")
_AUTOMATIC = re.compile(r"\b(AUTOMATIQUE(S|MENT)?|AUTOMATE)\b")
_ABOUT_MAIL = re.compile(r"\b(MESSAGE|COURRIEL|E-?MAIL|MAIL|ENVOI|ENVOYE\w*|GENERE\w*|EMIS\w*|PRODUIT\w*|EXPEDIE\w*)\b")
_NEGATED = re.compile(r"\bN(?:['’]|E )(?:A|EST|ONT|SONT)\s+PAS\b[^.]{0,40}AUTOMATI")
_WORD = re.compile(r"\w+")
_END_CHARS = 600


def body(mail: Mail) -> Iterator[Finding]:
    """The body is plain text, or an alternative of plain text then HTML of identical wording, in UTF-8.

    Source: ECO.2.2.3 and ECO.2.2.4.
    """
    part, fix = (
        mail.body,
        "Écrire le corps en text/plain, ou en multipart/alternative\u00a0: text/plain puis text/html.",
    )
    if part is None:
        yield say(
            "body",
            "Le courriel n’a pas de corps lisible.",
            at(mail),
            "ECO.2.2.4",
            "text/plain",
            mail.root.kind,
            fix,
        )
        return
    where = inside(mail, part)
    if part.kind == "multipart/alternative":
        kinds = [child.kind for child in part.children]
        if kinds != ["text/plain", "text/html"]:
            yield say(
                "body",
                "L’alternative du corps n’est pas un texte suivi de son équivalent HTML.",
                where,
                "ECO.2.2.4",
                "text/plain puis text/html",
                ", ".join(kinds) or "aucune partie",
                fix,
            )
        else:
            yield from _same_wording(mail, part)
    elif part.kind != "text/plain":
        yield say(
            "body",
            "Le corps du courriel est en HTML sans équivalent en texte brut.",
            where,
            "ECO.2.2.4",
            "text/plain, ou multipart/alternative",
            part.kind,
            fix,
        )
    for text in (leaf for leaf in part.walk() if leaf.kind.startswith("text/")):
        yield from _utf8(mail, text)


def _same_wording(mail: Mail, part: Part) -> Iterator[Finding]:
    # HTML writes a link under words, plain text in full: addresses of links are not part of the wording.
    left, right = ([w.casefold() for w in _WORD.findall(re.sub(r"https?://\S+", " ", text))] for text in mail.texts)
    if left != right:
        index = next(
            (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
            min(len(left), len(right)),
        )
        yield say(
            "body.wording",
            "Le texte brut et le HTML du corps n’ont pas le même contenu rédactionnel.",
            inside(mail, part),
            "ECO.2.2.4",
            "… " + (" ".join(left[index : index + 12]) or "(fin du texte brut)"),
            "… " + (" ".join(right[index : index + 12]) or "(fin du HTML)"),
            "Produire les deux parties à partir du même texte.",
        )


def _utf8(mail: Mail, part: Part) -> Iterator[Finding]:
    charset = (part.charset or "us-ascii").lower()
    try:
        part.content.decode("utf-8")
        readable = True
    except UnicodeDecodeError:
        readable = False
    if (
        not readable
        or charset not in ("utf-8", "us-ascii", "ascii")
        or (charset != "utf-8" and not part.content.isascii())
    ):
        yield say(
            "body.charset",
            "Une partie de texte n’est pas en UTF-8.",
            inside(mail, part),
            "ECO.2.2.3",
            "charset=utf-8",
            f"charset={shown(charset)}" + ("" if readable else ", octets invalides en UTF-8"),
            "Encoder le texte en UTF-8 et le déclarer.",
        )


def applicative(mail: Mail, contact: str) -> Iterator[Finding]:
    """A mail of an applicative box ends with a mention.

    Written by a machine, and ``contact`` to reach its sender.

    ``contact`` is the personal or organisational address; ``Reply-To`` is judged with it. Source: ECO.2.2.5.
    """
    yield from reply_to(mail, contact)
    texts = mail.texts or ("",)
    for index, text in enumerate(texts):
        where = inside(mail, mail.body) if mail.body else at(mail)
        lines = [line for line in re.split(r"(?<=[.!?])\s|\n", text) if line.strip()]
        told = [i for i, line in enumerate(lines) if _automatic(plain(line))]
        if not told:
            yield say(
                "applicative.mention",
                "Le corps ne dit pas que le message a été généré automatiquement.",
                where,
                "ECO.2.2.5",
                "une mention finale du type «\u00a0message généré automatiquement\u00a0»",
                text[-160:] or "corps vide",
                "Terminer le message par une phrase disant qu’il est produit automatiquement.",
            )
        if contact.lower() not in text.lower():
            yield say(
                "applicative.contact",
                "Le corps ne donne pas l’adresse qui permet de joindre l’émetteur.",
                where,
                "ECO.2.2.5",
                contact,
                text[-160:] or "corps vide",
                "Citer cette adresse dans la mention finale.",
            )
        if told and index == 0 and sum(len(line) for line in lines[told[-1] + 1 :]) > _END_CHARS:
            yield say(
                "applicative.mention",
                "La mention d’envoi automatique n’est pas à la fin du message.",
                where,
                "ECO.2.2.5",
                "la mention en fin de message",
                lines[told[-1]],
                "Placer la mention après le texte.",
                Severity.WARNING,
            )


def attachments(mail: Mail) -> Iterator[Finding]:
    """The attachments are one ``IHE_XDM.ZIP`` and the same documents in PDF. Source: ECO.2.1.1."""
    zips, pdfs = mail.archives, mail.pdfs
    names = ", ".join(part.label for part in mail.attachments) or "aucune pièce jointe"
    if len(zips) != 1:
        text = (
            "L’archive IHE_XDM n’est pas jointe au courriel."
            if not zips
            else "Plusieurs archives sont jointes au courriel."
        )
        yield say(
            "attachments.xdm",
            text,
            at(mail),
            "ECO.2.1.1",
            "une archive IHE_XDM.ZIP",
            names,
            "Joindre une archive IHE_XDM.ZIP et une seule.",
        )
    for part in zips:
        yield from _archive(mail, part)
    if not pdfs:
        yield say(
            "attachments.pdf",
            "Le document n’est pas joint au format PDF.",
            at(mail),
            "ECO.2.1.1",
            "le PDF/A-1 de chaque document de l’archive",
            names,
            "Joindre, à côté de l’archive, le PDF/A-1 de chaque document.",
        )
    for part in pdfs:
        if not part.content.startswith(b"%PDF-"):
            yield say(
                "attachments.pdf",
                "Une pièce jointe annoncée PDF n’en est pas un.",
                inside(mail, part),
                "ECO.2.1.1",
                "%PDF-",
                repr(part.content[:8]),
                "Joindre le fichier PDF sans le transformer.",
            )
    for part in mail.attachments:
        if part not in zips and part not in pdfs:
            yield say(
                "attachments.other",
                "Le courriel porte une autre pièce jointe.",
                inside(mail, part),
                "ECO.2.1.1",
                "IHE_XDM.ZIP et PDF",
                part.label,
                "N’attacher que l’archive et les PDF.",
                Severity.WARNING,
            )


def _archive(mail: Mail, part: Part) -> Iterator[Finding]:
    name, where = part.filename or "", inside(mail, part)
    if name.upper() == "IHE-XDM.ZIP":
        # This spelling has been seen in the field and is understood by receivers.
        yield say(
            "attachments.name",
            "L’archive porte un nom voisin de celui attendu.",
            where,
            "ECO.2.1.1",
            "IHE_XDM.ZIP",
            name,
            "Nommer l’archive IHE_XDM.ZIP.",
            Severity.WARNING,
        )
    elif name.upper() != "IHE_XDM.ZIP":
        yield say(
            "attachments.name",
            "L’archive jointe ne s’appelle pas IHE_XDM.ZIP.",
            where,
            "ECO.2.1.1",
            "IHE_XDM.ZIP",
            name or "sans nom",
            "Nommer l’archive IHE_XDM.ZIP.",
        )
    if part.content[:4] != b"PK\x03\x04":
        yield say(
            "attachments.xdm",
            "L’archive jointe n’est pas un fichier zip.",
            where,
            "ECO.2.1.1",
            "un fichier zip",
            repr(part.content[:8]),
            "Vérifier l’encodage base64 de la pièce jointe.",
        )
    if part.kind != "application/zip":
        yield say(
            "attachments.type",
            "L’archive n’est pas déclarée application/zip.",
            where,
            "ECO.2.1.1",
            "application/zip",
            part.kind,
            "Déclarer Content-Type\u00a0: application/zip.",
            Severity.WARNING,
        )


def file_names(
    mail: Mail, identity: Identity, act_date: str | None = None, type_label: str | None = None
) -> Iterator[Finding]:
    """Each attached PDF is named by the date of the act, the type, the name and the first name.

    ``act_date`` and ``type_label`` as in :func:`conformance.checks.pdf.name.file_name`. Source: ECO.2.1.6.
    """
    for part in mail.pdfs:
        for finding in file_name(part.filename or "sans nom", identity, act_date, type_label):
            yield replace(finding, where=inside(mail, part))


def replacement(mail: Mail, requirement: str = "MSS/va1.02") -> Iterator[Finding]:
    """A corrected version says, in the subject or the body, that it cancels and replaces the former one."""
    texts = [plain(text) for text in ((mail.header("Subject") or ""), *mail.texts)]
    if not any(_REPLACING.search(text) or _REPLACES_VERSION.search(text) for text in texts):
        yield Finding(
            "mail.replacement",
            "Le courriel ne dit pas que le document remplace une version déjà transmise.",
            where=at(mail),
            expected="une mention du type «\u00a0annule et remplace\u00a0» dans l’objet ou le corps",
            observed=shown(mail.header("Subject") or "objet absent"),
            fix="Ajouter la mention de façon préparamétrée quand le document en remplace un autre.",
            source=requirement,
        )


def _automatic(sentence: str) -> bool:
    return bool(_AUTOMATIC.search(sentence) and _ABOUT_MAIL.search(sentence) and not _NEGATED.search(sentence))
