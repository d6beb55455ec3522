"""The table of the API: each action, its path, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .desk import (
    accounts,
    activity,
    announcement,
    catalogue,
    directory,
    dmp,
    documents,
    identity,
    lab,
    mailbox,
    office,
    orders,
    reception,
    search,
    sending,
    subcontract,
    transport,
)
from .desk import mail as desk_mail
from .directory.store import CORRESPONDENT, USER
from .inputs import Call
from .lps import Lps
from .psc.login import MODES

BASE = "/pilote/v1"


@dataclass(frozen=True)
class File:
    """An answer that is not JSON."""

    body: bytes
    content_type: str
    disposition: str


@dataclass(frozen=True)
class Action:
    """One action: ``status`` is the code of its success; one that ``waits`` on the operator has its own thread."""

    name: str
    method: str
    path: str
    run: Callable[[Lps, Call], dict[str, Any] | File]
    status: int = 200
    waits: bool = False


def actions() -> list[Action]:
    """Every action the LPS exposes."""
    return [*_identity(), *_documents(), *_dmp(), *_directory(), *_received(), *_office()]


def _identity() -> list[Action]:
    return [
        Action("creer_patient", "POST", "/patients", identity.create_patient, 201),
        Action("lire_patient", "GET", "/patients/{id}", identity.read_patient),
        Action("modifier_patient", "PATCH", "/patients/{id}", identity.edit_patient),
        Action("enregistrer_justificatif", "POST", "/patients/{id}/justificatif", identity.record_proof),
        Action("marquer_identite", "POST", "/patients/{id}/attributs", identity.mark_identity),
        Action("enregistrer_consentements", "POST", "/patients/{id}/consentements", identity.record_consents),
        Action("rechercher_ins", "POST", "/patients/{id}/ins/recherche", identity.search_ins),
        Action("verifier_ins", "POST", "/patients/{id}/ins/verification", identity.verify_ins),
        Action("appeler_application", "POST", "/patients/{id}/appel-contextuel", office.context_call),
        Action("chercher_patients", "POST", "/recherches", search.find_patients),
        Action("verifier_en_masse", "POST", "/verifications-ins", identity.verify_all),
        Action("recevoir_identite", "POST", "/identites-recues", reception.receive_identity),
    ]


def _documents() -> list[Action]:
    return [
        Action("ecrire_document", "POST", "/documents", documents.write_document, 201),
        Action("valider_document", "POST", "/documents/{id}/validation", sending.validate),
        Action("annoncer_document", "POST", "/documents/{id}/annonce", announcement.made),
        Action("lire_document", "GET", "/documents/{id}", documents.read_document),
        Action("lire_cda", "GET", "/documents/{id}/cda", _cda),
        Action("lire_pdf", "GET", "/documents/{id}/pdf", _pdf),
        Action("deposer_dmp", "POST", "/documents/{id}/dmp", documents.deposit),
        Action("supprimer_dmp", "DELETE", "/documents/{id}/dmp", documents.delete_from_dmp),
        Action("envoyer_document", "POST", "/documents/{id}/envois", desk_mail.send_document),
        Action("transmettre_hl7", "POST", "/documents/{id}/hl7", transport.transmit),
        Action("envoyer_message", "POST", "/messages", desk_mail.send_message, waits=True),
        Action("repondre_message", "POST", "/reponses", desk_mail.reply, waits=True),
    ]


def _directory() -> list[Action]:
    users, correspondents = directory.reader(USER), directory.reader(CORRESPONDENT)
    return [
        Action("integrer_annuaire", "POST", "/annuaire/integrations", directory.integrate),
        Action("lire_integrations_annuaire", "GET", "/annuaire/integrations", directory.reports),
        Action("rechercher_annuaire", "POST", "/annuaire/recherches", directory.search),
        Action("rechercher_adresse_mss", "POST", "/annuaire/adresses", directory.addresses),
        Action("creer_utilisateur", "POST", "/utilisateurs", directory.create_user, 201),
        Action("lire_utilisateur", "GET", "/utilisateurs/{id}", users),
        Action("ajouter_correspondant", "POST", "/patients/{id}/correspondants", directory.add_correspondent, 201),
        Action("lire_correspondant", "GET", "/correspondants/{id}", correspondents),
    ]


def _received() -> list[Action]:
    return [
        Action("recevoir_courriel", "POST", "/courriels-recus", lab.receive),
        Action("configurer_boite", "POST", "/boites", mailbox.configure, waits=True),
        Action("relever_boite", "POST", "/releves", mailbox.collect, waits=True),
        Action("lire_courriel", "POST", "/courriels/{id}/lecture", mailbox.open_mail, waits=True),
        Action("lire_envois", "GET", "/envois", mailbox.sendings),
        Action("lire_documents_non_lus", "GET", "/documents-recus", lab.unread),
        Action("integrer_document_recu", "POST", "/documents-recus/{id}/integration", lab.integrate),
        Action("lire_pdf_recu", "GET", "/documents-recus/{id}/pdf", _received_pdf),
        Action("demander_sous_traitance", "POST", "/patients/{id}/sous-traitances", subcontract.request, 201),
        Action("supprimer_document_recu", "DELETE", "/documents-recus/{id}", lab.delete),
        Action("lire_historique_recu", "GET", "/documents-recus/{id}/historique", lab.history),
        Action("compter_integrations", "POST", "/integrations", lab.statistics),
        Action("lire_documents_recus", "GET", "/patients/{id}/documents-recus", lab.of_patient),
    ]


def _dmp() -> list[Action]:
    return [
        Action("ouvrir_dossier", "POST", "/patients/{id}/ouverture", dmp.open_record),
        Action("rechercher_dmp", "POST", "/patients/{id}/dmp/recherche", dmp.search),
        Action("integrer_dmp", "POST", "/patients/{id}/dmp/integration", dmp.integrate),
        Action("lire_document_dmp", "POST", "/patients/{id}/dmp/lecture", dmp.read),
        Action("retrouver_documents_lies", "POST", "/patients/{id}/dmp/liens", orders.related),
        Action("precharger_dmp", "POST", "/dmp/prechargement", dmp.preload),
        Action("alimenter_historique", "POST", "/dmp/historique", dmp.feed_history),
    ]


def _office() -> list[Action]:
    return [
        Action("lire_etat", "GET", "/etat", _state),
        Action("connecter_psc", "POST", "/connexions/psc", office.start_login),
        Action("lire_connexion", "GET", "/connexions/{id}", office.read_login),
        Action("agir", "POST", "/connexions/{id}/activite", office.act),
        Action("deconnecter", "DELETE", "/connexions/{id}", office.close_login),
        Action("connecter_local", "POST", "/connexions/locales", accounts.log_in),
        Action("creer_compte", "POST", "/comptes", accounts.create, 201),
        Action("lire_compte", "GET", "/comptes/{id}", accounts.read),
        Action("modifier_compte", "PATCH", "/comptes/{id}", accounts.edit),
        Action("controler_rpps", "POST", "/comptes/controles-rpps", accounts.check_numbers),
        Action("changer_mot_de_passe", "POST", "/comptes/{id}/mot-de-passe", accounts.change_password),
        Action("exporter_journal_comptes", "GET", "/journaux/comptes", office.journal("comptes")),
        Action("exporter_journal_insi", "GET", "/journaux/insi", office.journal("insi")),
        Action("supprimer_document", "DELETE", "/documents/{id}", sending.delete),
        Action("exporter_journal_messagerie", "GET", "/journaux/messagerie", office.journal("messagerie")),
        Action("exporter_journal_acces", "GET", "/journaux/acces-ins", office.journal("acces-ins")),
        Action(
            "exporter_journal_modifications",
            "GET",
            "/journaux/modifications",
            office.journal("modifications"),
        ),
        Action("exporter_catalogue", "POST", "/catalogue/exports", catalogue.export),
        Action("importer_catalogue", "POST", "/catalogue", catalogue.take),
        Action("lire_codes_loinc", "GET", "/codes-loinc", catalogue.codes),
        Action("exporter_activite", "GET", "/activite", activity.export),
        Action("exporter_journal_echanges", "GET", "/journaux/echanges", office.journal("echanges")),
        Action("exporter_journal_hl7", "GET", "/journaux/hl7", office.journal("hl7")),
        Action("lire_travaux", "GET", "/travaux", office.journal("travaux")),
        Action("regler", "PUT", "/reglages", office.settings),
    ]


def _state(lps: Lps, _call: Call) -> dict[str, Any]:
    names = [action.name for action in actions()]
    who = {"logiciel": office.NAME, "editeur": office.EDITOR, "version": office.VERSION}
    listening = {"hl7": {"hote": lps.listens[0], "port": lps.listens[1]}} if lps.listens else {}
    entrance = {"structure_tierce": {"url": lps.entrance}} if lps.entrance else {}
    return {**who, "actions": names, "modes_psc": list(MODES), **listening, **entrance}


def _cda(lps: Lps, call: Call) -> File:
    return File(documents.files(lps, call).cda, "application/xml", "inline")


def _pdf(lps: Lps, call: Call) -> File:
    produced = documents.files(lps, call)
    return _attached(produced.pdf_name, produced.pdf)


def _received_pdf(lps: Lps, call: Call) -> File:
    return _attached(*lab.printed(lps, call))


def _attached(name: str, pdf: bytes) -> File:
    return File(pdf, "application/pdf", f"attachment; filename*=UTF-8''{quote(name, safe='')}")
