"""How a connection may end, at each stage, and who is told of it."""

import socket
from collections.abc import Callable

import pytest

from tests.system.process import Shell
from tests.system.visitors import OPPONENT_LEFT, Visitor, Visitors

NOT_BEGUN = b"QYour opponent has left before the game began. Please connect again."

Meet = Callable[[Visitors, int], tuple[Visitor, Visitor | None]]


def greeted(visitors: Visitors, port: int) -> tuple[Visitor, Visitor | None]:
    return visitors.connect(port), None


def waiting(visitors: Visitors, port: int) -> tuple[Visitor, Visitor | None]:
    visitor = visitors.confirmed(port)
    return visitor, None


def told_mark(visitors: Visitors, port: int) -> tuple[Visitor, Visitor | None]:
    return visitors.told_mark(port)


def told_opponent(visitors: Visitors, port: int) -> tuple[Visitor, Visitor | None]:
    return visitors.told_opponent(port)


def ready(visitors: Visitors, port: int) -> tuple[Visitor, Visitor | None]:
    return visitors.ready(port)


def to_move(visitors: Visitors, port: int) -> tuple[Visitor, Visitor | None]:
    game = visitors.game(port)
    return game.x, game.o


def to_wait(visitors: Visitors, port: int) -> tuple[Visitor, Visitor | None]:
    game = visitors.game(port)
    return game.o, game.x


STAGES: dict[Meet, bytes | None] = {
    # Who is met, and what its partner is told when it goes; None: it has heard nothing.
    greeted: None,
    waiting: None,
    told_mark: None,
    told_opponent: None,
    ready: NOT_BEGUN,
    to_move: OPPONENT_LEFT,
    to_wait: OPPONENT_LEFT,
}


def half_close(visitor: Visitor) -> None:
    visitor.sock.shutdown(socket.SHUT_WR)


def close(visitor: Visitor) -> None:
    visitor.sock.close()


@pytest.mark.parametrize("end", [Visitor.reset, close, half_close])
@pytest.mark.parametrize("meet", STAGES)
def test_a_connection_may_end_at_any_stage(
    meet: Meet,
    end: Callable[[Visitor], None],
    shell: Shell,
    visitors: Visitors,
) -> None:
    server = shell.start("serve", "--port", "0", "--log-level", "DEBUG")
    port = server.listening()
    with visitors.undisturbed(port):
        visitor, partner = meet(visitors, port)
        if meet is waiting:
            server.expect(rf"player {visitor.number}\n")
        end(visitor)
        server.expect(rf"Player {visitor.number} (has left|is lost): .*\n")
        if partner is not None and STAGES[meet] is not None:
            assert partner.rest() == STAGES[meet]
        elif partner is not None:
            third = visitors.confirmed(port)
            partner.hear(b"RO")
            for gone in (partner, third):
                gone.say(b"q")
            server.expect(rf"Player {third.number} has left: .*\n")
    assert "Traceback" not in server.text
