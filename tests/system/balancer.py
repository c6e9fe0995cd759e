"""An HAProxy before two servers, with the configuration that the documentation gives."""

import os
import re
import select
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.kept_port import kept_port
from tests.system.process import PATIENCE, Running, Shell
from tests.system.visitors import Visitor, Visitors
from tests.tools import path_of

CONFIGURATION = Path(__file__).parents[2] / "docs" / "deploy" / "haproxy.cfg"

COMMAND = path_of("haproxy")

HOST = "127.0.0.1"
UP = ("UP L7OK", "UP * L7OK")
"""What HAProxy says of a server that has answered its check as it should; * is a check begun."""

needs_haproxy = pytest.mark.needs_tool("haproxy", "haproxy")


class Balancer:
    """A running HAProxy, and what it knows of its servers."""

    def __init__(self, directory: Path, ports: dict[str, int], *changes: tuple[str, str]) -> None:
        """Begin, with `changes` to the configuration."""
        assert COMMAND is not None
        self._kept = ExitStack()
        self.port, self._admin = (self._kept.enter_context(kept_port()) for _ in range(2))
        file = directory / "haproxy.cfg"
        file.write_text(self._configured(ports, changes), "utf-8")
        self._log = directory / "haproxy.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [COMMAND, "-db", "-dW", "-f", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def wait_until(self, is_so: Callable[[dict[str, str]], bool]) -> None:
        """Ask again and again for the servers' checks until they are as is wanted."""
        deadline = time.monotonic() + PATIENCE
        while not is_so(self.checks()):
            assert time.monotonic() < deadline, self.checks()
            assert self._process.poll() is None, self._log.read_text("latin-1")
            time.sleep(0.02)

    def checks(self) -> dict[str, str]:
        """Return, for each server, whether it is up, and what the last check has come to."""
        lines = [line.split(",") for line in self._ask("show stat").splitlines()]
        header = lines[0] if lines else []
        rows = [dict(zip(header, line, strict=False)) for line in lines[1:]]
        named = {row["svname"]: row for row in rows if row.get("# pxname") == "servers"}
        named.pop("BACKEND", None)
        return {name: f"{row['status']} {row['check_status']}" for name, row in named.items()}

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._kept.close()

    def _ask(self, question: str) -> str:
        with (
            suppress(OSError),
            socket.create_connection((HOST, self._admin), PATIENCE) as sock,
        ):
            sock.sendall(f"{question}\n".encode())
            return b"".join(iter(lambda: sock.recv(65536), b"")).decode()
        return ""

    def _configured(self, ports: dict[str, int], changes: tuple[tuple[str, str], ...]) -> str:
        places = [
            (f"server {name} 10.0.0.{at}:8080", f"server {name} {HOST}:{port}")
            for at, (name, port) in enumerate(ports.items(), 11)
        ]
        text = CONFIGURATION.read_text("utf-8")
        for old, new in (
            ("bind :::8080 v4v6", f"bind {HOST}:{self.port}"),
            ("\nglobal\n", f"\nglobal\n    stats socket {HOST}:{self._admin}\n"),
            # A machine that runs tests may be busy with other things for a while.
            ("    timeout connect 3s\n", "    timeout connect 20s\n    timeout check 20s\n"),
            # Not every machine that runs tests may open so many files.
            ("    maxconn 21000\n", "    maxconn 500\n"),
            *places,
            *changes,
        ):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text if os.geteuid() == 0 else re.sub(r" +(user|group) .*\n", "", text)


class Strangers(Visitors):
    """Visitors who come through a balancer, where the second may overtake the first."""

    def pair(self, port: int) -> tuple[Visitor, Visitor]:
        """Let in two who meet, the one who waited first: it is the first to be told its mark."""
        pair = super().pair(port)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            select.select(pair, [], [], PATIENCE)
            for one, other in (pair, pair[::-1]):
                one.nod()
                if one.hears(b"R"):
                    return one, other
        msg = "nobody is told its mark"
        raise AssertionError(msg)


class Farm:
    """Two servers behind a balancer."""

    def __init__(self, shell: Shell, *arguments: str) -> None:
        self._shell = shell
        self._arguments = ("--host", HOST, "--proxy-protocol", HOST, *arguments)
        self._balancer: Balancer | None = None
        self.ports: dict[str, int] = {}
        self.servers: dict[str, Running] = {}
        for name in ("one", "two"):
            self.start(name)

    @property
    def port(self) -> int:
        """Where players come."""
        return self.balancer.port

    @property
    def balancer(self) -> Balancer:
        assert self._balancer is not None
        return self._balancer

    def start(self, name: str) -> None:
        """Start a server, on the port that it had before."""
        port = str(self.ports.get(name, 0))
        log = ("--log-file", f"{name}.log")
        self.servers[name] = self._shell.start("serve", "--port", port, *log, *self._arguments)
        self.ports[name] = self.servers[name].listening()

    def balance(self, *changes: tuple[str, str]) -> None:
        """Begin to balance, and wait until both servers have been found to be up."""
        self._balancer = Balancer(self._shell.directory, self.ports, *changes)
        self.wait_until_up("one", "two")

    def wait_until_up(self, *names: str) -> None:
        self.balancer.wait_until(lambda checks: all(checks.get(n) in UP for n in names))

    def wait_until_down(self, name: str) -> None:
        self.balancer.wait_until(lambda checks: checks.get(name, "").startswith("DOWN"))

    def close(self) -> None:
        if self._balancer is not None:
            self._balancer.close()
