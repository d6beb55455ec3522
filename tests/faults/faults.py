"""Which defect of the reference LPS turns which scenarios red: exactly those, and with which words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """``red`` is every scenario the defect must turn NON_CONFORME; ``words`` (a regular expression) stand in a finding of each of them.

    ``starved`` are the scenarios whose prerequisite the defect takes away: they may become NON_VERIFIE, never red.
    """

    defect: str
    red: frozenset[str]
    words: str
    starved: frozenset[str] = frozenset()


def fault(defect: str, *red: str, words: str, starved: tuple[str, ...] = ()) -> Fault:
    """One line of the table."""
    return Fault(defect, frozenset(red), words, frozenset(starved))


NEEDS_RECOVERED = ("INS/va1.44.01.02", "INS/va1.53", "MSS/va1.19.02")
"""What is about an identity that is récupérée and not qualifiée."""

FAULTS = [
    fault("ins-keeps-matricule-on-unknown-ko", "INS/va1.05.01", words="matricule"),
    fault("ins-updates-known-on-ko", "INS/va1.07.01", words="changé"),
    fault("ins-ignores-verification-ko", "INS/va1.08.01", words="statut"),
    fault(
        "ins-skips-automatic-verification",
        "INS/va1.11.01",
        words="appel",
        starved=("INS/va1.05.01", "INS/va1.07.01", "INS/va1.12.01", "INS/va1.13.01", "INS/va1.57.01"),
    ),
    fault("ins-reverifies-known", "INS/va1.11.01", words="appel"),
    fault("ins-integrates-document-on-ko", "INS/va1.12.01", words="document"),
    fault("ins-trusts-foreign-qualification", "INS/va1.13.01", "INS/va1.57.01", "INS/va1.04.01", words="statut"),
    fault("insi-cps-instead-of-org", "INS/va1.14.01", words="certificat"),
    fault("ins-calls-for-doubtful", "INS/va1.20.01", words="appel"),
    fault("ins-calls-for-fictitious", "INS/va1.20.02", words="appel"),
    fault("ins-imports-lunar-date", "INS/va1.28.01", words="date_naissance"),
    fault("ins-imports-empty-name", "INS/va1.31.01", words="nom_naissance"),
    fault("ins-imports-empty-first-names", "INS/va1.31.02", words="prenoms"),
    fault("ins-imports-empty-sex", "INS/va1.31.03", words="sexe"),
    fault("insi-log-without-traits", "INS/va1.35.02", words="n’est pas tracé"),
    fault("insi-log-skips-recovery", "INS/va1.38.02", "INS/va1.35.02", "INS/va1.49.01", words="trac"),
    fault("insi-log-skips-verification", "INS/va1.06.01", "INS/va1.63.01", words="trac"),
    fault("insi-log-skips-ko", "INS/va1.63.01", words="KO"),
    fault("insi-log-without-user", "INS/va1.49.01", words="utilisateur"),
    fault(
        "ins-created-validated", "INS/va1.45", "INS/va1.40", "INS/va1.54.01", words="statut", starved=NEEDS_RECOVERED
    ),
    fault(
        "ins-proof-does-not-validate",
        "INS/va1.43",
        words="statut",
        starved=("INS/va1.54.02", "INS/va1.07.01", "INS/va1.44.01.03"),
    ),
    fault("ins-stays-provisional", "INS/va1.40", "INS/va1.54.01", words="statut", starved=NEEDS_RECOVERED),
    fault("ins-no-first-name-alert", "INS/va1.51.01", words="alerte"),
    fault("ins-keeps-typed-traits", "INS/va1.52.01", words="prenoms"),
    fault("ins-matricule-when-not-qualified", "INS/va1.53", words="matricule"),
    fault("ins-validated-never-qualified", "INS/va1.54.02", words="statut"),
    fault("ins-qualifies-without-proof", "INS/va1.40", "INS/va1.54.01", words="statut", starved=NEEDS_RECOVERED),
    fault("ins-doubtful-keeps-status", "INS/va1.44.01.01", "INS/va1.44.01.02", "INS/va1.44.01.03", words="statut"),
    fault("access-log-missing", "INS/va1.39.01", words="accès"),
    fault("audit-without-user", "INS/va1.27.01", words="utilisateur"),
    fault("exchanges-log-missing", "INS/va1.46.01", words="envoi"),
    fault("datamatrix-missing", "INS/va1.03.01", "DOC/va1.04.01", words="datamatrix"),
    fault("datamatrix-wrong-birth-date", "INS/va1.03.01", "DOC/va1.04.01", words="naissance"),
    fault("pdf-without-matricule", "INS/va1.15.01", words="matricule"),
    fault("pdf-not-archivable", "DOC/va1.01.01", "DOC/va1.10.01", "MSS/va1.01.01", "MSS/va1.17.01", words="PDF/A"),
    fault("pdf-bad-file-name", "DOC/va1.01.01", "MSS/va1.01.01", "MSS/va1.17.01", words="nom"),
    fault("prescription-without-custodian", "DOC/va1.10.01", words="custodian"),
    fault("letter-birth-date-differs", "DOC/va1.04.01", "MSS/va1.17.01", words="naissance|sourcePatientInfo"),
    fault("mss-patient-without-xdm", "MSS/va1.01.01", "MSS/va1.17.01", words="IHE_XDM"),
    fault("xdm-wrong-hash", "MSS/va1.01.01", "MSS/va1.17.01", words="empreinte"),
    fault("mss-any-suite", "MSS/va1.03.01", words="suite de chiffrement"),
    fault("mss-accepts-expired", "MSS/va1.04.01", words="expiré"),
    fault("mss-pins-certificate", "MSS/va1.06.01", words="certificat"),
    fault("mss-accepts-tls13", "MSS/va1.31.01", words="TLS"),
    fault("mss-reply-without-references", "MSS/va1.08.01", words="References"),
    fault("mss-applicative-without-mention", "MSS/va1.09.01", words="automatique"),
    fault("mss-fixed-reply-to", "MSS/va1.18.01", words="Reply-To"),
    fault("mss-html-only", "MSS/va1.11.01", words="texte"),
    fault("mss-bad-message-id", "MSS/va1.12.01", "MSS/va1.08.01", words="Message-ID"),
    fault("mss-no-dsn-request", "MSS/va1.15.01", words="Return-Receipt-To"),
    fault("mss-raw-from", "MSS/va1.16.01", words="libellé"),
    fault("mss-patient-address-without-key", "MSS/va1.19.01", words="adresse"),
    fault("mss-writes-to-unqualified", "MSS/va1.19.02", words="courriel"),
    fault("mss-ignores-patient-refusal", "MSS/va1.20.01", words="courriel"),
    fault("mss-ignores-professional-refusal", "MSS/va1.22.01", words="courriel"),
    fault("mss-replacement-without-mention", "MSS/va1.02.01", words="remplace"),
    fault("dmp-replacement-as-new", "DMP/va1.16.01", words="RPLC"),
    fault("dmp-delete-not-sent", "DMP/va1.16.01", words="suppression"),
    fault("dmp-masking-ignored", "DMP/va1.17.01", words="MASQUE_PS"),
    fault("psc-without-eidas1", "PSC.08.01", words="eidas1"),
    fault("psc-accepts-any-state", "PSC.01.01", words="state"),
    fault("psc-accepts-wrong-nonce", "PSC.01.01", words="nonce"),
    fault("psc-login-url-from-issuer", "PSC.01.01", words="autorisation", starved=("PSC.08.01",)),
    fault("psc-no-single-logout", "PSC.01.01", words="session"),
]
