"""What the model of the existing clients does, and what it does not survive."""

import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.model_client import (
    LEAVE,
    SILENCE,
    SILENT,
    Action,
    ClientDied,
    Close,
    CutShort,
    Incoherent,
    ModelClient,
    Player,
    Read,
    Send,
    Think,
    scripted,
)
from tests.socket_driver import play_over_socket, wait_not

Reads = tuple[bytes | ConnectionError | None, ...]

EMPTY = b"B         "
ECHO = b"Ez"
HANDSHAKE: Reads = (b"A1", b"RX", b"I2")
WAITING: Reads = (b"A2", b"RO", b"I1", EMPTY, b"CN")
TO_MOVE: Reads = (*HANDSHAKE, EMPTY, b"CY")
WON: Reads = (
    *TO_MOVE,
    *(b"BX        ", b"CN", b"I4", b"BX  O     ", b"CY"),
    *(b"BXX O     ", b"CN", b"I5", b"BXX OO    ", b"CY"),
    *(b"BXXXOO    ", b"CW", b"P012"),
)


def client(*squares: int, reason: bytes = b"") -> ModelClient:
    return ModelClient(scripted(squares), think=2.0, reason=reason)


def told(player: Player, *reads: bytes | ConnectionError | None) -> list[Action]:
    """Run `player`, give it one of `reads` for each read, and return all that it did."""
    program = player.play()
    actions = [next(program)]
    for read in reads:
        while not isinstance(actions[-1], Read):
            actions.append(next(program))
        if isinstance(read, ConnectionError):
            actions.append(program.throw(read))
        else:
            actions.append(program.send(read))
    while not isinstance(actions[-1], Read | Close) and actions[-1] != SILENT:
        actions.append(next(program))
    return actions


def test_the_handshake_is_read_in_pieces_of_128_2_and_128_and_each_is_confirmed() -> None:
    player = client()
    assert told(player, *HANDSHAKE) == [
        *(Read(128), Send(b"c1")),
        *(Read(2), Send(b"c2")),
        *(Read(128), Send(b"c3")),
        Read(10),
    ]
    assert (player.number, player.mark, player.opponent) == (1, "X", 2)


def test_a_move_is_thought_over_and_sent() -> None:
    assert told(client(5), *TO_MOVE)[-4:] == [Read(2), Think(2.0), Send(b"i5"), Read(10)]


def test_who_waits_reads_the_move_and_the_board_after_it() -> None:
    player = client(1)
    assert told(player, *WAITING, b"I5", b"B    X    ", b"CY")[-6:] == [
        *(Read(2), Read(10), Read(2)),
        *(Think(2.0), Send(b"i1"), Read(10)),
    ]
    assert player.moves_heard == [5]


def test_after_the_line_the_client_closes() -> None:
    player = client(1, 2, 3)
    assert told(player, *WON)[-4:] == [Read(10), Read(2), Read(4), Close()]
    assert (player.result, player.line) == ("W", "012")
    assert player.boards[-1] == "XXXOO    "


def test_after_a_draw_the_client_closes_without_reading_a_line() -> None:
    player = client(2, 5, 6, 7)
    reads: Reads = (
        *WAITING,
        *(b"I1", b"BX        ", b"CY", b"BXO       ", b"CN"),
        *(b"I3", b"BXOX      ", b"CY", b"BXOX O    ", b"CN"),
        *(b"I4", b"BXOXXO    ", b"CY", b"BXOXXOO   ", b"CN"),
        *(b"I8", b"BXOXXOO X ", b"CY", b"BXOXXOOOX ", b"CN"),
        *(b"I9", b"BXOXXOOOXX", b"CD"),
    )
    assert told(player, *reads)[-1] == Close()
    assert (player.result, player.line) == ("D", None)


