"""The system has no room for a connection, and says so to the real call of the real server.

A full table of open files or memory without room for a socket would hit the whole machine, so
strace answers in the kernel's place, and only to the call that accepts.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.process import PATIENCE, Running, Shell
from tests.system.visitors import Visitors
from tests.tools import path_of

CALLS = "accept,accept4"

needs_strace = pytest.mark.needs_tool("strace", "strace")


@contextmanager
def refused(server: Running, error: str, times: int, record: Path) -> Iterator[None]:
    """Let the next `times` tries of `server` to accept fail; keep a line of each in `record`."""
    strace = path_of("strace")
    assert strace is not None
    inject = f"inject={CALLS}:error={error}:when=1..{times}"
    calls_alone = ("-e", f"trace={CALLS}", "-e", "signal=none")
    options = (*calls_alone, "-e", inject, "-o", str(record), "-p", str(server.pid))
    with subprocess.Popen([strace, *options], stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        try:
            if "attached" not in said:
                assert "ptrace" in said, said + tracer.stderr.read()
                pytest.skip(f"no process may be traced here: {said.strip()}")
            yield
        finally:
            tracer.terminate()
            tracer.wait(PATIENCE)


@needs_strace
@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("ENFILE", "Too many open files in system"),
        ("ENOBUFS", "No buffer space available"),
        ("ENOMEM", "Cannot allocate memory"),
    ],
)
def test_a_server_without_any_serves_who_is_there_asks_once_a_second_and_then_accepts_again(
    error: str, words: str, shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    game = visitors.game(port)
    game.play(2)
    record = shell.directory / "calls"
    with refused(server, error, times=2, record=record):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as late:
            server.expect(
                f"No connection can be accepted: {words}; "
                "trying again every 1 s, the games go on\n"
            )
            game.play(2)
            assert late.recv(128) == b"A3"
            took = time.monotonic() - began
    game.play(1)
    visitors.game(port).play(5)
    assert server.text.count("No connection can be accepted") == 1
    tries = [line for line in record.read_text().splitlines() if "EAGAIN" not in line]
    failed = [line for line in tries if f"{error} (" in line and "INJECTED" in line]
    # Each pause is a second of the server's clock, which is ours: however slow the machine
    # is, there cannot have been more tries than seconds, but for the first.
    assert len(failed) == 2
    assert tries[:2] == failed
    assert len(failed) <= took
