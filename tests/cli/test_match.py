"""A match over a real connection, with plain lines in and out."""

from collections.abc import Iterator

import pytest

from tests.cli.seats import WELCOME, Play
from tests.cli.stage import GREETING, TURN, Cue, look
from ttt_cli import match as match_module
from ttt_cli.match import BEAT, NOT_YET, WAITING, YOUR_MOVE, CutShort, Ending


@pytest.fixture
def game(monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """Input from a pipe, output as plain lines."""
    play = Play()
    monkeypatch.setattr(match_module, "select", play.stage)
    yield play
    play.close()


WON = ("1\n", b"BX        CNI4BX  O     CY", "2\n", b"BXX O     CNI5BXX OO    CY", "3\n")


def test_a_won_game_is_told_from_the_greeting_to_the_result(game: Play) -> None:
    assert game.run(GREETING + TURN, *WON, b"BXXXOO    CWP012") is Ending.PLAYED
    assert game.told == [
        *WELCOME,
        *(YOUR_MOVE, "You took 1.", WAITING, "The other player took 4."),
        *(YOUR_MOVE, "You took 2.", WAITING, "The other player took 5."),
        YOUR_MOVE,
        *("You took 3.", "The winning line is 1, 2, 3.", "You win. Congratulations!"),
    ]
    assert game.lines[-9:-3] == [
        *("*X*|*X*|*X*", "---+---+---", " O | O | 6 ", "---+---+---", " 7 | 8 | 9 "),
        "",
    ]
    assert game.heard() == b"c1c2c3i1i2i3"


def test_a_lost_game_is_told_with_the_line_that_won_it(game: Play) -> None:
    cues: list[Cue] = [b"A7ROI6B         CN", b"I1BX        CY", "4\n", b"BX  O     CN"]
    cues += [b"I2BXX O     CY", "5\n", b"BXX OO    CN", b"I3BXXXOO    CLP012"]
    assert game.run(*cues) is Ending.PLAYED
    assert game.told[2] == "You play O; X moves first."
    assert game.told[4] == WAITING
    assert game.told[-3:] == [
        *("The other player took 3.", "The winning line is 1, 2, 3.", "You lose."),
    ]
    assert "*X*|*X*|*X*" in game.lines
    assert "[X]| 2 | 3 " in game.lines
    assert game.heard() == b"c1c2c3i4i5"


def test_a_drawn_game_is_told(game: Play) -> None:
    cues: list[Cue] = [GREETING + TURN, "1\n", b"BX        CNI2BXO       CY", "3\n"]
    cues += [b"BXOX      CNI5BXOX O    CY", "4\n", b"BXOXXO    CNI6BXOXXOO   CY", "8\n"]
    cues += [b"BXOXXOO X CNI7BXOXXOOOX CY", "9\n", b"BXOXXOOOXXCD"]
    assert game.run(*cues) is Ending.PLAYED
    assert game.told[-2:] == ["You took 9.", "It is a draw."]
    assert " O | X |[X]" in game.lines[-4:]


def test_a_number_that_nothing_follows_is_told_when_it_is_due(game: Play) -> None:
    def hear_no_more() -> None:
        assert game.told == WELCOME[:2]
        assert game.stage.server.recv(16) == b"c1"
        game.stage.hang_up()

    said = game.fail(b"A7", None, hear_no_more)
    assert said == "The connection to the server was lost."
    assert game.stage.waits == [pytest.approx(0.05)]


def test_a_due_time_that_has_passed_is_not_waited_for(game: Play) -> None:
    def be_late() -> None:
        game.stage.now += 100.0
        game.stage.server.sendall(b"R")

    game.fail(b"A7", be_late, None, game.stage.hang_up)
    game.stage.waits.clear()
    game.connector.client._deadline = game.stage.now - 5
    assert game.match._patience() == 0.0
    game.connector.client._deadline = game.stage.now + 5
    assert game.match._patience() == BEAT


def test_lines_from_a_pipe_wait_until_it_is_time_for_them(game: Play) -> None:
    cues: list[Cue] = ["1\n2\n3\n", GREETING + TURN, look]
    cues += [b"BX        CNI4BX  O     CY", b"BXX O     CNI5BXX OO    CY", b"BXXXOO    CWP012"]
    assert game.run(*cues) is Ending.PLAYED
    assert NOT_YET not in game.told
    assert game.heard() == b"c1c2c3i1i2i3"


@pytest.mark.parametrize(
    "typed", ["0", "10", "-1", "1.0", "", "five", "٣", "²", "1 2", "i5", "qq", "00"]
)
def test_what_is_no_square_is_asked_again(game: Play, typed: str) -> None:
    assert game.run(GREETING + TURN, f"{typed}\n", "q\n") is Ending.LEFT
    assert game.told[-2:] == [YOUR_MOVE, f"{typed!r} is no square. {YOUR_MOVE}"]
    assert game.heard() == b"c1c2c3q"


def test_what_is_typed_is_shown_without_its_control_characters(game: Play) -> None:
    game.run(GREETING + TURN, "\x1b[2J\x07\n", "q\n")
    assert game.told[-1] == f"'?[2J?' is no square. {YOUR_MOVE}"


def test_a_taken_square_is_asked_again_and_not_sent(game: Play) -> None:
    cues: list[Cue] = ["1\n", b"BX        CNI4BX  O     CY", "1\n", "4\n", "q\n"]
    assert game.run(GREETING + TURN, *cues) is Ending.LEFT
    assert game.told[-2:] == [f"Square 1 is taken. {YOUR_MOVE}", f"Square 4 is taken. {YOUR_MOVE}"]
    assert game.heard() == b"c1c2c3i1q"


@pytest.mark.parametrize("square", range(1, 10))
def test_each_square_can_be_taken(game: Play, square: int) -> None:
    with pytest.raises(CutShort):
        game.run(GREETING + TURN, f" {square} \n", game.stage.hang_up)
    assert game.heard() == b"c1c2c3i%d" % square


def test_a_move_that_the_server_refuses_is_asked_again(game: Play) -> None:
    assert game.run(GREETING + TURN, "1\n", TURN, "q\n") is Ending.LEFT
    assert game.told[-1] == f"The server did not accept that. {YOUR_MOVE}"


@pytest.mark.parametrize("word", ["q", "Q", "quit", "QUIT", " q "])
def test_q_leaves(game: Play, word: str) -> None:
    assert game.run(GREETING + TURN, f"{word}\n") is Ending.LEFT
    assert game.heard() == b"c1c2c3q"


def test_nothing_is_done_with_what_is_typed_after_q(game: Play) -> None:
    assert game.run(GREETING + TURN, "q\n5\n") is Ending.LEFT
    assert game.heard() == b"c1c2c3q"


def test_the_end_of_the_input_leaves_when_a_move_is_due(game: Play) -> None:
    assert game.run(GREETING + TURN, "") is Ending.LEFT
    assert game.heard() == b"c1c2c3q"


def test_the_last_line_counts_before_the_end_of_the_input(game: Play) -> None:
    game.type("1")
    game.type("")
    cues: list[Cue] = [GREETING + TURN, look, look, b"BX        CN", b"I4BX  O     CY"]
    assert game.run(*cues) is Ending.LEFT
    assert game.heard() == b"c1c2c3i1q"


def test_an_interrupt_comes_out_and_leaving_says_q(game: Play) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        game.run(GREETING + b"B         CY", interrupt)
    game.match.leave()
    assert game.heard() == b"c1c2c3q"


def test_an_interrupt_before_the_greeting_says_q_too(game: Play) -> None:
    game.match.leave()
    assert game.heard() == b"q"


@pytest.mark.parametrize("before", [b"", GREETING, GREETING + TURN])
def test_a_farewell_is_told_without_its_control_characters(game: Play, before: bytes) -> None:
    said = game.fail(before + b"Q\x1b[31mBye\x07\n\xff.", game.stage.hang_up)
    assert said == "The server has ended the game: ?[31mBye??\N{REPLACEMENT CHARACTER}."


def test_a_farewell_without_an_end_is_told_after_ten_seconds(game: Play) -> None:
    said = game.fail(b"A7QTime is up.", *[None] * 10)
    assert said == "The server has ended the game: Time is up."
    assert sum(game.stage.waits) == pytest.approx(10.0)


def test_a_server_that_breaks_the_protocol_ends_the_match(game: Play) -> None:
    said = game.fail(GREETING + b"BX O      CY")
    assert said == (
        "This is no Tic-Tac-Toe server, or it made a mistake: "
        'the board "X O      " does not follow from the one before.'
    )
    assert game.told == WELCOME


def test_a_connection_that_is_lost_ends_the_match(game: Play) -> None:
    said = game.fail(GREETING + TURN, game.stage.hang_up)
    assert said == "The connection to the server was lost."


def test_what_is_no_server_of_the_game_is_quoted_without_its_control_characters(
    game: Play,
) -> None:
    said = game.fail(b"HTTP/1.1 400 \x1b[2J\xff\r\n{}")
    assert said == (
        "This is no Tic-Tac-Toe server, or it made a mistake: "
        'a player number was due, not "HTTP/1.1 400 ?[2J\N{REPLACEMENT CHARACTER}??…".'
    )


def test_a_connection_that_ends_before_a_word_is_told_so(game: Play) -> None:
    said = game.fail(game.stage.hang_up)
    assert said == "The server ended the connection before it had said a word."


@pytest.mark.parametrize("before", [b"", b"A", b"A7RX", b"A7RXI", GREETING + b"B  "])
def test_a_server_that_says_nothing_is_given_up_after_ten_seconds(
    game: Play, before: bytes
) -> None:
    said = game.fail(*([before] if before else []), *[None] * 10)
    assert said == "The server does not answer."
    assert sum(game.stage.waits) == pytest.approx(10.0, abs=0.1)


def test_a_server_without_a_sign_of_life_is_given_up_after_thirty_seconds(game: Play) -> None:
    said = game.fail(b"A7", *[None] * 30, b"Ez", *[None] * 30)
    assert said == "The server does not answer."


def test_a_slow_opponent_is_waited_for(game: Play) -> None:
    game.fail(b"A7ROI6B         CN", *[None] * 200, game.stage.hang_up)


@pytest.mark.parametrize("reason", [b"", b" "])
def test_a_farewell_without_a_reason_is_told_so(game: Play, reason: bytes) -> None:
    said = game.fail(b"Q" + reason, game.stage.hang_up)
    assert said == "The server has ended the game: it did not say why."


def test_what_was_typed_is_quoted_in_twenty_signs(game: Play) -> None:
    game.run(GREETING + TURN, "5" * 4000 + "\n", "q\n")
    assert game.told[-1] == f"'{'5' * 19}…' is no square. {YOUR_MOVE}"


def test_an_input_that_has_ended_is_not_waited_for_and_its_lines_count(game: Play) -> None:
    def ended() -> None:
        assert game.match._keyboard.is_over
        assert game.stage.sources == [game.connector]
        game.stage.server.sendall(b"I4BX  O     CY")

    game.type("1\n2\n")
    game.type("")
    cues: list[Cue] = [GREETING + TURN, b"BX        CN", None, ended, b"BXX O     CN"]
    game.stage.cues.extend(cues)
    game.match._keyboard.read()
    game.match._keyboard.read()
    assert game.run(b"I5BXX OO    CY") is Ending.LEFT
    assert game.heard() == b"c1c2c3i1i2q"


def test_where_lines_stay_a_sign_of_life_comes_each_half_minute(game: Play) -> None:
    game.fail(b"A7ROI6B         CN", *[None] * 65, game.stage.hang_up)
    assert game.told[-3:] == [WAITING, f"{WAITING} 30 s", f"{WAITING} 60 s"]
