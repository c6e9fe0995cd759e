"""Clients that break the rules or the connection, while others play on undisturbed."""

import signal
import socket
from collections.abc import Callable

import pytest

from tests.system.process import Running, Shell
from tests.system.visitors import OPPONENT_LEFT, Visitor, Visitors

PUT_OUT = b"QYou have been put out: the server received an unexpected message."
RULES_BROKEN = b"QYour opponent broke the rules and was put out. You win."
NOT_BEGUN = b"QYour opponent has left before the game began. Please connect again."


@pytest.fixture
def server(shell: Shell) -> Running:
    return shell.start("serve", "--port", "0")


@pytest.fixture
def port(server: Running) -> int:
    return server.listening()


@pytest.mark.parametrize("garbage", [b"?!\r\n\r\n", b"c9"], ids=str)
def test_garbage_at_any_stage_puts_out_who_sent_it(
    garbage: bytes, server: Running, port: int, visitors: Visitors
) -> None:
    def sin(sinner: Visitor) -> Visitor:
        sinner.say(garbage)
        server.expect(rf"Player {sinner.number} is put out for an unexpected message .*\n")
        return sinner

    with visitors.undisturbed(port):
        sinners = [sin(visitors.connect(port)), sin(visitors.confirmed(port))]
        for meet in (visitors.told_mark, visitors.told_opponent):
            sinner, partner = meet(port)
            sinners.append(sin(sinner))
            partner.say(b"q")  # it has heard nothing and was waiting on
            assert partner.rest() == b""
        sinner, partner = visitors.ready(port)
        sinners.append(sin(sinner))
        assert partner.rest() == NOT_BEGUN
        game = visitors.game(port)
        sinners.append(sin(game.o))
        assert game.x.rest() == RULES_BROKEN
        for sinner in sinners:
            assert sinner.rest() == PUT_OUT


def quit_it(player: Visitor) -> None:
    player.say(b"q")


def close(player: Visitor) -> None:
    player.sock.close()


def half_close(player: Visitor) -> None:
    player.sock.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    ("leave", "told"),
    [
        (quit_it, "Player {} has left: said quit"),
        (close, "Player {} has left: closed the connection"),
        (half_close, "Player {} has left: closed the connection"),
        (Visitor.reset, "Player {} is lost: the connection was reset"),
    ],
)
def test_who_goes_in_the_middle_of_a_game_loses_it(
    leave: Callable[[Visitor], None],
    told: str,
    server: Running,
    port: int,
    visitors: Visitors,
) -> None:
    with visitors.undisturbed(port):
        game = visitors.game(port)
        game.play(2)
        leave(game.x)
        assert game.o.rest() == OPPONENT_LEFT
        x, o = game.x.number, game.o.number
        server.expect(told.format(x) + "\n")
        server.expect(
            f"The game between player {x} and player {o} ended unexpectedly: .*; "
            rf"player {x} loses to player {o}\. \(.*, moves 1 4, .* s\)\n"
        )


def test_who_waits_in_silence_is_found_out_and_the_newcomer_meets_the_next(
    server: Running, port: int, visitors: Visitors
) -> None:
    with visitors.undisturbed(port):
        silent, newcomer = visitors.told_mark(port)
        assert silent.rest().startswith(b"Q")
        server.expect(rf"Player {silent.number} is lost: did not answer in time\n")
        third = visitors.confirmed(port)
        newcomer.hear(b"RO")
        newcomer.say(b"c2")
        newcomer.hear(b"I%d" % third.number)


def test_who_reads_nothing_and_talks_on_disturbs_nobody(
    server: Running, port: int, visitors: Visitors
) -> None:
    with visitors.undisturbed(port):
        game = visitors.game(port)
        for _ in range(100):
            game.o.say(b"i5" * 5_000)
        assert game.x.rest() == RULES_BROKEN
        assert game.o.rest().startswith(b"Q")


def test_many_who_connect_and_say_nothing_keep_nobody_out(
    server: Running, port: int, visitors: Visitors
) -> None:
    with visitors.undisturbed(port):
        for _ in range(300):
            visitors.connect(port)
    visitors.leave()
    assert server.stop(signal.SIGTERM) == 0
    assert "Traceback" not in server.text
