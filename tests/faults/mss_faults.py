"""What each defect in its mail turns red."""

from __future__ import annotations

from fault import fault

TO_PATIENT = ("MSS/va1.01.01", "MSS/va1.17.01", "MSS/va1.34.01", "MSS/CONF.23.01")
"""What judges all that a patient receives."""
TO_PEER = ("MSS/va1.21.01", "MSS/va1.33.01", "MSS/va1.31.01 (envoi-manuel)", "MSS/va1.32.01")
"""What judges all that a colleague receives."""

BY_TOKEN = (
    "MSS/CONF.04.01", "MSS/CONF.06.01", "MSS/CONF.07.01", "MSS/CONF.08.01", "MSS/CONF.09", "MSS/CONF.10.01",
    "MSS/CONF.11.01", "MSS/UX.34.01", "MSS/UX.36",
)  # fmt: skip
"""What needs a user logged in by Pro Santé Connect."""

FAULTS = [
    fault("mss-patient-without-xdm", *TO_PATIENT, "MSS/CONF.25.01", words="IHE_XDM"),
    fault("xdm-wrong-hash", *TO_PATIENT, *TO_PEER, words="empreinte"),
    fault("mss-any-suite", "MSS/va1.03.01", "MSS/CONF.03.01", words="suite de chiffrement"),
    fault("mss-accepts-expired", "MSS/va1.04.01", words="expiré", starved=("TBB/va1.05.01", "TBB/va1.01.01")),
    fault("mss-pins-certificate", "MSS/va1.06.01", words="certificat", never_with=("mss-accepts-expired",)),
    fault("mss-accepts-tls13", "MSS/va1.31.01", words="TLS"),
    fault("mss-reply-without-references", "MSS/va1.08.01", words="References"),
    fault("mss-applicative-without-mention", "MSS/va1.09.01", words="automatique"),
    fault("mss-fixed-reply-to", "MSS/va1.18.01", words="Reply-To"),
    fault("mss-html-only", "MSS/va1.11.01", words="texte"),
    fault("mss-bad-message-id", "MSS/va1.12.01", "MSS/va1.08.01", words="Message-ID"),
    fault("mss-no-dsn-request", "MSS/va1.15.01", words="Return-Receipt-To", starved=("MSS/va1.14.01",)),
    fault("mss-raw-from", "MSS/va1.16.01", words="libellé"),
    fault(
        "mss-patient-address-without-key",
        "MSS/va1.19.01",
        "MSS/va1.34.01",
        "MSS/UX.32.01",
        "CRI/va1.03.01",
        words="adresse|Aucun courriel",
    ),
    fault("mss-writes-to-unqualified", "MSS/va1.19.02", "MSS/UX.32.01", words="courriel"),
    fault("mss-ignores-patient-refusal", "MSS/va1.20.01", words="courriel"),
    fault("mss-ignores-professional-refusal", "MSS/va1.22.01", words="courriel"),
    fault("mss-replacement-without-mention", "MSS/va1.02.01", "MSS/va1.35.01", "MSS/va1.13.01", words="remplace"),
    fault("mss-short-groups", "MSS/CONF.03.01", words="groupe DH|courbe"),
    fault("mss-old-tls", "MSS/CONF.01.01", "MSS/CONF.03.01", "MSS/va1.31.01", words="TLS 1.1|groupe DH"),
    fault("mss-refuses-newer-operator", "MSS/CONF.02.01", words="TLS 1.3"),
    fault("mss-talks-before-tls", "MSS/CONF.05.01", "MSS/va1.03.01", words="avant STARTTLS"),
    fault("mss-nothing-automatic", "MSS/va1.21.01", "MSS/va1.29.01", "MSS/va1.30.01", words="de soi-même"),
    fault("mss-automatic-from-personal", "MSS/va1.29.01", "MSS/va1.30.01", words="certificat client"),
    fault("mss-peer-without-pdf", *TO_PEER, "MSS/va1.29.01", "MSS/CONF.14.01", "MSS/CONF.15.01", words="PDF"),
    fault("mss-deletion-told-once", "MSS/va1.37.01", "MSS/va1.30", words="destinataires"),
    fault("mss-deletion-without-title", "MSS/va1.37.01", "MSS/va1.30", words="supprimé"),
    fault("mss-ins-always-yes", "MSS/CONF.14.01", words="X-MSS-INS"),
    fault("mss-codecda-as-label", "MSS/CONF.15.01", words="X-MSS-CODECDA"),
    fault("mss-without-product-reference", "MSS/CONF.16.01", words="X-MSS-NIL"),
    fault("mss-open-thread", "MSS/CONF.21.01", words="X-MSS-MES"),
    fault(
        "mss-subject-without-prefix",
        *TO_PATIENT,
        *TO_PEER,
        "MSS/CONF.25.01",
        words="objet",
    ),
    fault("mss-no-mdn-request", "MSS/UX.33.01", words="accusé de lecture"),
    fault("mss-traces-missing", "MSS/CONF.17.01", "MSS/CONF.18.01", words="tracé"),
    fault("mss-traces-without-answer", "MSS/CONF.18.01", words="répondu"),
    fault("mss-traces-without-failures", "MSS/CONF.18.01", words="échec"),
    fault("mss-autoconfig-ignored", "MSS/CONF.04.01", words="n’a pas été lu"),
    fault("mss-autoconfig-file-unused", "MSS/CONF.04.01", words="autres réglages"),
    fault("mss-imap-talks-before-tls", "MSS/CONF.04.01", "MSS/CONF.06.01", "MSS/CONF.07.01", words="avant STARTTLS"),
    fault("mss-password-not-token", "MSS/CONF.07.01", words="XOAUTH2"),
    fault("mss-imap-by-password", "MSS/CONF.07.01", "MSS/CONF.09", words="XOAUTH2", starved=("MSS/UX.36",)),
    fault("mss-imap-without-initial-response", "MSS/CONF.09", words="SASL-IR"),
    fault(
        "mss-failure-spreads",
        "MSS/CONF.08.01",
        words="autre fonction",
        # A box that another defect keeps from being read leaves everything else refused until the end of the run.
        never_with=(
            "mss-imap-by-password",
            "mss-imap-without-initial-response",
            "mss-imap-without-certificate",
            "mss-imap-not-reopened",
            "mss-imap-outlives-login",
            "mss-one-box-at-a-time",
            "mss-revocation-ignored",
        ),
    ),
    fault(
        "mss-imap-outlives-login",
        "MSS/CONF.10.01",
        words="reste ouverte",
        starved=("MSS/UX.36", "MSS/CONF.11.01"),
    ),
    fault("mss-imap-not-reopened", "MSS/CONF.11.01", words="n’a pas rouvert"),
    fault(
        "mss-imap-without-certificate",
        "MSS/CONF.12.01",
        words="certificat de la structure",
        starved=("DOC/va1.31", "MSS/CONF.06.01"),
    ),
    fault("mss-one-box-at-a-time", "MSS/UX.36", words="en ouvrir une autre"),
    fault("mss-mdn-never", "MSS/UX.34.01", words="n’est pas rendu"),
    fault("mss-mdn-as-text", "MSS/UX.34.01", words="structure d’un accusé"),
    fault("mss-mdn-without-original", "MSS/UX.34.01", words="Original-Message-ID"),
    fault("mss-receipt-lost", "MSS/va1.14.01", words="accusé"),
    fault("mss-bounce-as-delivered", "MSS/va1.14.01", words="NON_REMIS"),
    fault("mss-owner-from-subject", "MSS/CONF.24.01", "DOC/va1.31", words="patientId|homonyme"),
    fault("mss-manual-counted-as-automatic", "MSS/UX.16.01", words="statistiques"),
    fault("mss-statistics-of-ever", "MSS/UX.16.01", words="de 2020"),
    fault("mss-replacement-untraced", "MSS/UX.37.01", words="REMPLACEMENT"),
    fault("mss-history-of-last-action", "MSS/UX.37.01", words="RECEPTION"),
    fault("mss-platform-without-recipient", "MSS/va1.23.01", "MSS/va1.24.01", words="PRT-15"),
    fault("mss-partial-as-complete", "MSS/va1.32.01", "DMP/va1.15.01", words="où en est l’examen"),
    fault("mss-rank-of-colleague", "MSS/va1.30.01", words="RPPS-rang"),
    fault("mss-revocation-ignored", "MSS/CONF.22.01", words="révoqué"),
    fault("mss-revocation-not-kept", "MSS/CONF.22.01", words="perd la connexion"),
]
