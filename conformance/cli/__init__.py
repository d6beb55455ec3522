"""The command line: one module a command, imported when it is used, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from conformance import __version__
from conformance.cli.codes import BENCH, INCOMPLETE, USAGE
from conformance.cli.french import clicks_own_words

COMMANDS = (
    "run",
    "plan",
    "coverage",
    "check",
    "pack",
    "replay",
    "report",
    "seal",
    "verify",
    "gate",
    "diff",
    "doctor",
    "init",
    "bench",
    "catalogue",
    "delta",
    "dossier",
)


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"conformance.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion when the name is nearly right (click 8.1 offers none)."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f"Vouliez-vous dire « {near[0]} » ?" if near else f"Permis : {', '.join(COMMANDS)}."
            ctx.fail(f"Commande inconnue « {name} ». {hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    subcommand_metavar="COMMANDE [ARGUMENTS]…",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=(
        "Codes de sortie : 0 conforme, 1 non-conformité, 2 mauvais usage, 3 faute du banc, "
        "4 incomplet (rien de non conforme, mais il reste à vérifier ou à examiner)."
    ),
)
@click.version_option(__version__, prog_name="segur-conformance", help="Affiche la version.")
def cli() -> None:
    """Juge la conformité d’un logiciel de santé aux exigences du référencement Ségur."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (``sys.argv`` by default); gives the process’s exit code, see ``codes``."""
    _speak_utf8()
    with clicks_own_words() as language:
        try:
            code = cli.main(None if argv is None else list(argv), standalone_mode=False, obj=language)
        except click.ClickException as problem:
            problem.show()
            return USAGE
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrompu.", err=True)
            return INCOMPLETE
        except _data_error() as problem:
            from conformance.cli.view import say

            say(f"Erreur : {problem}", error=True)
            return USAGE
        except OSError as problem:
            click.echo(f"Erreur : {problem.filename or 'système'} : {problem.strerror or problem}", err=True)
            return BENCH
        except Exception:  # noqa: BLE001  (told in full; Python would end with 1, which here accuses the vendor)
            traceback.print_exc()
            return BENCH
    return code if isinstance(code, int) else 0


def _data_error() -> type[Exception]:
    """Looked up only once something is raised, for its module brings YAML along."""
    from conformance.model.yamlfile import DataError

    return DataError


def _speak_utf8() -> None:
    """French needs more than the code page of a Windows console; a character it lacks must not end a run."""
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(encoding="utf-8", errors="replace")
