"""Crowds at the installed server: very many who play, and very many who only come and go."""

import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.floods.house import House, until
from tests.system.crowd import Crowd
from tests.system.process import Shell

PLAIN_PYTHON = {"PYTHONMALLOC": "default", "PYTHONDEVMODE": ""}
"""Where its memory comes from unless somebody looks for errors in that."""


@contextmanager
def room_for(files: int) -> Iterator[None]:
    """Let so many files be open here, and in what is started here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        pytest.skip(f"no more than {hard} files may be open here; {files} are needed")
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def come_and_go(house: House, port: int, count: int, word: bytes) -> None:
    """Let `count` connect, say `word`, be taken in, and drop all at once."""
    files = house.files
    with ExitStack() as crowd:
        for _ in range(count):
            client = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            client.sendall(word)
        assert until(lambda: house.files == files + count)
    assert until(lambda: house.files == files)


def test_ten_thousand_sit_in_games_and_play_on_afterwards(shell: Shell) -> None:
    with room_for(10_200):
        server = shell.start("serve", "--port", "0", "--no-log-file")
        crowd = Crowd(server.listening())
        try:
            # A few at a time: each has three seconds to confirm, however slow we all are.
            members = [member for _ in range(100) for member in crowd.begin(50)]
            crowd.play_on(members)
            assert sorted(member.over for member in members) == (
                [b"CLP012"] * 5_000 + [b"CWP012"] * 5_000
            )
        finally:
            crowd.leave()
        assert server.stop(signal.SIGTERM) == 0
        assert "Traceback" not in server.text


class TestTheMemory:
    def test_is_within_a_megabyte_what_it_was_before_five_thousand_came_and_went(
        self, shell: Shell
    ) -> None:
        with room_for(5_200):
            server = shell.start("serve", "--port", "0", **PLAIN_PYTHON)
            port = server.listening()
            house = House(server)
            before = house.memory
            for word in (b"", b"", b"c1", b"c1", b"", b"c1"):
                come_and_go(house, port, 5_000, word)
                assert house.memory < before + 1
            assert server.stop(signal.SIGTERM) == 0

    def test_is_taken_for_as_many_as_may_come_and_five_thousand_at_most(
        self, shell: Shell
    ) -> None:
        with room_for(10_200):
            few, many, more = (
                shell.start("serve", "--port", "0", "--max-connections", most, **PLAIN_PYTHON)
                for most in ("50", "5000", "10000")
            )
            for server in (few, many, more):
                server.listening()
            assert House(few).memory < House(many).memory - 5
            assert House(more).memory < House(many).memory + 1
