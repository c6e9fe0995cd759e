"""The installed commands by their names: help, version, and what `ttt serve` can be told."""

import re
import socket
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.system.process import COMMAND, Shell
from tests.system.visitors import Visitors, needs_ipv6

TTT_SERVER = str(Path(COMMAND).with_name("ttt-server"))

OPTIONS = {
    "--port": "",
    "--host": "",
    "--log-file": "default: ttt_server.log",
    "--no-log-file": "",
    "--log-level": "default: INFO",
    "--log-max-size": "default: 10",
    "--log-keep": "default: 5",
    "--bot-after": "",
    "--bot-level": "default: human",
    "--bot-thinks": "default: 1.0",
    "--proxy-protocol": "default: whoever comes",
    "--metrics-port": "default: none",
    "--metrics-host": "default: 127.0.0.1",
    "--max-connections": "default: what the limit on open files has room for",
    "--move-timeout": "default: 120.0",
    "--greeting-timeout": "default: 10.0",
    "--confirm-timeout": "default: 3.0",
    "--linger": "default: 60.0",
    "--peer-timeout": "default: 30.0",
    "--drain": "default: 2.0",
    "--no-color": "",
}


@pytest.mark.parametrize(
    "command", [[COMMAND], [TTT_SERVER], [sys.executable, "-m", "ttt_cli"]], ids=str
)
def test_each_of_its_names_gives_help(command: list[str], shell: Shell) -> None:
    done = shell.run([*command, "-h"])
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(r"Usage: ttt(-server)? \[OPTIONS\] COMMAND \[ARGS\]\.\.\.\n", done.stdout)
    assert re.search(r"^  serve +Run the game server", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", [COMMAND, TTT_SERVER])
def test_its_version_is_that_of_the_distribution(command: str, shell: Shell) -> None:
    done = shell.run([command, "--version"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f", version {version('ttt-server')}\n")


def test_the_help_tells_of_each_option_its_variable_and_its_default(shell: Shell) -> None:
    done = shell.run([COMMAND, "serve", "-h"])
    assert (done.returncode, done.stderr) == (0, "")
    # Each option begins a line that is indented by two.
    entries = [" ".join(entry.split()) for entry in re.split(r"\n  (?=-)", done.stdout)[1:-1]]
    assert [entry.split()[0] for entry in entries] == list(OPTIONS)
    for entry, (option, default) in zip(entries, OPTIONS.items(), strict=True):
        assert f"env var: TTT_SERVE_{option[2:].upper().replace('-', '_')}" in entry
        assert default in entry


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "8080x"],
        ["--port", "0", "--log-level", "LOUD"],
        ["--port", "0", "--log-max-size", "0"],
        ["--port", "0", "--max-connections", "0"],
        ["--port", "0", "--move-timeout", "-1"],
        ["--port", "0", "--move-timeout", "nan"],
        ["--port", "0", "--greeting-timeout", "0"],
        ["--port", "0", "--confirm-timeout", "5"],
        ["--port", "0", "--linger", "soon"],
        ["--port", "0", "--peer-timeout", "inf"],
        ["--port", "0", "--drain", "-0.1"],
        ["--port", "0", "--bot-after", "1", "--move-timeout", "1"],
        ["--port", "0", "8080"],
    ],
    ids=str,
)
def test_an_option_that_makes_no_sense_is_a_usage_error(
    arguments: list[str], shell: Shell
) -> None:
    done = shell.run([COMMAND, "serve", *arguments])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: ttt serve [OPTIONS]\n")
    assert not shell.log.exists()


def answers(port: int, host: str) -> bool:
    try:
        socket.create_connection((host, port)).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("127.0.0.1", "::1"),
        pytest.param("::1", "127.0.0.1", marks=needs_ipv6),
    ],
)
def test_only_the_address_of_its_host_is_listened_to(
    host: str, other: str, shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0", "--host", host)
    port = server.listening()
    assert not answers(port, other)
    visitors.confirmed(port, host)
    server.expect(r"Received connection from .*: player 1\n")


@pytest.mark.parametrize("by", ["option", "environment"])
def test_an_address_that_the_machine_does_not_have_ends_it_with_code_1(
    by: str, shell: Shell
) -> None:
    if by == "option":
        server = shell.start("serve", "--port", "0", "--host", "203.0.113.7")
    else:
        server = shell.start("serve", TTT_SERVE_PORT="0", TTT_SERVE_HOST="203.0.113.7")
    assert server.wait() == 1
    assert re.fullmatch(
        r"Cannot reserve port 0 of 203\.0\.113\.7: "
        r"this machine does not have that address \(.+\)\n",
        server.text,
    )


def test_a_port_that_is_changed_to_is_tried_on_the_same_address(
    shell: Shell,
) -> None:
    server = shell.start_on_terminal("serve", "--port", "0", "--host", "203.0.113.7")
    server.answer(r"\[R\]etry\? $", "c\n")
    server.answer("the port: $", "0\n")
    server.answer(r"Cannot reserve port 0 of 203\.0\.113\.7: .*\n.*\[R\]etry\? $", "a\n")
    assert server.wait() == 1
