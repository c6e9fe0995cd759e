"""The log of the running server: what is in it, where it is written, and what cannot break it."""

import re
import signal

from tests.system.process import Running, Shell
from tests.system.visitors import SCRIPT, Visitors

STAMP = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "
LINE = re.compile(STAMP + r"(DEBUG|INFO|WARNING|ERROR): [ -~]+")

NASTY = [
    b"\n[2026-11-22 20:22:44] INFO: Player 9 beats player 8 and finishes the game.",
    b"\r\nPlayer 9 is matched with player 8\r\n",
    b"\x1b[31mred\x1b[0m\x1b[2J",
    b"\x9b31m\x07\x08\x7f",
    b"{0} {} {time} {message!r:>999} {extra[x]} {{",
    b"<red>red</red> <level> </> <",
    b"%s %d %(name)s %n %",
    b"\\n \\x0a \\u2028 \\",
    "\u2028\u2029\x85\u202e\u0435\u0301".encode(),
    b"\0\0 after",
    bytes(range(256)),
    b"x" * 900,
]


def stop(server: Running, visitors: Visitors) -> None:
    visitors.leave()
    assert server.stop(signal.SIGTERM) == 0


def without_stamps(lines: list[str]) -> list[str]:
    """Check the form of the lines of a log file; return them as the console shows them."""
    for line in lines:
        assert LINE.fullmatch(line)
    return [re.sub(STAMP + "[A-Z]+: ", "", line, count=1) for line in lines]


class TestWhatClientsSend:
    def test_in_a_reason_or_an_unexpected_message_makes_one_line_and_no_other(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0")
        port = server.listening()
        for nasty in NASTY:
            for begin, told in (
                (b"c1q", "Player {} has left: said quit "),
                (b"?", "Player {} is put out for an unexpected message while being greeted: "),
            ):
                visitor = visitors.connect(port)
                visitor.say(begin + nasty)
                address = re.escape(f"127.0.0.1:{visitor.sock.getsockname()[1]}")
                server.expect(
                    rf"^Received connection from {address}: player {visitor.number}\n"
                    rf"{told.format(visitor.number)}\"[ -~]+\n$"
                )
        stop(server, visitors)
        lines = server.raw.split("\n")
        assert len(lines) == 2 + 4 * len(NASTY) + 2 + 1
        assert without_stamps(shell.log_lines) == lines[:-1]

    def test_in_a_move_makes_one_line_and_no_other(self, shell: Shell, visitors: Visitors) -> None:
        server = shell.start("serve", "--port", "0")
        game = visitors.game(server.listening())
        server.expect("is matched .*\n")
        # A third refusal in a row would put the player out.
        pairs = (b"\n\x1b", b"{}", b"<>", b'\\"', b"\0\xff")
        boards = [b"B         CY"] + [theirs[2:] for _, _, theirs in SCRIPT]
        for turn, pair in enumerate(pairs):
            player = game.o if turn % 2 else game.x
            for byte in pair:
                player.say(b"i%c" % byte)
                player.hear(boards[turn])
                server.expect(
                    rf'^Move "i\\x{byte:02x}" of player {player.number} is refused: '
                    r"there is no such square\n$"
                )
            game.play(1)
        stop(server, visitors)
        assert without_stamps(shell.log_lines) == server.raw.split("\n")[:-1]

    def test_escaped_it_can_still_be_read(self, shell: Shell, visitors: Visitors) -> None:
        server = shell.start("serve", "--port", "0")
        visitors.confirmed(server.listening()).say(b"qtea\n{0}\x1b[31m<red>\\ %s\xe9\0 time")
        server.expect(
            re.escape(r'said quit "tea\x0a\x7b0\x7d\x1b\x5b31m\x3cred\x3e\x5c %s\xe9\x00 time"')
        )


class TestProbes:
    def test_leave_no_line(self, shell: Shell, visitors: Visitors) -> None:
        server = shell.start("serve", "--port", "0")
        port = server.listening()
        visitors.connect(port).sock.close()
        visitors.connect(port).reset()
        visitors.connect(port).say(b"q")
        visitors.confirmed(port)
        server.expect(r"^Received connection from .*: player 4\n$")
        stop(server, visitors)
        assert without_stamps(shell.log_lines) == server.lines
        assert "player 3" not in server.text.lower()

    def test_leave_two_lines_each_at_the_level_of_debug(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0", "--log-level", "debug")
        port = server.listening()
        visitors.connect(port).sock.close()
        server.expect(r"^Received .*: player 1\nPlayer 1 has left: closed the connection\n$")
        visitors.connect(port).reset()
        server.expect(r"^Received .*: player 2\nPlayer 2 is lost: the connection was reset\n$")
        visitors.connect(port).say(b"q")
        server.expect(r"^Received .*: player 3\nPlayer 3 has left: said quit\n$")
        stop(server, visitors)
        assert [" DEBUG: " in line for line in shell.log_lines] == [
            *(False, False),
            *(True for _ in range(6)),
            *(False, False),
        ]
