"""``pytest tests/faults --defect NAME`` plays one defect alone, in every profile it touches.

Without options, every defect of the doctors' profile is played; ``--every-profile`` plays all the defects, and kills each
automated scenario in every profile that selects it: half an hour on two cores.
"""

from __future__ import annotations

import pytest
from faults import FAULTS
from sweep import FIRST, Outing, automated_in, outings, profiles


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--defect", action="append", default=[], metavar="NAME", help="play this defect alone")
    parser.addoption(
        "--every-profile", action="store_true", help="kill every scenario in every profile that selects it"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "outing" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("--defect", default=[])
    everywhere = metafunc.config.getoption("--every-profile", default=False)
    alone = [fault for fault in FAULTS if fault.defect in wanted]
    planned = (
        [
            Outing(profile, (fault,))
            for fault in alone
            for profile in profiles()
            if fault.plays_in(profile) and fault.red & automated_in(profile)
        ]
        if wanted
        else [outing for outing in outings(FAULTS, every_profile=everywhere) if everywhere or outing.profile == FIRST]
    )
    names = [f"{n:02}-{outing.profile}" for n, outing in enumerate(planned)]
    metafunc.parametrize("outing", planned, ids=names)
