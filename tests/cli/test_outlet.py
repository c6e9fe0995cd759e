"""The outlet to each kind of end: it takes what there is room for and waits for nothing."""

import fcntl
import os
import select
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.consoles import PATIENCE
from tests.cli.ends import Ends, connection, pipe, terminal
from tests.cli.log_file import no_room_past
from ttt_cli import outlet as outlet_module
from ttt_cli.outlet import Outlet, outlet_to

pytestmark = pytest.mark.usefixtures("signals")

LINE = b"a line of a server, as long as most of them are, say\n"


@pytest.fixture(autouse=True)
def threads_that_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no thread outlive its test, which the next one would find, with its descriptors."""
    monkeypatch.setattr(outlet_module, "_LAST_WORDS", PATIENCE)


@pytest.fixture(params=[False, True], ids=["", "refused"])
def outlet(
    ends: Ends, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outlet]:
    """An outlet that has opened what it needs, and one that was refused it."""
    with monkeypatch.context() as patch:
        if request.param:
            refuse(patch)
        outlet = outlet_to(ends.theirs)
    yield outlet
    ends.look_away()
    outlet.close()


def refuse(patch: pytest.MonkeyPatch) -> None:
    """Let nothing be opened, as at somebody else's terminal."""

    def no(*_: object) -> int:
        raise PermissionError

    patch.setattr(os, "open", no)
    patch.setattr(os, "dup", no)


def open_files() -> set[int]:
    return {int(path.name) for path in Path("/dev/fd").iterdir() if path.exists()}


