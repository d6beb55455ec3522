"""The table of the API: each action, its path, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from . import (
    desk_accounts,
    desk_activity,
    desk_catalogue,
    desk_directory,
    desk_dmp,
    desk_documents,
    desk_hl7,
    desk_identity,
    desk_lab,
    desk_mail,
    desk_office,
    desk_reception,
    desk_search,
    desk_sending,
)
from .directory_store import CORRESPONDENT, USER
from .inputs import Call
from .lps import Lps
from .psc_login import MODES

BASE = "/pilote/v1"


@dataclass(frozen=True)
class File:
    """An answer that is not JSON."""

    body: bytes
    content_type: str
    disposition: str


@dataclass(frozen=True)
class Action:
    """One action: ``status`` is the code of its success."""

    name: str
    method: str
    path: str
    run: Callable[[Lps, Call], dict[str, Any] | File]
    status: int = 200


def actions() -> list[Action]:
    """Every action the LPS exposes."""
    return [*_identity(), *_documents(), *_dmp(), *_directory(), *_received(), *_office()]


def _identity() -> list[Action]:
    return [
        Action("creer_patient", "POST", "/patients", desk_identity.create_patient, 201),
        Action("lire_patient", "GET", "/patients/{id}", desk_identity.read_patient),
        Action("modifier_patient", "PATCH", "/patients/{id}", desk_identity.edit_patient),
        Action("enregistrer_justificatif", "POST", "/patients/{id}/justificatif", desk_identity.record_proof),
        Action("marquer_identite", "POST", "/patients/{id}/attributs", desk_identity.mark_identity),
        Action("enregistrer_consentements", "POST", "/patients/{id}/consentements", desk_identity.record_consents),
        Action("rechercher_ins", "POST", "/patients/{id}/ins/recherche", desk_identity.search_ins),
        Action("verifier_ins", "POST", "/patients/{id}/ins/verification", desk_identity.verify_ins),
        Action("appeler_application", "POST", "/patients/{id}/appel-contextuel", desk_office.context_call),
        Action("chercher_patients", "POST", "/recherches", desk_search.find_patients),
        Action("verifier_en_masse", "POST", "/verifications-ins", desk_identity.verify_all),
        Action("recevoir_identite", "POST", "/identites-recues", desk_reception.receive_identity),
    ]


def _documents() -> list[Action]:
    return [
        Action("ecrire_document", "POST", "/documents", desk_documents.write_document, 201),
        Action("valider_document", "POST", "/documents/{id}/validation", desk_sending.validate),
        Action("lire_document", "GET", "/documents/{id}", desk_documents.read_document),
        Action("lire_cda", "GET", "/documents/{id}/cda", _cda),
        Action("lire_pdf", "GET", "/documents/{id}/pdf", _pdf),
        Action("deposer_dmp", "POST", "/documents/{id}/dmp", desk_documents.deposit),
        Action("supprimer_dmp", "DELETE", "/documents/{id}/dmp", desk_documents.delete_from_dmp),
        Action("envoyer_document", "POST", "/documents/{id}/envois", desk_mail.send_document),
        Action("transmettre_hl7", "POST", "/documents/{id}/hl7", desk_hl7.transmit),
        Action("envoyer_message", "POST", "/messages", desk_mail.send_message),
        Action("repondre_message", "POST", "/reponses", desk_mail.reply),
    ]


def _directory() -> list[Action]:
    users, correspondents = desk_directory.reader(USER), desk_directory.reader(CORRESPONDENT)
    return [
        Action("integrer_annuaire", "POST", "/annuaire/integrations", desk_directory.integrate),
        Action("lire_integrations_annuaire", "GET", "/annuaire/integrations", desk_directory.reports),
        Action("rechercher_annuaire", "POST", "/annuaire/recherches", desk_directory.search),
        Action("rechercher_adresse_mss", "POST", "/annuaire/adresses", desk_directory.addresses),
        Action("creer_utilisateur", "POST", "/utilisateurs", desk_directory.create_user, 201),
        Action("lire_utilisateur", "GET", "/utilisateurs/{id}", users),
        Action("ajouter_correspondant", "POST", "/patients/{id}/correspondants", desk_directory.add_correspondent, 201),
        Action("lire_correspondant", "GET", "/correspondants/{id}", correspondents),
    ]


def _received() -> list[Action]:
    return [
        Action("recevoir_courriel", "POST", "/courriels-recus", desk_lab.receive),
        Action("lire_documents_non_lus", "GET", "/documents-recus", desk_lab.unread),
        Action("lire_documents_recus", "GET", "/patients/{id}/documents-recus", desk_lab.of_patient),
    ]


def _dmp() -> list[Action]:
    return [
        Action("ouvrir_dossier", "POST", "/patients/{id}/ouverture", desk_dmp.open_record),
        Action("rechercher_dmp", "POST", "/patients/{id}/dmp/recherche", desk_dmp.search),
        Action("integrer_dmp", "POST", "/patients/{id}/dmp/integration", desk_dmp.integrate),
        Action("lire_document_dmp", "POST", "/patients/{id}/dmp/lecture", desk_dmp.read),
        Action("precharger_dmp", "POST", "/dmp/prechargement", desk_dmp.preload),
        Action("alimenter_historique", "POST", "/dmp/historique", desk_dmp.feed_history),
    ]


def _office() -> list[Action]:
    return [
        Action("lire_etat", "GET", "/etat", _state),
        Action("connecter_psc", "POST", "/connexions/psc", desk_office.start_login),
        Action("lire_connexion", "GET", "/connexions/{id}", desk_office.read_login),
        Action("agir", "POST", "/connexions/{id}/activite", desk_office.act),
        Action("deconnecter", "DELETE", "/connexions/{id}", desk_office.close_login),
        Action("connecter_local", "POST", "/connexions/locales", desk_accounts.log_in),
        Action("creer_compte", "POST", "/comptes", desk_accounts.create, 201),
        Action("lire_compte", "GET", "/comptes/{id}", desk_accounts.read),
        Action("modifier_compte", "PATCH", "/comptes/{id}", desk_accounts.edit),
        Action("changer_mot_de_passe", "POST", "/comptes/{id}/mot-de-passe", desk_accounts.change_password),
        Action("exporter_journal_comptes", "GET", "/journaux/comptes", desk_office.journal("comptes")),
        Action("exporter_journal_insi", "GET", "/journaux/insi", desk_office.journal("insi")),
        Action("supprimer_document", "DELETE", "/documents/{id}", desk_sending.delete),
        Action("exporter_journal_messagerie", "GET", "/journaux/messagerie", desk_office.journal("messagerie")),
        Action("exporter_journal_acces", "GET", "/journaux/acces-ins", desk_office.journal("acces-ins")),
        Action(
            "exporter_journal_modifications",
            "GET",
            "/journaux/modifications",
            desk_office.journal("modifications"),
        ),
        Action("exporter_catalogue", "POST", "/catalogue/exports", desk_catalogue.export),
        Action("importer_catalogue", "POST", "/catalogue", desk_catalogue.take),
        Action("lire_codes_loinc", "GET", "/codes-loinc", desk_catalogue.codes),
        Action("exporter_activite", "GET", "/activite", desk_activity.export),
        Action("exporter_journal_echanges", "GET", "/journaux/echanges", desk_office.journal("echanges")),
        Action("exporter_journal_hl7", "GET", "/journaux/hl7", desk_office.journal("hl7")),
        Action("lire_travaux", "GET", "/travaux", desk_office.journal("travaux")),
        Action("regler", "PUT", "/reglages", desk_office.settings),
    ]


def _state(lps: Lps, _call: Call) -> dict[str, Any]:
    names = [action.name for action in actions()]
    who = {"logiciel": desk_office.NAME, "editeur": desk_office.EDITOR, "version": desk_office.VERSION}
    listening = {"hl7": {"hote": lps.listens[0], "port": lps.listens[1]}} if lps.listens else {}
    return {**who, "actions": names, "modes_psc": list(MODES), **listening}


def _cda(lps: Lps, call: Call) -> File:
    return File(desk_documents.files(lps, call).cda, "application/xml", "inline")


def _pdf(lps: Lps, call: Call) -> File:
    produced = desk_documents.files(lps, call)
    disposition = f"attachment; filename*=UTF-8''{quote(produced.pdf_name, safe='')}"
    return File(produced.pdf, "application/pdf", disposition)
