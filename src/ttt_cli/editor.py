"""The line that is being typed: keys in, whole lines out; no terminal."""

import codecs

LONGEST = 200
"""How many signs a line may have; what is typed beyond that does not count."""

CTRL_D = "\x04"
_BACKSPACE = ("\x7f", "\b")
_CTRL_U = "\x15"
_ESCAPE = "\x1b"


class LineEditor:
    """Does what a terminal does with keys, so that what is typed can be shown at any time."""

    def __init__(self) -> None:
        self.text = ""
        """What has been typed of the line so far."""
        self.is_over = False
        """Whether Ctrl-D was pressed on an empty line; what comes after it does not count."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._sequence = ""

    def feed(self, data: bytes) -> list[str]:
        """Take in keys as they come, and return the lines that they end."""
        lines: list[str] = []
        for key in self._decoder.decode(data):
            if self.is_over:
                break
            if not self._is_in_sequence(key):
                self._press(key, lines)
        return lines

    def _press(self, key: str, lines: list[str]) -> None:
        if key in "\r\n":
            lines.append(self.text)
            self.text = ""
        elif key == CTRL_D:
            self.is_over = not self.text
        elif key in _BACKSPACE:
            self.text = self.text[:-1]
        elif key == _CTRL_U:
            self.text = ""
        elif key.isprintable() and len(self.text) < LONGEST:
            self.text += key

    def _is_in_sequence(self, key: str) -> bool:
        """Whether `key` is part of what an arrow or another such key sends.

        That is ESC [ digits and a letter, or ESC O and a letter.
        """
        before, self._sequence = self._sequence, ""
        if key == _ESCAPE or (before == _ESCAPE and key in "[O"):
            self._sequence = key
            return True
        if before == "[" and not "@" <= key <= "~" and key.isprintable():
            self._sequence = before
        return before in ("[", "O") and key.isprintable()
