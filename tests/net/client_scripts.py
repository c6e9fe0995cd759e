"""Whole games as a client hears and plays them, message by message."""

from typing import TypeAlias

import pytest

from ttt_core import Board, Mark, NotYourTurn
from ttt_net.client import Client
from ttt_net.news import Broken, Marked, Matched, News, Numbered, Over, Result, Shown, Trouble

Script: TypeAlias = tuple[bytes | int, ...]
"""What the server says, message by message, and which squares are taken by us."""

HANDSHAKE: Script = (b"A67", b"Ez", b"RX", b"I1234")
WON: Script = (
    *(*HANDSHAKE, b"B         ", b"CY", 0, b"BX        ", b"CN", b"Ez", b"I4", b"BX  O     "),
    *(b"CY", 1, b"BXX O     ", b"CN", b"I5", b"BXX OO    ", b"CY", 2, b"BXXXOO    ", b"CW"),
    b"P012",
)
LOST: Script = (
    *(b"A6", b"RO", b"I7", b"B         ", b"CN", b"I1", b"BX        ", b"CY", 3, b"BX  O     "),
    *(b"CN", b"I2", b"BXX O     ", b"CY", 4, b"BXX OO    ", b"CN", b"I3", b"BXXXOO    "),
    *(b"CL", b"P012"),
)
BEFORE_DRAW: Script = (b"A6", b"RX", b"I7")
DRAWN_BY = (0, 1, 2, 4, 3, 5, 7, 6, 8)


DUE = {
    0: "a player number",
    2: "a mark",
    3: "the opponent's number",
    4: "the first board",
    7: "a board or a move",
    5: "a turn or a result",
    len(WON) - 1: "the winning line",
}
"""How many items of WON have been when what is due."""
ALLOWED = {0: b"AQ", 2: b"REQ", 3: b"IQ", 4: b"BEQ", 7: b"BIEQ", 5: b"CQ", len(WON) - 1: b"PQ"}
STEPS = range(len(WON))


def hear(client: Client, data: bytes, now: float = 0.0) -> list[News]:
    """Let the client hear `data`, and then nothing until what it waits for is over."""
    news = client.receive(data, now)
    due = client.next_deadline()
    return news if due is None else news + client.tick(due)


def follow(script: Script, client: Client | None = None) -> tuple[Client, list[News]]:
    client = client or Client()
    news: list[News] = []
    for item in script:
        if isinstance(item, int):
            client.move(item)
        else:
            news += hear(client, item)
    return client, news


def after(script: Script) -> Client:
    """A client that has been through `script` and whose words have all been sent."""
    client, _ = follow(script)
    client.outgoing = b""
    return client


def drawn() -> Script:
    board, script = Board(), [*BEFORE_DRAW, b"B         ", b"CY"]
    for square in DRAWN_BY:
        ours, board = board.turn is Mark.X, board.play(square)
        script.append(square if ours else b"I%d" % (square + 1))
        script.append(b"B" + board.cells.encode())
        script.append(b"CD" if board.is_over else b"CN" if ours else b"CY")
    return tuple(script)


def shown(*squares: int, ours: bool, refused: bool = False) -> Shown:
    return Shown(played(*squares), ours, squares[-1] if squares else None, refused)


def played(*squares: int) -> Board:
    board = Board()
    for square in squares:
        board = board.play(square)
    return board


HEARD_IN_WON: list[News] = [
    *(Numbered(67), Marked(Mark.X), Matched(1234), shown(ours=True)),
    *(shown(0, ours=False), shown(0, 3, ours=True)),
    *(shown(0, 3, 1, ours=False), shown(0, 3, 1, 4, ours=True)),
    Over(played(0, 3, 1, 4, 2), Result.WON, (0, 1, 2), 2),
]
"""What a client hears in WON."""


def assert_silent(client: Client) -> None:
    """Whatever happens now, the client neither says nor hears anything."""
    assert client.is_over
    assert not client.is_asked
    said = client.outgoing
    assert hear(client, b"A7RXI6QBye.") == client.end() == client.tick(1e9) == []
    client.leave("again")
    with pytest.raises(NotYourTurn):
        client.move(0)
    assert client.outgoing == said
    assert client.next_deadline() is None
    assert client._buffer == b""


def assert_broken(client: Client, news: list[News], trouble: Trouble = Trouble.PROTOCOL) -> str:
    """See that `news` is the end for this reason, and return what it says of it."""
    (broken,) = news
    assert isinstance(broken, Broken)
    assert broken.trouble is trouble
    assert broken.detail
    assert client.outgoing == b""
    assert_silent(client)
    return broken.detail
