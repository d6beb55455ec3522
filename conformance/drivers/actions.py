"""The actions of the Pilote LPS API, version 1: the one table that the http driver and the published OpenAPI share."""

from __future__ import annotations

from dataclasses import dataclass

BASE = "/pilote/v1"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the harness may ask of a software. ``raw`` says that the answer is a file, not JSON."""

    name: str
    method: str
    path: str
    raw: bool = False


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action("lire_etat", "GET", "/etat"),
        Action("creer_patient", "POST", "/patients"),
        Action("lire_patient", "GET", "/patients/{id}"),
        Action("modifier_patient", "PATCH", "/patients/{id}"),
        Action("enregistrer_justificatif", "POST", "/patients/{id}/justificatif"),
        Action("marquer_identite", "POST", "/patients/{id}/attributs"),
        Action("enregistrer_consentements", "POST", "/patients/{id}/consentements"),
        Action("rechercher_ins", "POST", "/patients/{id}/ins/recherche"),
        Action("verifier_ins", "POST", "/patients/{id}/ins/verification"),
        Action("appeler_application", "POST", "/patients/{id}/appel-contextuel"),
        Action("chercher_patients", "POST", "/recherches"),
        Action("verifier_en_masse", "POST", "/verifications-ins"),
        Action("recevoir_identite", "POST", "/identites-recues"),
        Action("connecter_psc", "POST", "/connexions/psc"),
        Action("lire_connexion", "GET", "/connexions/{id}"),
        Action("agir", "POST", "/connexions/{id}/activite"),
        Action("deconnecter", "DELETE", "/connexions/{id}"),
        Action("connecter_local", "POST", "/connexions/locales"),
        Action("creer_compte", "POST", "/comptes"),
        Action("lire_compte", "GET", "/comptes/{id}"),
        Action("modifier_compte", "PATCH", "/comptes/{id}"),
        Action("controler_rpps", "POST", "/comptes/controles-rpps"),
        Action("changer_mot_de_passe", "POST", "/comptes/{id}/mot-de-passe"),
        Action("exporter_journal_comptes", "GET", "/journaux/comptes"),
        Action("ecrire_document", "POST", "/documents"),
        Action("valider_document", "POST", "/documents/{id}/validation"),
        Action("annoncer_document", "POST", "/documents/{id}/annonce"),
        Action("lire_document", "GET", "/documents/{id}"),
        Action("lire_cda", "GET", "/documents/{id}/cda", raw=True),
        Action("lire_pdf", "GET", "/documents/{id}/pdf", raw=True),
        Action("supprimer_document", "DELETE", "/documents/{id}"),
        Action("deposer_dmp", "POST", "/documents/{id}/dmp"),
        Action("supprimer_dmp", "DELETE", "/documents/{id}/dmp"),
        Action("ouvrir_dossier", "POST", "/patients/{id}/ouverture"),
        Action("rechercher_dmp", "POST", "/patients/{id}/dmp/recherche"),
        Action("integrer_dmp", "POST", "/patients/{id}/dmp/integration"),
        Action("lire_document_dmp", "POST", "/patients/{id}/dmp/lecture"),
        Action("retrouver_documents_lies", "POST", "/patients/{id}/dmp/liens"),
        Action("precharger_dmp", "POST", "/dmp/prechargement"),
        Action("alimenter_historique", "POST", "/dmp/historique"),
        Action("envoyer_document", "POST", "/documents/{id}/envois"),
        Action("transmettre_hl7", "POST", "/documents/{id}/hl7"),
        Action("envoyer_message", "POST", "/messages"),
        Action("repondre_message", "POST", "/reponses"),
        Action("integrer_annuaire", "POST", "/annuaire/integrations"),
        Action("lire_integrations_annuaire", "GET", "/annuaire/integrations"),
        Action("rechercher_annuaire", "POST", "/annuaire/recherches"),
        Action("rechercher_adresse_mss", "POST", "/annuaire/adresses"),
        Action("creer_utilisateur", "POST", "/utilisateurs"),
        Action("lire_utilisateur", "GET", "/utilisateurs/{id}"),
        Action("ajouter_correspondant", "POST", "/patients/{id}/correspondants"),
        Action("lire_correspondant", "GET", "/correspondants/{id}"),
        Action("recevoir_courriel", "POST", "/courriels-recus"),
        Action("configurer_boite", "POST", "/boites"),
        Action("relever_boite", "POST", "/releves"),
        Action("lire_courriel", "POST", "/courriels/{id}/lecture"),
        Action("lire_envois", "GET", "/envois"),
        Action("lire_documents_non_lus", "GET", "/documents-recus"),
        Action("integrer_document_recu", "POST", "/documents-recus/{id}/integration"),
        Action("lire_pdf_recu", "GET", "/documents-recus/{id}/pdf", raw=True),
        Action("demander_sous_traitance", "POST", "/patients/{id}/sous-traitances"),
        Action("supprimer_document_recu", "DELETE", "/documents-recus/{id}"),
        Action("lire_historique_recu", "GET", "/documents-recus/{id}/historique"),
        Action("compter_integrations", "POST", "/integrations"),
        Action("lire_documents_recus", "GET", "/patients/{id}/documents-recus"),
        Action("exporter_journal_insi", "GET", "/journaux/insi"),
        Action("exporter_journal_acces", "GET", "/journaux/acces-ins"),
        Action("exporter_journal_modifications", "GET", "/journaux/modifications"),
        Action("exporter_catalogue", "POST", "/catalogue/exports"),
        Action("importer_catalogue", "POST", "/catalogue"),
        Action("lire_codes_loinc", "GET", "/codes-loinc"),
        Action("exporter_activite", "GET", "/activite"),
        Action("exporter_journal_echanges", "GET", "/journaux/echanges"),
        Action("exporter_journal_hl7", "GET", "/journaux/hl7"),
        Action("exporter_journal_messagerie", "GET", "/journaux/messagerie"),
        Action("lire_travaux", "GET", "/travaux"),
        Action("regler", "PUT", "/reglages"),
    )
}
