"""What each defect in its mail turns red."""

from __future__ import annotations

from fault import fault

TO_PATIENT = ("MSS/va1.01.01", "MSS/va1.17.01", "MSS/va1.34.01", "MSS/CONF.23.01")
"""What judges all that a patient receives."""
TO_PEER = ("MSS/va1.21.01", "MSS/va1.33.01", "MSS/va1.31.01 (envoi-manuel)")
"""What judges all that a colleague receives."""

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
    fault("mss-no-dsn-request", "MSS/va1.15.01", words="Return-Receipt-To"),
    fault("mss-raw-from", "MSS/va1.16.01", words="libellé"),
    fault("mss-patient-address-without-key", "MSS/va1.19.01", "MSS/va1.34.01", "MSS/UX.32.01", words="adresse"),
    fault("mss-writes-to-unqualified", "MSS/va1.19.02", "MSS/UX.32.01", words="courriel"),
    fault("mss-ignores-patient-refusal", "MSS/va1.20.01", words="courriel"),
    fault("mss-ignores-professional-refusal", "MSS/va1.22.01", words="courriel"),
    fault("mss-replacement-without-mention", "MSS/va1.02.01", "MSS/va1.35.01", "MSS/va1.13.01", words="remplace"),
    fault("mss-short-groups", "MSS/CONF.03.01", words="groupe DH|courbe"),
    fault("mss-old-tls", "MSS/CONF.01.01", "MSS/CONF.03.01", "MSS/va1.31.01", words="TLS 1.1|groupe DH"),
    fault("mss-refuses-newer-operator", "MSS/CONF.02.01", words="TLS 1.3"),
    fault("mss-talks-before-tls", "MSS/CONF.05.01", "MSS/va1.03.01", words="avant STARTTLS"),
    fault("mss-nothing-automatic", "MSS/va1.21.01", "MSS/va1.29.01", words="de soi-même"),
    fault("mss-automatic-from-personal", "MSS/va1.29.01", words="certificat client"),
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
]