@pytest.mark.parametrize("data", [LINE, b"\n" * 4096, LINE * 1000], ids=["line", "ends", "much"])
def test_what_nobody_reads_takes_what_there_is_room_for_and_no_more(
    ends: Ends, outlet: Outlet, data: bytes
) -> None:
    total = 0
    for _ in range(10_000):
        taken = outlet.take(data)
        total += taken
        if taken < len(data):
            break
    assert 0 < total < 10_000 * len(data)
    assert ends.read(total) == (data * (total // len(data) + 1))[:total]


def test_what_is_read_again_takes_the_rest(ends: Ends, outlet: Outlet) -> None:
    data = b"".join(b"%06d\n" % number for number in range(50_000))
    taken = 0
    read = b""
    while taken < len(data):
        taken += outlet.take(data[taken:])
        read += ends.read_what_is_there()
    assert read + ends.read(len(data) - len(read)) == data


def test_who_shares_the_descriptor_can_wait_as_before(ends: Ends) -> None:
    before = fcntl.fcntl(ends.theirs, fcntl.F_GETFL)
    outlet = outlet_to(ends.theirs)
    assert outlet.take(LINE) == len(LINE)
    assert fcntl.fcntl(ends.theirs, fcntl.F_GETFL) == before
    outlet.close()
    assert not before & os.O_NONBLOCK


def test_what_it_opens_no_child_inherits_and_it_closes(ends: Ends) -> None:
    before = open_files()
    outlet = outlet_to(ends.theirs)
    (own,) = open_files() - before
    assert not os.get_inheritable(own)
    outlet.close()
    assert open_files() == before


def test_a_terminal_that_is_stopped_takes_nothing_until_it_goes_on() -> None:
    ends = terminal()
    outlet = outlet_to(ends.theirs)
    termios.tcflow(ends.theirs, termios.TCOOFF)  # Ctrl-S
    assert outlet.take(LINE) == 0
    termios.tcflow(ends.theirs, termios.TCOON)
    assert outlet.take(LINE) == len(LINE)
    assert ends.read(len(LINE)) == LINE
    outlet.close()
    ends.close()


def test_a_pipe_takes_a_page_whole_or_not_at_all() -> None:
    ends = pipe()
    outlet = outlet_to(ends.theirs)
    page = b"." * select.PIPE_BUF
    room = fcntl.fcntl(ends.theirs, fcntl.F_GETPIPE_SZ)
    assert outlet.take(b"." * (room - 1)) == room - 1
    assert outlet.take(page) == 0
    ends.read(select.PIPE_BUF)
    assert [outlet.take(page), outlet.take(page)] == [select.PIPE_BUF, 0]
    outlet.close()
    ends.close()


@pytest.mark.parametrize(
    ("mode", "left"), [("ab", b"old\nfirst\nour line\nlast\n"), ("wb", b"first\nour line\nlast\n")]
)
def test_a_file_is_written_where_the_shell_and_the_others_write(
    tmp_path: Path, mode: str, left: bytes
) -> None:
    path = tmp_path / "console"
    path.write_bytes(b"old\n")
    with path.open(mode, buffering=0) as file:
        file.write(b"first\n")
        before = open_files()
        outlet = outlet_to(file.fileno())
        assert open_files() == before
        outlet.take(b"our line\n")
        outlet.close()
        file.write(b"last\n")
    assert path.read_bytes() == left


def test_a_file_takes_as_much_as_the_disk_has_room_for(tmp_path: Path) -> None:
    with (tmp_path / "console").open("ab") as file, no_room_past(60):
        outlet = outlet_to(file.fileno())
        assert [outlet.take(LINE), outlet.take(LINE), outlet.take(LINE)] == [53, 7, 0]


@pytest.mark.parametrize("make", [pipe, connection, terminal])
def test_where_nobody_is_at_the_other_end_nothing_is_taken(make: Callable[[], Ends]) -> None:
    ends = make()
    outlet = outlet_to(ends.theirs)
    ends.look_away()
    assert outlet.take(LINE) == 0
    outlet.close()
    ends.close()


def test_where_the_thread_finds_nobody_it_ends_and_nothing_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = pipe()
    refuse(monkeypatch)
    outlet = outlet_to(ends.theirs)
    ends.look_away()
    while outlet.take(LINE):
        pass
    outlet.close()
    ends.close()


def test_the_thread_leaves_the_signals_to_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = pipe()
    with monkeypatch.context() as patch:
        refuse(patch)
        outlet = outlet_to(ends.theirs)
    outlet.take(LINE)
    assert ends.read(len(LINE)) == LINE  # so it has begun
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "console"]
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    blocked = int(status.partition("SigBlk:\t")[2].split()[0], 16)
    ours = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
    assert all(blocked >> (number - 1) & 1 for number in ours)
    outlet.close()
    ends.close()


def test_the_last_lines_that_go_through_the_thread_arrive_before_it_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = pipe()
    refuse(monkeypatch)
    closes = threading.Event()
    carry = outlet_module._carry

    def carry_late(source: int, descriptor: int) -> None:
        closes.wait(PATIENCE)
        carry(source, descriptor)

    class Waiting(threading.Thread):
        def join(self, timeout: float | None = None) -> None:
            closes.set()
            super().join(timeout)

    monkeypatch.setattr(outlet_module, "_carry", carry_late)
    monkeypatch.setattr(outlet_module, "Thread", Waiting)
    outlet = outlet_to(ends.theirs)
    assert outlet.take(LINE * 50) == 50 * len(LINE)
    outlet.close()
    assert ends.read_what_is_there() == LINE * 50
    ends.close()


def test_the_thread_waits_for_room_though_the_descriptor_was_told_not_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = terminal()
    refuse(monkeypatch)
    pauses = threading.Event()
    is_read = threading.Event()

    def pause(_: float) -> None:
        pauses.set()
        is_read.wait(PATIENCE)

    monkeypatch.setattr(time, "sleep", pause)
    os.set_blocking(ends.theirs, False)
    filled = 0
    with suppress(BlockingIOError):
        while True:
            filled += os.write(ends.theirs, b".")
    outlet = outlet_to(ends.theirs)
    data = LINE * 400
    assert outlet.take(data) == len(data)
    assert pauses.wait(PATIENCE)
    is_read.set()
    assert ends.read(filled + len(data)) == b"." * filled + data
    ends.look_away()
    outlet.close()
    ends.close()


def test_where_there_is_no_thread_either_nothing_is_taken_and_nothing_left_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError

    ends = pipe()
    refuse(monkeypatch)
    monkeypatch.setattr(threading.Thread, "start", fail)
    before = open_files()
    outlet = outlet_to(ends.theirs)
    assert outlet.take(LINE) == 0
    outlet.close()
    assert open_files() == before
    ends.close()


def test_what_can_only_be_read_from_is_not_written_to() -> None:
    ends = pipe()
    outlet = outlet_to(ends._ours)
    assert outlet.take(LINE) == 0
    ends.close()
