"""Every fault of the reference LPS, one module a section."""

from __future__ import annotations

import ann_faults
import bio_faults
import catalogue_faults
import child_faults
import dashboard_faults
import dmp_faults
import documents_faults
import hl7_faults
import imaging_faults
import ins_faults
import intra_faults
import mss_faults
import psc_faults
from fault import Fault

FAULTS: list[Fault] = [
    *ins_faults.FAULTS,
    *hl7_faults.FAULTS,
    *documents_faults.FAULTS,
    *dashboard_faults.FAULTS,
    *catalogue_faults.FAULTS,
    *child_faults.FAULTS,
    *mss_faults.FAULTS,
    *dmp_faults.FAULTS,
    *imaging_faults.FAULTS,
    *psc_faults.FAULTS,
    *ann_faults.FAULTS,
    *bio_faults.FAULTS,
    *intra_faults.FAULTS,
]
