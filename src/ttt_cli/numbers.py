"""The numbers of the house as a line of the log, when SIGUSR1 asks for it."""

from ttt_cli.logs import Log
from ttt_cli.render import INFO
from ttt_net import Hub
from ttt_net.counters import RESULTS, Numbers


def line_of(numbers: Numbers) -> str:
    """Write `numbers` as one line of words."""
    results = zip(RESULTS, numbers.results, strict=True)
    ended = ", ".join(f"{result} {count}" for result, count in results if count)
    return (
        f"Connections {numbers.connections}, players waiting {numbers.waiting}, "
        f"games in progress {numbers.games}; since the start: "
        f"games {sum(numbers.results)}{f' ({ended})' if ended else ''}, "
        f"moves {numbers.moves}, moves refused {numbers.refused}"
    )


class Report:
    """Writes the log when the loop is about to wait, and the numbers if they are asked for."""

    def __init__(self, hub: Hub, log: Log) -> None:
        self._hub = hub
        self._log = log
        self._is_wanted = False

    def ask(self) -> None:
        """Ask for the numbers. May be called from a signal handler: it only takes a note."""
        self._is_wanted = True

    def line(self) -> str:
        """Return the numbers as they are now, in words."""
        return line_of(self._hub.numbers())

    def before_wait(self) -> None:
        """Write what is to be written."""
        if self._is_wanted:
            self._is_wanted = False
            self._log.write(INFO, self.line())
        self._log.flush()
