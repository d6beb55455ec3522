"""What each defect in what it takes from the Annuaire Santé turns red."""

from __future__ import annotations

from fault import fault

FAULTS = [
    fault("ann-reads-latin1", "ANN/va1.01.01", "ANN/va1.02.01", "ANN/va1.03.01", words="prénom"),
    fault("ann-report-hides-rejects", "ANN/va1.01.01", words="décompte"),
    fault("ann-user-not-refreshed", "ANN/va1.02.01", words="nom d’exercice"),
    fault("ann-correspondent-not-refreshed", "ANN/va1.03.01", words="nom d’exercice"),
    fault("ann-any-mail", "ANN/va1.05.01", "ANN/va1.06.01", "MSS/CONF.20.01", words="adresse MSSanté"),
    fault("ann-address-kept", "ANN/va1.06.01", words="aujourd’hui"),
]
