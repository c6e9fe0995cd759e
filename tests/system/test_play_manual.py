"""The transcripts of games in docs/manual.md, played again with the installed command."""

import re
from pathlib import Path

from tests.system.hosts import HOST
from tests.system.process import Running, Shell

MANUAL = (Path(__file__).parents[2] / "docs" / "manual.md").read_text("utf-8")
MOVES = re.findall(r"`printf '([^']*)' \| ttt play (localhost 8080|--local)`", MANUAL)
TRANSCRIPTS = re.findall(r"^```transcript\n(.*?)^```", MANUAL, re.DOTALL | re.MULTILINE)


def lines(player: Running) -> list[str]:
    assert player.wait() == 0
    *shown, end = player.window(80)
    assert end == ""
    return [line.rstrip() for line in shown]


def test_there_is_one_game_through_a_server_and_one_without() -> None:
    assert [where for _, where in MOVES] == ["localhost 8080", "--local"]
    assert len(TRANSCRIPTS) == 2


def test_the_game_through_a_server_goes_as_the_manual_says(shell: Shell) -> None:
    port = str(shell.start("serve", "--host", HOST, "--port", "0").listening())
    other = shell.start_piped("play", HOST, port, typed="1\n2\n")
    other.expect("Waiting for an opponent")
    moves = MOVES[0][0].replace("\\n", "\n")
    player = shell.start_piped("play", HOST, port, typed=moves)
    assert lines(player) == TRANSCRIPTS[0].splitlines()
    assert lines(other)[-3:] == ["You lose.", "Play again? (y/n)", "Goodbye."]


def test_the_game_without_a_server_goes_as_the_manual_says(shell: Shell) -> None:
    moves = MOVES[1][0].replace("\\n", "\n")
    assert lines(shell.start_piped("play", "--local", typed=moves)) == TRANSCRIPTS[1].splitlines()
