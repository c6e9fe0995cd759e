"""What clients sent and exceptions say is shown so that it cannot forge a line of the log."""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttt_cli.render import level_of, shown, words_of
from ttt_core import SquareTaken
from ttt_net.events import Departure, MessageUnexpected, MoveRefused, PlayerLeft, SessionFailed

ANY_INPUT = settings(derandomize=True, deadline=None)
SHOWN_BYTES = 80
PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))


def unescape(text: str) -> bytes:
    """Read back what `shown` has written of a message that fits."""
    inside = text.removeprefix('"').removesuffix('"')
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), inside).encode("latin-1")


class TestWhatAClientSent:
    def test_any_byte_is_shown_as_it_is_or_as_its_number(self) -> None:
        for byte in range(256):
            assert shown(bytes([byte])) in (f'"{chr(byte)}"', f'"\\x{byte:02x}"')

    def test_letters_digits_and_common_signs_can_be_read(self) -> None:
        for sign in string.ascii_letters + string.digits + " .,:;!?-/":
            assert shown(sign.encode()) == f'"{sign}"'

    def test_what_could_break_colour_or_forge_a_line_is_shown_as_its_number(self) -> None:
        for byte in (*range(0x20), *range(0x7F, 0x100), *b'"\\{}<>[]'):
            assert shown(bytes([byte])) == f'"\\x{byte:02x}"'

    def test_nothing_is_shown_as_nothing(self) -> None:
        assert shown(b"") == '""'

    def test_as_much_as_is_shown_is_shown_whole(self) -> None:
        assert shown(b"a" * SHOWN_BYTES) == '"' + "a" * SHOWN_BYTES + '"'

    def test_of_more_the_beginning_is_shown_and_how_much_there_is(self) -> None:
        assert shown(b"a" * SHOWN_BYTES + b"b\n") == '"' + "a" * SHOWN_BYTES + '" and more'

    @ANY_INPUT
    @given(st.binary(max_size=2 * SHOWN_BYTES))
    def test_stays_harmless_whatever_it_is(self, data: bytes) -> None:
        text = shown(data)
        assert set(text) <= PRINTABLE - set("{}<>[]")
        inside, quote, _ = text.removeprefix('"').partition('"')
        assert quote
        assert not re.search(r"\\(?!x[0-9a-f]{2})", inside)

    @ANY_INPUT
    @given(st.binary(max_size=SHOWN_BYTES))
    def test_can_be_told_apart_from_anything_else(self, data: bytes) -> None:
        assert unescape(shown(data)) == data

    @ANY_INPUT
    @given(st.binary(), st.sampled_from(Departure))
    def test_stays_on_one_line_of_the_log(self, data: bytes, departure: Departure) -> None:
        for event in (
            PlayerLeft(1, departure, data, probe=False),
            MoveRefused(1, data, SquareTaken("5")),
            MessageUnexpected(1, data, "playing"),
        ):
            words = words_of(event)
            assert set(words) <= PRINTABLE


def fail(message: str) -> None:
    raise KeyError(message)


def raised(message: str) -> Exception:
    """Return an exception with a traceback, and with another one behind it."""
    try:
        fail(message)
    except KeyError as cause:
        error = RuntimeError(message)
        error.__cause__ = cause
        return error.with_traceback(cause.__traceback__)
    pytest.fail("nothing was raised")


class TestAnException:
    def test_is_shown_with_its_traceback_and_its_cause(self) -> None:
        words = words_of(SessionFailed(1, raised("the lid is off")))
        assert "raise KeyError(message)" in words
        assert "    KeyError: 'the lid is off'" in words.splitlines()
        assert words.splitlines()[-1] == "    RuntimeError: the lid is off"

    @pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028"])
    def test_cannot_begin_a_line_of_the_log(self, end: str) -> None:
        forged = f"{end}[2026-11-22 20:22:44] INFO: forged{end}"
        event = SessionFailed(1, raised(forged))
        first, *others = re.split(r"\n", words_of(event))
        assert (level_of(event), first) == (
            "ERROR",
            "An exception ended the session of player 1: RuntimeError",
        )
        assert others
        assert all(line.startswith("    ") for line in others)

    @ANY_INPUT
    @given(st.text())
    def test_lets_no_control_character_through(self, message: str) -> None:
        words = words_of(SessionFailed(1, raised(message)))
        assert set(words) <= PRINTABLE | {"\n"}
        assert not any(line.startswith("[") for line in words.splitlines())
