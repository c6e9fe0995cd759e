"""The manual: what it must not leave out, and where its own links go."""

import re
from pathlib import Path

import click
import pytest

from ttt_cli.main import COMMANDS, cli
from ttt_net import Limits

MANUAL = (Path(__file__).parent.parent / "docs" / "manual.md").read_text("utf-8")


WAITS = {
    "a new connection": Limits().greeting,
    "a player to confirm": Limits().confirmation,
    "a waiting player": Limits().echo_every * (Limits().echoes_unanswered + 1),
    "a move": Limits().thinking,
    "a player's machine": Limits().peer_timeout,
    "a player to read": Limits().linger,
    "running games": Limits().drain,
    "players to read": Limits().stopping,
}
"""How the rows of the table of waiting times begin, and what each of them tells."""


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


@pytest.mark.parametrize("name", ["serve", "play"])
def test_each_number_that_holds_by_default_stands_in_the_row_of_its_option(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    for option in command.params:
        if type(option.default) in (int, float):
            row = re.search(rf"\| `{option.opts[0]} [^|]*\|[^|]*\| ([^|]+) \|", MANUAL)
            assert row, option.opts
            assert row[1] == f"{option.default:g}", option.opts


def test_it_waits_as_long_as_the_limits_say() -> None:
    _, _, table = MANUAL.partition("## How long the server waits")
    rows = re.findall(r"^\| ([^|]+) \| ([\d.]+) s", table, re.MULTILINE)[: len(WAITS)]
    assert all(words.startswith(begin) for (words, _), begin in zip(rows, WAITS, strict=True))
    assert [float(seconds) for _, seconds in rows] == list(WAITS.values())
    assert f"(it is asked every {Limits().echo_every:g} s)" in table


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
