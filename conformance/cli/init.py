"""``init``: a vendor configuration to fill in, and what to type next."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import click

from conformance.cli.french import Command

FOLDER = Path("vendor_configs")
TEMPLATE = Path(__file__).resolve().parent / "template.yaml"
_EXAMPLE = "editeur-exemple"
_SCRIPT = "run_conformance.py"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@click.command("init", cls=Command, short_help="Prépare la configuration d’un éditeur.")
@click.argument("name", metavar="NOM")
@click.option("--url", metavar="URL", help="Adresse de l’API Pilote LPS d’un logiciel qui tourne déjà.")
def command(name: str, url: str | None) -> int:
    """Écrit vendor_configs/NOM.yaml d’après le modèle commenté, et dit quoi faire ensuite.

    NOM : minuscules, chiffres et tirets. Un fichier qui existe n’est jamais changé.
    """
    from conformance.cli.view import say

    if not _NAME.fullmatch(name):
        hint = f" Par exemple : {slug}." if (slug := _slug(name)) else ""
        raise click.BadParameter(f"« {name} » : minuscules, chiffres et tirets seulement.{hint}", param_hint="« NOM »")
    if url is not None and not re.fullmatch(r"https?://[!-~]+", url):
        example = "http://127.0.0.1:8765/pilote/v1"
        raise click.BadParameter(
            f"« {url} » : une adresse http ou https, par exemple {example}", param_hint="« --url »"
        )
    path = FOLDER / f"{name}.yaml"
    FOLDER.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(filled(TEMPLATE.read_text(encoding="utf-8"), name, url))
    except FileExistsError:
        raise click.BadParameter(f"{path} existe déjà, et n’a pas été changé.", param_hint="« NOM »") from None
    say(_next(path, name, url))
    return 0


def filled(template: str, name: str, url: str | None) -> str:
    """The template for that vendor.

    With an address, the software runs by itself: the bench is one that is kept, on fixed ports.
    """
    text = template.replace(f"vendor: {_EXAMPLE}", f"vendor: {name}").replace(_EXAMPLE, name)
    if url is None:
        return text
    text = re.sub(r"(?m)^  url: .*$", lambda _: f"  url: {json.dumps(url)}", text, count=1)
    head, mark, bench = text.partition("#: bench:\n")
    bench = re.sub(r"(?m)^  #: (folder|ports):", r"  \1:", bench)
    return f"{head}{mark.removeprefix('#: ')}{bench}"


def _next(path: Path, name: str, url: str | None) -> str:
    # From a clone whose environment was not entered, the installed name is not one that can be typed.
    cloned = click.get_current_context().find_root().info_name == _SCRIPT
    program = f"python {_SCRIPT}" if cloned else "segur-conformance"
    steps = [f"{program} doctor --vendor {name}", f"{program} run --vendor {name}"]
    steps.insert(0 if url else 1, f"{program} bench --vendor {name} --identity 2")
    kept = f" Le banc y est gardé d’une exécution à l’autre (bench.folder, {name}.banc)." if url else ""
    return "\n".join(
        (
            f"{path} est écrit.{kept} Remplissez-y name, software et options, puis tapez :",
            *(f"  {rank}. {step}" for rank, step in enumerate(steps, start=1)),
        )
    )


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
