"""How the server ends: Ctrl-C, SIGTERM and SIGKILL, with players in every state and with none."""

import signal
from collections.abc import Callable

import pytest

from tests.system.process import CTRL_C, Running, Shell
from tests.system.visitors import SHUTTING_DOWN, Visitor, Visitors


def on_a_terminal(shell: Shell, *arguments: str) -> Running:
    return shell.start_on_terminal("serve", *arguments)


def as_a_service(shell: Shell, *arguments: str) -> Running:
    return shell.start("serve", *arguments)


def press_ctrl_c(server: Running) -> None:
    server.type(CTRL_C)


def interrupt(server: Running) -> None:
    server.signal(signal.SIGINT)


def terminate(server: Running) -> None:
    server.signal(signal.SIGTERM)


Start = Callable[..., Running]
End = Callable[[Running], None]

ways = pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(on_a_terminal, press_ctrl_c, id="Ctrl-C"),
        pytest.param(as_a_service, interrupt, id="SIGINT"),
        pytest.param(as_a_service, terminate, id="SIGTERM"),
    ],
)


@ways
def test_it_ends_with_code_0_when_nobody_is_connected_any_more(
    start: Start, end: End, shell: Shell, visitors: Visitors
) -> None:
    server = start(shell, "--port", "0")
    port = server.listening()
    visitors.game(port).play(5)
    visitors.leave()
    server.expect("finishes the game")
    end(server)
    assert server.wait() == 0
    assert server.lines[-2].removeprefix("^C") == "Shutting down; players to be told: 0"
    assert server.lines[-1] == "The server has stopped"
    # Some of its connections are in TIME_WAIT now.
    assert shell.start("serve", "--port", str(port)).listening() == port


@ways
def test_it_ends_with_code_0_and_players_in_every_state_are_told(
    start: Start, end: End, shell: Shell, visitors: Visitors
) -> None:
    server = start(shell, "--port", "0")
    port = server.listening()
    game = visitors.game(port)
    game.play(1)
    told_opponent, newcomer = visitors.told_opponent(port)
    waiting = visitors.confirmed(port)
    server.expect(rf"player {waiting.number}\n")
    unconfirmed = visitors.connect(port)
    end(server)
    for visitor in (game.x, game.o, newcomer, waiting):
        assert visitor.rest() == SHUTTING_DOWN
    # Their numbers have no end mark: the message waits for a while, to come by itself.
    for visitor in (told_opponent, unconfirmed):
        assert visitor.rest() == SHUTTING_DOWN
    # Nobody closes: none of them can keep it alive.
    assert server.wait() == 0
    assert "Traceback" not in server.text
    # Their connections are still there; the port is free all the same.
    assert shell.start("serve", "--port", str(port)).listening() == port


@pytest.mark.parametrize("confirmation", [b"c1", b""])
def test_who_has_not_confirmed_its_number_is_told_whether_it_does_so_or_not(
    confirmation: bytes, shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0")
    visitor = visitors.connect(server.listening())
    server.signal(signal.SIGTERM)
    server.expect("Shutting down; players to be told: 1\n")
    visitor.say(confirmation)
    assert visitor.rest() == SHUTTING_DOWN
    visitors.leave()
    assert server.wait() == 0


def test_the_log_tells_of_a_game_that_the_end_has_cut_short(
    shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0")
    game = visitors.game(server.listening())
    game.play(3)
    server.signal(signal.SIGTERM)
    assert (game.x.rest(), game.o.rest()) == (SHUTTING_DOWN, SHUTTING_DOWN)
    visitors.leave()
    assert server.wait() == 0
    began, told, ended, stopped = server.lines[-4:]
    assert began == (
        "Shutting down; players to be told: 0; games still running: 1, for 2 s at most"
    )
    assert told == "Shutting down; games to be called off: 1"
    assert ended.startswith("The game between player 2 and player 1 ended unexpectedly: ")
    assert "moves 1 4 2, " in ended
    assert stopped == "The server has stopped"


def test_nobody_is_let_in_while_it_ends(shell: Shell, visitors: Visitors) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    visitor = visitors.confirmed(port)
    server.signal(signal.SIGTERM)
    assert visitor.rest() == SHUTTING_DOWN
    with pytest.raises(ConnectionRefusedError):
        visitors.connect(port)
    visitors.leave()
    assert server.wait() == 0


def test_a_second_signal_ends_it_as_well_as_the_first(shell: Shell, visitors: Visitors) -> None:
    server = shell.start_on_terminal("serve", "--port", "0", "--drain", "3600")
    port = server.listening()
    visitors.game(port).play(2)  # or it would be gone before the second one comes
    visitor = visitors.confirmed(port)
    server.expect("player 3\n")
    server.type(CTRL_C)
    assert visitor.rest() == SHUTTING_DOWN
    server.type(CTRL_C)
    assert server.wait() == 0
    assert "Traceback" not in server.text


def cut_off(visitor: Visitor) -> bool:
    """Whether the connection has ended without another word."""
    try:
        return visitor.sock.recv(1024) == b""
    except ConnectionResetError:
        return True


def test_after_a_kill_it_starts_again_on_the_same_port(shell: Shell, visitors: Visitors) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    game, waiting, unconfirmed = (
        visitors.game(port),
        visitors.confirmed(port),
        visitors.connect(port),
    )
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    for visitor in (game.x, game.o, waiting, unconfirmed):
        assert cut_off(visitor)
    again = shell.start("serve", "--port", str(port))
    assert again.listening() == port
    visitors.game(port).play(5)
    logged = [line.partition("] ")[2] for line in shell.log_lines]
    assert logged.count(f"INFO: Listening to port {port}") == 2


def ten_clients(visitors: Visitors, port: int) -> None:
    """Let in ten: two games, a match that has not begun, two who meet, one who waits, and more."""
    for _ in range(2):
        visitors.game(port)
    visitors.ready(port)
    visitors.told_mark(port)
    visitors.confirmed(port)
    visitors.connect(port)


def test_killed_again_and_again_with_ten_clients_it_is_back_on_its_port(
    shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    for _ in range(10):
        # Those of the last life have not closed their end yet.
        ten_clients(visitors, port)
        server.signal(signal.SIGKILL)
        assert server.wait() == -signal.SIGKILL
        server = shell.start("serve", "--port", str(port))
        assert server.listening() == port
    visitors.game(port).play(5)
