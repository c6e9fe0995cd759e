"""What lines that stay tell in words, where a terminal that is redrawn shows a sign."""

from tests.cli.screens import piped
from ttt_core import Board


def test_it_is_told_who_took_which_square_and_which_line_wins() -> None:
    screen, stream = piped()
    screen.show(Board().play(4), "You win.", last=6, by="You", line=(2, 4, 6))
    assert stream.getvalue().splitlines()[-4:] == [
        *("", "You took 7.", "The winning line is 3, 5, 7.", "You win."),
    ]


def test_it_is_told_every_half_minute_for_how_long_it_has_waited() -> None:
    screen, stream = piped()
    for _ in range(2):
        screen.say("Waiting…")
        for seconds in (*range(1, 30), *range(31, 65)):
            screen.beat(seconds)
    assert stream.getvalue().splitlines() == ["Waiting…", "Waiting… 31 s", "Waiting… 60 s"] * 2
