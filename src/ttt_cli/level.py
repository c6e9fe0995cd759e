"""The option `--bot-level`, the same wherever the computer plays, and where it does not."""

import click
from click.core import ParameterSource

from ttt_core import Level

level_option = click.option(
    "--bot-level",
    type=click.Choice([level.name.lower() for level in Level], case_sensitive=False),
    default=Level.HUMAN.name.lower(),
    show_default=True,
    show_envvar=True,
    help="How well the computer plays: without a mistake, or erring in three moves of ten.",
)


def refuse_without(needed: str, *names: str) -> None:
    """Raise click.UsageError if an option was typed that does nothing without `needed`.

    `names` are those of the parameters. What the environment says is a wish for whenever
    the computer plays, and is no mistake.
    """
    context = click.get_current_context()
    for name in names:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            msg = f"--{name.replace('_', '-')} does nothing without {needed}."
            raise click.UsageError(msg)
