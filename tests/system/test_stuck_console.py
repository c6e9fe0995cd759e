"""A console that nobody reads any more: the games go on, and later it says what is missing."""

import os
import re
import signal
from collections.abc import Callable

import pytest

from tests.system.process import PATIENCE, Running, Shell
from tests.system.visitors import Visitors

LEFT_OUT = re.compile(r"\((\d+) lines were left out here\)")

IN_THE_BACKGROUND = ': <>"$0"; stty tostop; set -m; "$@" & echo "job $!"; read forever'
"""A terminal that stops whoever writes on it while somebody else has it (termios(3), TOSTOP)."""

LONG = b"c1q" + b"\0" * 200
"""Makes a line of some 850 characters, beside that of the arrival."""


PATIENT = f"import ttt_cli.outlet\nttt_cli.outlet._LAST_WORDS = {PATIENCE}\n"
"""Gives the last lines as long as they take: they are read, but the machine may be slow."""


def through_the_keyhole(shell: Shell, besides: str = "") -> Running:
    """Start the server on a terminal that is somebody else's: it may not open that once more.

    The code `besides` runs before it, too.
    """
    (shell.directory / "sitecustomize.py").write_text(
        "import os\n"
        "really = os.open\n"
        "def refuse(path, *rest, **others):\n"
        "    if str(path).startswith('/proc/self/fd/'):\n"
        "        raise PermissionError\n"
        "    return really(path, *rest, **others)\n"
        f"os.open = refuse\n{besides}"
    )
    path = str(shell.directory)
    return shell.start_on_terminal("serve", "--port", "0", PYTHONPATH=path)


@pytest.mark.parametrize(
    "start",
    [
        lambda shell: shell.start("serve", "--port", "0"),
        lambda shell: shell.start_with_journal("serve", "--port", "0"),
        lambda shell: shell.start_on_terminal("serve", "--port", "0"),
        lambda shell: shell.start_on_terminal("serve", "--port", "0", "--no-color"),
        lambda shell: through_the_keyhole(shell, PATIENT),
    ],
    ids=["pipe", "journal", "terminal", "terminal without colours", "terminal of somebody else"],
)
def test_holds_up_no_game_and_counts_what_it_misses(
    start: Callable[[Shell], Running], shell: Shell, visitors: Visitors
) -> None:
    server = start(shell)
    port = server.listening()
    game = visitors.game(port)
    for _ in range(5):
        for _ in range(80):  # more than a pipe or a terminal holds
            visitors.connect(port).say(LONG)
        game.play(1)
    visitors.leave()

    def meets_and_says_so() -> bool:
        visitors.connect(port).say(b"c1q")
        server.look()
        return LEFT_OUT.search(server.text) is not None

    shell.until(meets_and_says_so)
    assert server.stop(signal.SIGTERM) == 0
    lines = [re.sub("^<[0-7]>", "", line) for line in server.lines]
    missing = [int(match[1]) for line in lines if (match := LEFT_OUT.fullmatch(line))]
    shown = [line for line in lines if not LEFT_OUT.fullmatch(line)]
    logged = [line.partition(": ")[2] for line in shell.log_lines]
    assert len(shown) + sum(missing) == len(logged)
    assert set(shown) <= set(logged)
    assert shown[-1] == "The server has stopped"


def test_that_belongs_to_somebody_else_and_is_read_never_again_lets_the_server_end(
    shell: Shell, visitors: Visitors
) -> None:
    server = through_the_keyhole(shell)
    port = server.listening()
    for _ in range(400):
        visitors.connect(port).say(LONG)
    visitors.leave()
    server.signal(signal.SIGTERM)
    assert server._process.wait(PATIENCE) == 0


def test_that_stops_whoever_writes_in_the_background_does_not_stop_the_server(
    shell: Shell, visitors: Visitors
) -> None:
    terminal = shell.start_on_terminal("serve", "--port", "0", script=IN_THE_BACKGROUND)
    # The shell and the server write when they come to it: looked for, and not passed by.
    job = int(terminal.expect(r"(?s)(?=.*job (\d+)\n)")[1])
    try:
        visitors.game(terminal.listening()).play(5)
        terminal.expect("Player 2 beats player 1")
    finally:
        visitors.leave()
        os.kill(job, signal.SIGKILL)