@pytest.mark.parametrize(
    ("before", "deadly"),
    [
        pytest.param((), b"A1RX", id="a mark glued to the number"),
        pytest.param((), b"A1Ez", id="an echo glued to the number"),
        pytest.param((), b"A", id="a number that is still to come"),
        pytest.param((), b"A0", id="a number below 1"),
        pytest.param((), b"RX", id="a mark before the number"),
        pytest.param((b"A1",), b"2", id="the second piece of a number"),
        pytest.param((b"A1",), b"R", id="half a mark"),
        pytest.param((b"A1",), b"RZ", id="no mark"),
        pytest.param((b"A1", b"RX"), b"I2" + EMPTY + b"CY", id="a board glued to a number"),
        pytest.param((b"A1", b"RX"), b"I2Ez", id="an echo glued to a number"),
        pytest.param(HANDSHAKE, b"B    ", id="half a board"),
        pytest.param(HANDSHAKE, b"EzB       ", id="an echo before a board in one read"),
        pytest.param(HANDSHAKE, b"B    x    ", id="no board"),
        pytest.param((*HANDSHAKE, EMPTY), b"C", id="half a call"),
        pytest.param((*HANDSHAKE, EMPTY), b"CX", id="no call"),
        pytest.param(WAITING, b"I", id="half a move"),
        pytest.param(WAITING, b"I0", id="no square"),
        pytest.param(WAITING, b"E", id="half an echo"),
        pytest.param(WON[:-1], b"P01", id="a line too short"),
        pytest.param(WON[:-1], b"P129", id="a line off the board"),
    ],
)
def test_what_one_read_returns_must_be_the_whole_message_or_the_client_dies(
    before: Reads, deadly: bytes
) -> None:
    told(client(1, 2, 3), *before)
    with pytest.raises(ClientDied) as death:
        told(client(1, 2, 3), *before, deadly)
    assert death.value.read == deadly


@pytest.mark.parametrize("reads", range(len(WON)))
def test_an_end_of_stream_where_a_message_is_due_kills_and_so_does_a_reset(reads: int) -> None:
    for blow, read in ((b"", b""), (ConnectionResetError(), None)):
        with pytest.raises(ClientDied) as death:
            told(client(1, 2, 3), *WON[:reads], blow)
        assert death.value.read == read


def test_a_dead_client_tells_what_it_read_and_what_was_due() -> None:
    with pytest.raises(ClientDied, match=r"client 2 read b'I' where 'I\[1-9\]' was due"):
        told(client(), *WAITING, b"I")


@pytest.mark.parametrize("reads", range(len(WON)))
def test_an_echo_is_answered_in_any_read_and_the_read_begins_again(reads: int) -> None:
    player = client(1, 2, 3)
    actions = told(player, *WON[:reads], ECHO)
    assert actions[-2:] == [Send(b"ez"), actions[-3]]
    assert player.echoes == 1


def test_the_995th_echo_in_one_read_kills() -> None:
    player = client()
    told(player, b"A1", *[ECHO] * 994)
    assert player.echoes == 994
    with pytest.raises(ClientDied):
        told(client(), b"A1", *[ECHO] * 995)


def test_echoes_are_counted_anew_in_each_read() -> None:
    player = client()
    told(player, b"A1", *[ECHO] * 994, b"RO", b"I2", EMPTY, b"CN", *[ECHO] * 994)
    assert player.echoes == 2 * 994


@pytest.mark.parametrize("reads", range(len(WON)))
def test_10_s_of_silence_in_any_read_make_it_say_q_and_close(reads: int) -> None:
    player = client(1, 2, 3, reason=b"too slow")
    assert told(player, *WON[:reads], None)[-2:] == [Send(b"qtoo slow"), Close()]
    assert player.gave_up


def test_who_has_answered_echoes_says_q_once_more_for_each() -> None:
    assert told(client(), b"A1", ECHO, ECHO, None)[-4:] == [*[Send(b"q")] * 3, Close()]


@pytest.mark.parametrize("reads", range(len(WON)))
def test_a_farewell_in_any_read_is_read_up_to_the_end_of_the_stream(reads: int) -> None:
    player = client(1, 2, 3)
    actions = told(player, *WON[:reads], b"QG", b"ame ", b"over.", b"")
    assert actions[-4:] == [*[Read(1024)] * 3, Close()]
    assert (player.farewell, player.gave_up) == ("Game over.", False)


def test_a_farewell_without_an_end_is_given_up_but_known() -> None:
    player = client()
    assert told(player, b"A1", b"QG", b"ame over.", None)[-2:] == [Send(b"q"), Close()]
    assert (player.farewell, player.gave_up) == ("Game over.", True)


def test_a_farewell_longer_than_the_protocol_allows_kills() -> None:
    told(client(), b"A1", b"Qx", b"x" * 1022, b"")
    with pytest.raises(ClientDied):
        told(client(), b"A1", b"Qx", b"x" * 1023, b"")


