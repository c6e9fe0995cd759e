"""The transcript of a game in docs/manual.md, played again."""

import os
import re
from io import StringIO
from pathlib import Path

from ttt_cli.keyboard import Keyboard
from ttt_cli.local import play_local
from ttt_cli.screen import Screen

MANUAL = (Path(__file__).parents[2] / "docs" / "manual.md").read_text()


def test_the_game_in_the_manual_goes_as_it_says() -> None:
    (moves,) = re.findall(r"`printf '([^']*)' \| ttt play --local`", MANUAL)
    (transcript,) = re.findall(r"^```transcript\n(.*?)^```", MANUAL, re.DOTALL | re.MULTILINE)
    ours, theirs = os.pipe()
    os.write(theirs, moves.replace("\\n", "\n").encode())
    os.close(theirs)
    screen = StringIO()
    play_local(Screen(screen), Keyboard(ours), bot=None)
    os.close(ours)
    assert [line.rstrip() for line in screen.getvalue().splitlines()] == transcript.splitlines()
