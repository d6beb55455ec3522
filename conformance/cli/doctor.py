"""``doctor``: say whether everything is there to play a run."""

from __future__ import annotations

from itertools import chain

import click

from conformance.cli.french import Command


@click.command("doctor", cls=Command, short_help="Vérifie la machine, le banc et le logiciel.")
@click.option("--vendor", metavar="FICHIER", help="Configuration de l’éditeur : fichier, ou nom de vendor_configs/.")
def command(vendor: str | None) -> int:
    """Vérifie la machine, le banc et le logiciel, et dit quoi faire.

    Sortie 0 si tout va bien, 3 si le banc ne peut pas servir, 4 si le logiciel ne répond pas.
    """
    from conformance.cli.checkup import bench_and_software, machine
    from conformance.cli.view import say
    from conformance.model.vendor import load_vendor
    from conformance.runs import find_vendor

    config = None if vendor is None else load_vendor(find_vendor(vendor))
    codes = {0}
    for line in chain(machine(), bench_and_software(config)):
        say(str(line))
        codes.add(line.code)
    # The bench first: a software cannot answer a bench that does not stand.
    return min(codes - {0}, default=0)
