"""The identity that the PID segment of an HL7 v2 message carries: reading it, no judgement."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.hl7v2.message import Message, Segment, component, repetitions
from conformance.checks.ins.traits import Carried, InsId, iso_date
from conformance.model.identity import INS_OIDS, Identity


def identity_of(message: Message) -> Carried:
    """The identity that PID carries, by position; empty where it says nothing."""
    pid = message.first("PID")
    if pid is None:
        return Carried(Identity.read({"oid": ""}), message.name)
    values: dict[str, str] = {
        "date_naissance": iso_date(component(pid.field(7), 1)),
        "sexe": component(pid.field(8), 1),
    }
    places = {"date_naissance": message.where(pid, "PID-7"), "sexe": message.where(pid, "PID-8")}
    for rank, name in enumerate(repetitions(pid.field(5)), start=1):
        # L is the name of birth; the first repetition without a type is read as such.
        if component(name, 7) == "L" or (rank == 1 and not component(name, 7)):
            parts = {"nom_naissance": 1, "premier_prenom": 2, "prenoms": 3}
        elif component(name, 7) == "D":
            parts = {"nom_utilise": 1, "prenom_utilise": 2}
        else:
            continue
        for trait, number in parts.items():
            values.setdefault(trait, component(name, number))
            places.setdefault(trait, message.where(pid, f"PID-5[{rank}].{number}"))
    for rank, address in enumerate(repetitions(pid.field(11)), start=1):
        if component(address, 7) == "BDL":
            values["lieu_naissance"] = component(address, 9)
            places["lieu_naissance"] = message.where(pid, f"PID-11[{rank}].9")
    ids = tuple(ins for ins, _ in ins_of(message, pid))
    if ids:
        values |= {"matricule": ids[0].matricule, "oid": ids[0].oid}
        places |= {"matricule": ids[0].where, "oid": ids[0].where}
    return Carried(Identity.read({"oid": "", **values}), message.name, places, ids)


def ins_of(message: Message, pid: Segment) -> Iterator[tuple[InsId, str]]:
    """The repetitions of PID-3 that say, one way or another, that they are an INS."""
    for rank, value in enumerate(repetitions(pid.field(3)), start=1):
        oid, authority = component(value, 4, 2), component(value, 4)
        if oid in INS_OIDS or component(value, 5) == "INS" or authority.startswith("ASIP-SANTE-INS-NI"):
            yield InsId(component(value, 1), oid, message.where(pid, f"PID-3[{rank}]")), value
