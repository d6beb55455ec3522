"""What each defect in its mail turns red."""

from __future__ import annotations

from fault import fault

FAULTS = [
    fault("mss-patient-without-xdm", "MSS/va1.01.01", "MSS/va1.17.01", words="IHE_XDM"),
    fault("xdm-wrong-hash", "MSS/va1.01.01", "MSS/va1.17.01", words="empreinte"),
    fault("mss-any-suite", "MSS/va1.03.01", words="suite de chiffrement"),
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
    fault("mss-patient-address-without-key", "MSS/va1.19.01", words="adresse"),
    fault("mss-writes-to-unqualified", "MSS/va1.19.02", words="courriel"),
    fault("mss-ignores-patient-refusal", "MSS/va1.20.01", words="courriel"),
    fault("mss-ignores-professional-refusal", "MSS/va1.22.01", words="courriel"),
    fault("mss-replacement-without-mention", "MSS/va1.02.01", words="remplace"),
]
