"""Runs a client program on a real socket that blocks."""

import socket
from collections.abc import Callable

from tests.model_client import SILENCE, Action, Close, Player, Read, Send, Think


def wait_not(seconds: float) -> None:
    """Think no time at all."""


def play_over_socket(
    player: Player,
    address: tuple[str, int],
    *,
    speed: float = 1.0,
    wait: Callable[[float], object] = wait_not,
) -> None:
    """Connect to `address` and run `player` until it closes; the socket is closed then.

    A second of the player is 1/`speed` seconds of the clock: the ten-second fuse of each
    read, and what `wait` is told to wait when the player thinks. Raises what the program
    raises, and OSError if there is nobody to connect to.
    """
    with socket.create_connection(address, timeout=SILENCE) as sock:
        sock.settimeout(SILENCE / speed)
        program = player.play()
        action = next(program)
        while not isinstance(action, Close):
            try:
                result = _do(action, sock, speed, wait)
            except ConnectionError as error:
                action = program.throw(error)
            else:
                action = program.send(result)


def _do(
    action: Action, sock: socket.socket, speed: float, wait: Callable[[float], object]
) -> bytes | None:
    match action:
        case Read(size):
            try:
                return sock.recv(size)
            except TimeoutError:
                return None
        case Send(data):
            sock.sendall(data)
        case Think(seconds):
            wait(seconds / speed)
        case Close():
            pass
    return None
