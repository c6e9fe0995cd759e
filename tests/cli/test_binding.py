import errno
import os
import socket
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest

from tests.cli.conftest import BeginLog
from tests.cli.consoles import Screen, Terminal
from tests.cli.log_file import entries
from ttt_cli import binding as binding_module
from ttt_cli.binding import explain, passed_on, reserve
from ttt_cli.logs import Log
from ttt_net import Limits, port_of

HOST = "127.0.0.1"
NO_PORT = "is no port: a port is a whole number from 0 to 65535 (0: any free port)."
WHICH_PORT = "Please enter the port: "
WHAT_TO_DO = "[A]bort, [C]hange port, or [R]etry? "


@pytest.fixture
def screen() -> Screen:
    """Shows the questions and the log."""
    return Screen()


@pytest.fixture
def log(begin_log: BeginLog, screen: Screen, file: Path) -> Log:
    return begin_log(screen, file=file)


def try_to_reserve(port: int, screen: Screen, log: Log, host: str = HOST) -> socket.socket:
    with redirect_stdout(screen), redirect_stderr(screen):
        (listener,) = reserve(port, host, Limits(), log)
    return listener


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """Somebody else listens to this one's port."""
    with socket.create_server((HOST, 0)) as other:
        yield other


def in_use(port: int) -> str:
    why = os.strerror(errno.EADDRINUSE)
    return f"Cannot reserve port {port} of {HOST}: another program is using it ({why})\n"


