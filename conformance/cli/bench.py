"""``bench``: start the simulated services alone, and show what reaches them, until told to stop."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.french import Command

PORTS = ("insi", "dmp", "psc", "wallet", "mss", "annuaire", "imap", "autoconfig", "revocation", "hl7", "hl7s")


class Ports(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.2 only
    """A list such as ``insi=18443,dmp=18444``."""

    name = "ports"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, int]:
        """The ports listed, by service."""
        if isinstance(value, dict):
            return value
        found: dict[str, int] = {}
        for word in str(value).split(","):
            name, _, number = word.strip().partition("=")
            if name not in PORTS or not (number.isdecimal() and int(number) < 65536):
                example = "insi=18443,dmp=18444"
                self.fail(f"« {word} » : écrivez {example}, les services étant {', '.join(PORTS)}", param, ctx)
            found[name] = int(number)
        return found


@click.command("bench", cls=Command, short_help="Démarre le banc seul et montre ce qui y arrive.")
@click.option("--vendor", metavar="FICHIER", help="Configuration de l’éditeur : fichier, ou nom de vendor_configs/.")
@click.option("--ports", type=Ports(), metavar="NOM=PORT,…", help=(
    "Ports fixes, au lieu de ceux de l’éditeur : insi, dmp, psc, wallet, mss, annuaire, hl7, hl7s."
))  # fmt: skip
@click.option(
    "--identity",
    "people",
    type=click.IntRange(0, 99),
    default=0,
    metavar="N",
    help="Inventer N usagers que connaissent INSi et le DMP, et afficher leurs traits.",
)
@click.option(
    "--record", type=click.Path(path_type=Path), metavar="DOSSIER", help="Où garder les échanges (défaut : nulle part)."
)
def command(vendor: str | None, ports: dict[str, int] | None, people: int, record: Path | None) -> int:
    """Démarre les services simulés, sans logiciel ni scénario, et affiche chaque échange reçu, jusqu’à Ctrl-C.

    Rien n’est jugé. Sortie 0 à l’arrêt demandé, 3 si le banc ne peut pas démarrer.
    """
    from conformance.cli.bench_session import Asked, serve

    return serve(Asked(vendor, ports or {}, people, record))
