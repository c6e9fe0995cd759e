"""The log file is begun anew when somebody has moved it, and moved aside when it is full."""

import errno
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import BeginLog
from tests.cli.consoles import Screen
from tests.cli.log_file import NUMBERED, messages, no_room_past, number_of_reports
from ttt_cli.log_file import LogFile
from ttt_cli.render import INFO


class TestAFileThatIsMovedAway:
    def test_is_begun_anew_at_the_next_line(self, begin_log: BeginLog, file: Path) -> None:
        log = begin_log(file=file)
        log.write(INFO, "old")
        moved = file.rename(file.with_suffix(".log.1"))
        log.write(INFO, "new")
        log.write(INFO, "newer")
        assert messages(moved) == ["old"]
        assert messages(file) == ["new", "newer"]

    def test_is_opened_anew_at_once_when_the_log_is_told_to(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        log = begin_log(file=file)
        log.write(INFO, "old")
        moved = file.rename(file.with_suffix(".log.1"))
        log.reopen()
        assert messages(file) == []
        log.write(INFO, "new")
        assert (messages(moved), messages(file)) == (["old"], ["new"])

    def test_is_opened_anew_at_the_next_line_if_that_cannot_be_done_at_once(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        screen = Screen()
        log = begin_log(screen, file=file)
        moved = file.rename(file.with_suffix(".log.1"))
        file.mkdir()
        log.reopen()
        log.write(INFO, "lost")
        log.reopen()
        file.rmdir()
        log.reopen()
        assert not file.exists()
        log.write(INFO, "new")
        assert (messages(moved), messages(file)) == ([], ["new"])
        assert number_of_reports(screen) == 1

    def test_is_opened_anew_only_if_there_is_one(self, begin_log: BeginLog, file: Path) -> None:
        begin_log().reopen()
        assert not file.exists()

    def test_is_begun_anew_when_another_file_has_taken_its_name(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        log = begin_log(file=file)
        log.write(INFO, "old")
        moved = file.rename(file.with_suffix(".log.1"))
        file.touch()
        log.write(INFO, "new")
        assert messages(moved) == ["old"]
        assert messages(file) == ["new"]

    def test_is_begun_anew_though_its_directory_is_gone(
        self, begin_log: BeginLog, tmp_path: Path
    ) -> None:
        file = tmp_path / "logs" / "ttt.log"
        log = begin_log(file=file)
        log.write(INFO, "old")
        shutil.rmtree(file.parent)
        log.write(INFO, "new")
        assert messages(file) == ["new"]

    def test_is_begun_anew_as_soon_as_its_name_is_free(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        screen = Screen()
        log = begin_log(screen, file=file)
        file.unlink()
        file.mkdir()
        log.write(INFO, "lost")
        log.write(INFO, "lost")
        file.rmdir()
        log.write(INFO, "after")
        assert messages(file) == ["after"]
        assert number_of_reports(screen) == 1


class TestAFileThatIsFull:
    def test_is_moved_aside(self, begin_log: BeginLog, file: Path) -> None:
        length = len("[2026-11-22 20:22:44] INFO: line 0\n")
        log = begin_log(file=file, max_bytes=2 * length)
        for line in NUMBERED[:3]:
            log.write(INFO, line)
        (aside,) = set(file.parent.iterdir()) - {file}
        assert messages(aside) == NUMBERED[:2]
        assert messages(file) == NUMBERED[2:3]

    @pytest.mark.parametrize("keep", [0, 1, 3])
    def test_is_kept_with_a_bounded_number_of_others(
        self, begin_log: BeginLog, file: Path, keep: int
    ) -> None:
        log = begin_log(file=file, max_bytes=100, keep=keep)
        for line in NUMBERED:
            log.write(INFO, line)
        everything = list(file.parent.iterdir())
        assert len(everything) == keep + 1
        assert all(0 < some.stat().st_size <= 100 for some in everything)
        assert messages(file)[-1] == NUMBERED[-1]

    def test_and_cannot_be_moved_aside_is_reported_once_and_grows_on(
        self, begin_log: BeginLog, tmp_path: Path
    ) -> None:
        screen = Screen()
        # The file system takes this name, and takes no longer one.
        file = tmp_path / ("n" * 255)
        log = begin_log(screen, file=file, max_bytes=100)
        for line in NUMBERED:
            log.write(INFO, line)
        assert screen.getvalue().count("cannot be moved aside: File name too long") == 1
        assert messages(file) == NUMBERED

    def test_and_cannot_be_moved_aside_pushes_nothing_out(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        kept = [file.with_name(f"{file.name}.{number}") for number in (1, 2)]
        for path in kept:
            path.write_text(path.name)
        file.with_name(f"{file.name}.0").mkdir()  # in the way of moving aside
        log = begin_log(file=file, max_bytes=100, keep=2)
        for line in NUMBERED:
            log.write(INFO, line)
        assert [path.read_text() for path in kept] == [path.name for path in kept]
        assert messages(file) == NUMBERED

    def test_and_cannot_be_numbered_loses_no_line(self, begin_log: BeginLog, file: Path) -> None:
        screen = Screen()
        just_left, first, last = (file.with_name(f"{file.name}.{number}") for number in range(3))
        first.touch()
        last.mkdir()
        log = begin_log(screen, file=file, max_bytes=200, keep=2)
        for line in NUMBERED:
            log.write(INFO, line)
        assert messages(just_left) + messages(file) == NUMBERED
        assert screen.getvalue().count("cannot be moved aside: Is a directory") == 2
        last.rmdir()
        log.write(INFO, "afterwards")
        assert messages(last) + messages(first) == NUMBERED
        assert messages(file) == ["afterwards"]
        assert not just_left.exists()

    def test_is_numbered_where_there_is_room_and_no_further(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        first, second, third = (file.with_name(f"{file.name}.{number}") for number in (1, 2, 3))
        third.write_text("from before")
        log = begin_log(file=file, max_bytes=100, keep=10**9)
        for line in NUMBERED[:6]:
            log.write(INFO, line)
        assert messages(second) + messages(first) + messages(file) == NUMBERED[:6]
        assert third.read_text() == "from before"

    def test_begins_a_new_line_in_no_new_file_after_one_that_found_half_its_room(
        self, begin_log: BeginLog, file: Path
    ) -> None:
        log = begin_log(file=file, max_bytes=70)
        log.write(INFO, "first")
        with no_room_past(40):
            log.write(INFO, "half")
        log.write(INFO, "after")
        assert messages(file) == ["after"]


class TestALink:
    def test_stays_and_the_full_file_behind_it_is_moved_aside_where_that_lies(
        self, begin_log: BeginLog, file: Path, tmp_path: Path
    ) -> None:
        there = tmp_path / "another" / "disk"
        there.mkdir(parents=True)
        real = there / "real.log"
        (tmp_path / "another" / "link").symlink_to("disk/real.log")
        file.symlink_to("another/link")
        log = begin_log(file=file, max_bytes=100)
        for line in NUMBERED[:4]:
            log.write(INFO, line)
        assert file.is_symlink()
        assert messages(real.with_name("real.log.1")) + messages(real) == NUMBERED[:4]
        assert messages(file) == messages(real)
        assert sorted(path.name for path in there.iterdir()) == ["real.log", "real.log.1"]
        assert not list(file.parent.glob(f"{file.name}.*"))

    @pytest.mark.parametrize("way", ["straight", "link", "directory"])
    def test_to_a_descriptor_is_written_to_for_ever(
        self, begin_log: BeginLog, tmp_path: Path, way: str
    ) -> None:
        screen = Screen()
        output = tmp_path / "output"
        with output.open("a") as stdout:
            descriptor = Path(f"/proc/self/fd/{stdout.fileno()}")
            link, directory = tmp_path / "link", tmp_path / "directory"
            link.symlink_to(descriptor)
            directory.symlink_to(descriptor.parent)
            paths = {
                "straight": descriptor,
                "link": link,
                "directory": directory / descriptor.name,
            }
            log = begin_log(screen, file=paths[way], max_bytes=100)
            for line in NUMBERED:
                log.write(INFO, line)
        assert messages(output) == NUMBERED
        assert sorted(tmp_path.iterdir()) == [directory, link, output]
        assert "cannot be" not in screen.getvalue()

    def test_that_comes_to_lead_nowhere_is_followed_to_an_end(self, file: Path) -> None:
        file.symlink_to(file.name)
        assert LogFile(file, max_bytes=100, keep=1)._place() is None

    def test_that_cannot_be_followed_loses_no_line(
        self, begin_log: BeginLog, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        screen = Screen()
        real = file.with_name("real")
        file.symlink_to(real)
        log = begin_log(screen, file=file, max_bytes=100)

        def refuse(path: Path) -> Path:
            raise OSError(errno.ENAMETOOLONG, "File name too long", str(path))

        monkeypatch.setattr(Path, "readlink", refuse)
        for line in NUMBERED:
            log.write(INFO, line)
        assert messages(real) == NUMBERED
        assert screen.getvalue().count("cannot be moved aside: File name too long") == 1
