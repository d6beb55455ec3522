"""What each defect in the biology reports it receives turns red."""

from __future__ import annotations

from fault import fault

FAULTS = [
    fault("bio-critical-as-abnormal", "BIO/va1.01.01", words="CRITIQUE"),
    fault("bio-files-unknown-patient", "BIO/va1.01.01", words="personne inconnue", starved=("MSS/UX.16.01",)),
    fault("bio-replaces-silently", "BIO/va1.02.01", words="trace", starved=("MSS/UX.37.01",)),
    fault("bio-one-unit", "BIO/va1.03.01", words="mmol/L"),
    fault("bio-unit-rewritten", "BIO/va1.04.01", words="unité"),
    fault("bio-comment-unseen", "BIO/va1.05.01", words="COMMENTAIRE"),
    fault("bio-range-ignored", "BIO/va1.06.01", words="HORS_INTERVALLE"),
    fault("bio-subcontract-by-name", "DOC/va1.31", words="homonyme"),
    fault("bio-subcontract-by-ins", "DOC/va1.31", words="aucune demande"),
    fault("bio-subcontract-number-unchecked", "DOC/va1.31", words="autre usager"),
    fault("bio-subcontract-waits", "DOC/va1.31", words="n’est pas rangé"),
    fault("bio-received-without-pdf", "DOC/va1.31", words="PDF/A-1 du sous-traitant"),
]
