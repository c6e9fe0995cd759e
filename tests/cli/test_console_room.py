"""The console when there is little room or none: no line is lost without being counted."""

import fcntl
import itertools
import os
import re
import select
from pathlib import Path

import pytest

from tests.cli.ends import Ends, pipe
from tests.cli.log_file import no_room_past
from ttt_cli import console as console_module
from ttt_cli.console import Console
from ttt_cli.logs import Log, LogSettings
from ttt_cli.outlet import Outlet
from ttt_cli.render import INFO
from ttt_net.events import PortReserved

pytestmark = pytest.mark.usefixtures("signals")

LEFT_OUT = re.compile(r"\((\d+) lines were left out here\)")


def numbered(lines: range) -> str:
    return "".join(f"{number}: some words of a line of a server\n" for number in lines)


def assert_counted(text: str, lines: range) -> int:
    """Check that `text` has each of the `numbered` lines whole, or counts it; return how many."""
    assert text.endswith("\n")
    due, missing = lines.start, 0
    for line in text.splitlines():
        if match := LEFT_OUT.fullmatch(line):
            missing += int(match[1])
            due += int(match[1])
        else:
            assert f"{line}\n" == numbered(range(due, due + 1))
            due += 1
    assert due == lines.stop
    return missing


def test_what_nobody_reads_is_not_waited_for_and_later_all_is_there_or_counted(ends: Ends) -> None:
    stream = os.fdopen(os.dup(ends.theirs), "w", encoding="utf-8")
    console = Console(stream)
    for start in range(0, 30_000, 7):
        console.write(numbered(range(start, start + 7)))
    assert console.is_behind
    read = b""
    while console.is_behind:
        read += ends.read_what_is_there()
        console.catch_up()
    console.write("end\n")
    console.close()
    stream.close()
    while not read.endswith(b"end\n"):
        read += ends.read_what_is_there()
    assert assert_counted(read.decode().removesuffix("end\n"), range(30_002)) > 0


def test_a_pipe_with_one_page_of_room_takes_a_page_with_what_is_said_of_the_lines_before() -> None:
    ends = pipe()
    with os.fdopen(os.dup(ends.theirs), "w", encoding="utf-8") as stream:
        console = Console(stream)
        room = fcntl.fcntl(ends.theirs, fcntl.F_GETPIPE_SZ)
        console.write(("x" * 63 + "\n") * (room // 64 + 10))  # ten of them find no room
        ends.read(select.PIPE_BUF)
        console.write(("y" * 63 + "\n") * 64)  # a page, and before it comes the notice
        ends.read(room - select.PIPE_BUF)
        console.close()
    assert ends.read_what_is_there().decode() == (
        "(10 lines were left out here)\n(64 lines were left out here)\n"
    )
    ends.close()


def test_a_line_that_a_full_disk_has_taken_half_of_is_finished_and_those_after_it_are_counted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "console"
    with path.open("a", encoding="utf-8") as file:
        console = Console(file)
        with no_room_past(25):
            console.write("the first line\nthe second line\nthe third line\n")
            console.write("the fourth line\n")
            assert path.read_text() == "the first line\nthe second"
        console.write("the fifth line\n")
        console.close()
    assert path.read_text() == (
        "the first line\nthe second line\n(2 lines were left out here)\nthe fifth line\n"
    )


def test_wherever_the_room_ends_each_line_is_written_once_and_whole_or_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = bytearray()
    rooms: list[int] = []

    def write(data: bytes) -> int:
        size = min(len(data), rooms.pop(0) if rooms else len(data))
        written.extend(data[:size])
        return size

    monkeypatch.setattr(console_module, "outlet_to", lambda _: Outlet(write))
    sizes = (0, 1, 29, 30, 31, 40, 80, 200)
    with Path(os.devnull).open("w", encoding="utf-8") as stream:
        for sequence in itertools.product(sizes, repeat=5):
            written.clear()
            rooms[:] = sequence
            console = Console(stream)
            for start, stop in itertools.pairwise((0, 1, 3, 6, 9)):
                console.write(numbered(range(start, stop)))
            rooms.clear()
            console.close()
            assert_counted(written.decode(), range(9))


def test_what_was_left_out_is_said_when_the_loop_waits_though_nothing_new_has_happened() -> None:
    ends = pipe()
    with os.fdopen(os.dup(ends.theirs), "w", encoding="utf-8") as stream:
        room = fcntl.fcntl(ends.theirs, fcntl.F_GETPIPE_SZ)
        os.write(ends.theirs, b"." * room)
        log = Log(LogSettings(None, INFO, max_bytes=1, keep=0), Console(stream))
        log.emit(PortReserved(8080))
        log.emit(PortReserved(8081))
        log.flush()
        log.flush()
        ends.read(room)
        log.flush()
        assert ends.read_what_is_there() == b"(2 lines were left out here)\n"
        log.flush()
        log.close()
    assert ends.read_what_is_there() == b""
    ends.close()


def test_what_is_closed_takes_no_more_lines() -> None:
    ends = pipe()
    with os.fdopen(os.dup(ends.theirs), "w", encoding="utf-8") as stream:
        console = Console(stream)
        console.close()
        console.write("too late\n")
        console.close()
    assert ends.read_what_is_there() == b""
    ends.close()
