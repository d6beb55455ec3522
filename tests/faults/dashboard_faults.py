"""What each defect in the counts of its dashboard turns red."""

from __future__ import annotations

from fault import fault

FAULTS = [
    fault("tbb-forgets-patients", "TBB/va1.03.01", "TBB/va1.05.01", "TBB/va1.01.01", words="envois aux patients"),
    fault("tbb-ignores-ins", "TBB/va1.03.01", words="INS non qualifiée"),
    fault("tbb-failures-as-sent", "TBB/va1.05.01", "TBB/va1.01.01", words="ECHEC"),
    fault("tbb-without-types", "TBB/va1.01.01", words="AUTRE"),
    fault("tbb-without-masking", "TBB/va1.04", words="masqués"),
]
