"""The manual: what it must not leave out, and where its own links go."""

import re
from pathlib import Path

import click
import pytest

from ttt_cli.main import COMMANDS, cli

MANUAL = (Path(__file__).parent.parent / "docs" / "manual.md").read_text("utf-8")


def options(name: str) -> list[tuple[str, str]]:
    """Return the options of a command, each with its environment variable."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    found = [option for option in command.params if isinstance(option, click.Option)]
    return [(option.opts[0], f"TTT_{name}_{option.name}".upper()) for option in found]


def slug(heading: str) -> str:
    """Return what a link to a heading is called."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", ["serve", "play"])
def test_each_option_has_a_row_with_its_variable(name: str) -> None:
    rows = [line for line in MANUAL.splitlines() if line.startswith("| `--")]
    for option, variable in options(name):
        found = [row for row in rows if re.match(rf"\| `{option}[ `]", row) and variable in row]
        assert len(found) == 1, option


def test_each_command_is_told_of() -> None:
    assert [name for name in COMMANDS if f"ttt {name} " not in MANUAL] == []


def test_its_links_within_itself_lead_somewhere() -> None:
    headings = {slug(line.lstrip("# ")) for line in MANUAL.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]+)\)", MANUAL)) - headings == set()


def test_each_file_that_it_installs_is_there() -> None:
    named = re.findall(r"docs/deploy/[\w.]+", MANUAL)
    root = Path(__file__).parent.parent
    assert named
    assert [name for name in named if not (root / name).is_file()] == []