def unknown_name(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class TestReserving:
    @pytest.mark.usefixtures("no_terminal")
    def test_a_free_port_lets_clients_connect(self, screen: Screen, log: Log) -> None:
        listener = try_to_reserve(0, screen, log)
        with listener:
            port = port_of(listener)
            assert port > 0
            assert screen.lines == []
            socket.create_connection((HOST, port), timeout=30).close()

    @pytest.mark.usefixtures("no_terminal")
    def test_a_taken_port_ends_it_where_nobody_can_be_asked(
        self, log: Log, screen: Screen, file: Path, taken: socket.socket
    ) -> None:
        with pytest.raises(click.exceptions.Exit) as ended:
            try_to_reserve(port_of(taken), screen, log)
        assert ended.value.exit_code == 1
        assert screen.getvalue() == in_use(port_of(taken))
        assert entries(file) == [("ERROR", screen.getvalue().removesuffix("\n"))]

    @pytest.mark.usefixtures("no_terminal")
    def test_an_address_of_another_machine_ends_it_too(self, log: Log, screen: Screen) -> None:
        with pytest.raises(click.exceptions.Exit) as ended:
            try_to_reserve(8080, screen, log, "203.0.113.7")
        assert ended.value.exit_code == 1
        why = os.strerror(errno.EADDRNOTAVAIL)
        assert screen.getvalue() == (
            "Cannot reserve port 8080 of 203.0.113.7: "
            f"this machine does not have that address ({why})\n"
        )

    @pytest.mark.usefixtures("no_terminal")
    def test_a_name_that_nobody_knows_ends_it_too(
        self, log: Log, screen: Screen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", unknown_name)
        with pytest.raises(click.exceptions.Exit) as ended:
            try_to_reserve(8080, screen, log, "nowhere.invalid")
        assert ended.value.exit_code == 1
        assert screen.getvalue() == (
            "Cannot reserve port 8080 of nowhere.invalid: "
            "there is no such address (Name or service not known)\n"
        )


class TestTheChoiceAfterAFailure:
    @pytest.mark.parametrize("answer", ["A", "a", "abort", "ABORT", "Abort", " a "])
    def test_abort_ends_it(
        self,
        log: Log,
        terminal: Terminal,
        screen: Screen,
        taken: socket.socket,
        answer: str,
    ) -> None:
        terminal.type(answer)
        with pytest.raises(click.exceptions.Exit) as ended:
            try_to_reserve(port_of(taken), screen, log)
        assert ended.value.exit_code == 1
        assert screen.getvalue() == in_use(port_of(taken)) + WHAT_TO_DO

    @pytest.mark.parametrize("answer", ["R", "r", "retry", "RETRY", "Retry"])
    def test_retry_tries_the_same_port_again(
        self,
        log: Log,
        terminal: Terminal,
        screen: Screen,
        taken: socket.socket,
        answer: str,
    ) -> None:
        port = port_of(taken)
        screen.when("[R]etry?", lambda _: taken.close())
        terminal.type(answer)
        listener = try_to_reserve(port, screen, log)
        with listener:
            assert port_of(listener) == port
        assert screen.getvalue() == f"{in_use(port)}{WHAT_TO_DO}"

    def test_retry_asks_again_while_the_port_is_taken(
        self, log: Log, terminal: Terminal, screen: Screen, taken: socket.socket
    ) -> None:
        terminal.type("r", "R", "a")
        with pytest.raises(click.exceptions.Exit):
            try_to_reserve(port_of(taken), screen, log)
        assert screen.getvalue() == (in_use(port_of(taken)) + WHAT_TO_DO) * 3

    @pytest.mark.parametrize("answer", ["C", "c", "change", "CHANGE", "Change port"])
    def test_change_asks_for_another_port(
        self,
        log: Log,
        terminal: Terminal,
        screen: Screen,
        taken: socket.socket,
        answer: str,
    ) -> None:
        terminal.type(answer, "70000", "0")
        listener = try_to_reserve(port_of(taken), screen, log)
        with listener:
            port = port_of(listener)
            assert port not in (0, port_of(taken))
        assert screen.getvalue() == (
            f"{in_use(port_of(taken))}{WHAT_TO_DO}{WHICH_PORT}'70000' {NO_PORT}\n{WHICH_PORT}"
        )

    def test_change_to_another_taken_port_asks_again_about_that_one(
        self, log: Log, terminal: Terminal, screen: Screen, taken: socket.socket
    ) -> None:
        with socket.create_server((HOST, 0)) as another:
            first, second = port_of(taken), port_of(another)
            terminal.type("c", str(second), "a")
            with pytest.raises(click.exceptions.Exit):
                try_to_reserve(first, screen, log)
        assert screen.getvalue() == (
            in_use(first) + WHAT_TO_DO + WHICH_PORT + in_use(second) + WHAT_TO_DO
        )

    @pytest.mark.parametrize("answer", ["", " ", "x", "ab", "abor", "retry!", "1", "8080"])
    def test_anything_else_asks_again(
        self,
        log: Log,
        terminal: Terminal,
        screen: Screen,
        taken: socket.socket,
        answer: str,
    ) -> None:
        terminal.type(answer, "a")
        with pytest.raises(click.exceptions.Exit):
            try_to_reserve(port_of(taken), screen, log)
        assert screen.getvalue() == in_use(port_of(taken)) + WHAT_TO_DO * 2

    @pytest.mark.parametrize("answers", [(), ("x",), ("c",), ("c", "abc")])
    def test_the_end_of_input_aborts(
        self,
        log: Log,
        terminal: Terminal,
        screen: Screen,
        taken: socket.socket,
        answers: tuple[str, ...],
    ) -> None:
        terminal.type(*answers)
        with pytest.raises(click.Abort):
            try_to_reserve(port_of(taken), screen, log)


class TestExplaining:
    @pytest.mark.parametrize(
        ("number", "why"),
        [
            (errno.EADDRINUSE, "another program is using it"),
            (errno.EACCES, "the system reserves it"),
            (errno.EPERM, "the system reserves it"),
            (errno.EADDRNOTAVAIL, "this machine does not have that address"),
            (errno.ENOBUFS, "the system refuses it"),
        ],
    )
    def test_names_the_port_and_the_reason_in_plain_words_and_the_systems(
        self, number: int, why: str
    ) -> None:
        words = os.strerror(number)
        error = OSError(number, words)
        assert explain(error, 80, None) == f"Cannot reserve port 80: {why} ({words})"
        assert explain(error, 80, "::1") == f"Cannot reserve port 80 of ::1: {why} ({words})"

    def test_can_do_without_a_number(self) -> None:
        words = explain(OSError("odd"), 80, None)
        assert words.startswith("Cannot reserve port 80: the system refuses it")


class TestSocketsPassedOn:
    def test_are_none_as_a_rule(self) -> None:
        assert passed_on(Limits()) == []

    def test_are_set_up_like_our_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server((HOST, 0)) as listener:
            monkeypatch.setattr(binding_module, "passed_listeners", lambda *_: [listener])
            assert passed_on(Limits()) == [listener]
            assert listener.gettimeout() == 0
            assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    def test_are_asked_for_in_the_environment_of_this_process(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
        monkeypatch.setenv("LISTEN_FDS", "some")
        with pytest.raises(click.ClickException) as raised:
            passed_on(Limits())
        assert raised.value.exit_code == 1
        assert raised.value.message == (
            "The sockets passed on (LISTEN_FDS) cannot be served: "
            "LISTEN_FDS does not tell how many there are."
        )
        assert "LISTEN_FDS" not in os.environ
