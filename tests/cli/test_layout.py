import os
import pty
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.windows import resize
from ttt_cli.layout import columns_of, printable, quoted, wrapped

ANY_INPUT = settings(derandomize=True, deadline=None)


class TestWhatOthersSay:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("", ""),
            ("Grüße, 世界!", "Grüße, ??!"),
            ("a\x1b[2Jb", "a?[2Jb"),
            ("a\r\nb\tc", "a??b?c"),
            ("e\u0301 \U0001f600", "e? ?"),
            ("\x9b\x7f\u202e\u2028", "????"),
        ],
    )
    def test_is_shown_without_what_could_do_something(self, text: str, shown: str) -> None:
        assert printable(text) == shown

    @ANY_INPUT
    @given(st.text())
    def test_stays_on_its_line_whatever_it_is(self, text: str) -> None:
        shown = printable(text)
        assert len(shown) == len(text)
        assert shown.isprintable()

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("", "''"),
            ("five", "'five'"),
            ("a" * 20, f"'{'a' * 20}'"),
            ("a" * 21, f"'{'a' * 19}…'"),
            ("\x07" * 100_000, f"'{'?' * 19}…'"),
        ],
    )
    def test_is_quoted_in_twenty_signs(self, text: str, shown: str) -> None:
        assert quoted(text) == shown


class TestTheWidth:
    def test_is_that_of_the_terminal_now(self) -> None:
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "w") as out:
            for columns in (40, 200):
                resize(ours, columns)
                assert columns_of(out) == columns
        os.close(ours)

    def test_is_what_the_environment_says_if_the_terminal_does_not_know(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "66")
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, "w") as out:
            assert columns_of(out) == 66
        os.close(ours)
        assert columns_of(StringIO()) == 66


@pytest.mark.parametrize("columns", [1, 20, 21, 40, 80, 200])
def test_lines_leave_the_last_column_free(columns: int) -> None:
    lines = wrapped("a bc " * 200, columns)
    assert max(map(len, lines)) < max(columns, 21)
    assert " ".join(lines) == ("a bc " * 200).strip()
