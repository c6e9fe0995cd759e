"""The servers that are measured: their commands, and starting and ending one of them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.processes import started_on
from tests.kept_port import LOOPBACK, kept_port
from tests.system.process import COMMAND

PATIENCE = 20.0
"""Seconds that a server may take to listen, and to end."""


@dataclass(frozen=True)
class Contender:
    """A server and how it is started."""

    name: str
    command: Sequence[str]
    """`{port}` in it stands for the port."""


OURS = Contender(
    "ttt",
    (
        *(COMMAND, "serve", "--host", LOOPBACK, "--port", "{port}"),
        *("--no-log-file", "--log-level", "warning"),
    ),
)
ASYNCIO = Contender(
    "asyncio", (sys.executable, str(Path(__file__).with_name("asyncio_server.py")), "{port}")
)


@dataclass(frozen=True)
class Started:
    """A server that clients can connect to."""

    port: int
    process: subprocess.Popen[bytes]


@contextmanager
def running(contender: Contender, cpus: frozenset[int] = frozenset()) -> Iterator[Started]:
    """Start a server in an empty directory, and end it. Raises OSError if it does not listen."""
    with kept_port() as port:
        process = _begin([word.replace("{port}", str(port)) for word in contender.command], cpus)
        with process:
            try:
                _wait_for(process, port)
                yield Started(port, process)
            finally:
                _end(process)


def _begin(command: list[str], cpus: frozenset[int]) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryDirectory() as directory, started_on(cpus):
        return subprocess.Popen(
            command,
            cwd=directory,
            env={name: value for name, value in os.environ.items() if not name.startswith("TTT_")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that what it starts can be ended with it
        )


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((LOOPBACK, port), PATIENCE).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