def test_who_leaves_says_q_with_its_reason_and_closes() -> None:
    player = client(LEAVE, reason=b"tea")
    assert told(player, *TO_MOVE)[-2:] == [Send(b"qtea"), Close()]
    assert not player.gave_up


@pytest.mark.parametrize(
    "reads",
    [
        pytest.param((b"A1", b"RX", b"I1"), id="its own opponent"),
        pytest.param((*HANDSHAKE, b"B        X"), id="a first board that is not empty"),
        pytest.param((*HANDSHAKE, EMPTY, b"CN"), id="X does not move first"),
        pytest.param((*HANDSHAKE, EMPTY, b"CW"), id="a win on an empty board"),
        pytest.param((*TO_MOVE, EMPTY), id="a move that had no effect"),
        pytest.param((*TO_MOVE, b"BX        ", b"CY"), id="the same turn again"),
        pytest.param((*TO_MOVE, b"BX        ", b"CN", b"I1"), id="a square taken twice"),
        pytest.param((*WON[:8], b"BX   O    "), id="another square than was told"),
        pytest.param((*WON[:-2], b"CN"), id="a complete line that is no end"),
        pytest.param((*WON[:-2], b"CL"), id="the other one's win"),
        pytest.param((*WON[:-2], b"CD"), id="a draw with a complete line"),
        pytest.param((*WON[:-1], b"P345"), id="a line that is not complete"),
    ],
)
def test_messages_that_make_no_game_are_incoherent(reads: Reads) -> None:
    told(client(1, 2, 3), *reads[:-1])
    with pytest.raises(Incoherent):
        told(client(1, 2, 3), *reads)


def test_a_square_no_client_would_send_is_a_mistake_of_the_script() -> None:
    with pytest.raises(AssertionError, match="no existing client takes 1"):
        told(client(1, 1), *WON[:10])
    with pytest.raises(AssertionError, match="past its script"):
        told(client(), *TO_MOVE)


def test_a_client_cut_short_does_what_it_does_up_to_there() -> None:
    lost = CutShort(client(), 3, SILENT)
    assert told(lost, b"A1", b"RX") == [Read(128), Send(b"c1"), Read(2), SILENT]


@contextmanager
def connected(
    player: Player, speed: float = 1.0, wait: Callable[[float], object] = wait_not
) -> Iterator[tuple[socket.socket, Future[None]]]:
    """Run `player` on a socket in a thread; give the server's end, and how it will end."""
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor(1) as threads:
        door.settimeout(SILENCE)
        end = threads.submit(play_over_socket, player, door.getsockname(), speed=speed, wait=wait)
        server, _ = door.accept()
        with server:
            server.settimeout(SILENCE)
            yield server, end


def say_and_hear(server: socket.socket, *lines: tuple[bytes, bytes]) -> None:
    for said, answer in lines:
        server.sendall(said)
        assert server.recv(128) == answer


def test_on_a_socket_the_same_program_plays_and_thinks_at_its_speed() -> None:
    player, thoughts = client(7), list[float]()
    with connected(player, speed=0.5, wait=thoughts.append) as (server, end):
        say_and_hear(server, (b"A12", b"c1"), (b"RX", b"c2"), (b"I11", b"c3"))
        say_and_hear(server, (EMPTY + b"CY", b"i7"), (b"B      X  CNEz", b"ez"))
        server.sendall(b"QGame over.")
        server.shutdown(socket.SHUT_WR)
        end.result(SILENCE)
        assert server.recv(1) == b""
    assert (player.number, player.opponent, player.farewell) == (12, 11, "Game over.")
    assert thoughts == [4.0]


def test_on_a_socket_a_reset_kills() -> None:
    with connected(client()) as (server, end):
        say_and_hear(server, (b"A1", b"c1"))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        server.close()
        with pytest.raises(ClientDied):
            end.result(SILENCE)


def test_on_a_socket_silence_makes_it_say_q_and_speed_shortens_the_silence() -> None:
    player = client()
    with connected(player, speed=1000.0) as (server, end):
        end.result(SILENCE)
        assert server.recv(128) == b"q"
        assert server.recv(128) == b""
    assert player.gave_up
