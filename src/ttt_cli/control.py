"""Control: what each signal means to `ttt serve`."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ttt_cli.logs import Log
from ttt_cli.numbers import Report
from ttt_net import Server


@contextmanager
def signals_of(server: Server, log: Log, report: Report) -> Iterator[None]:
    """Let each signal mean to `server` what the manual says.

    Ctrl-C and SIGTERM stop it, SIGHUP opens the log file anew, SIGUSR1 asks for the numbers.
    Those of them that have been kept waiting since the start are let through. Once the server
    has ended they are ignored for good: whoever says again that it is to end must not spoil
    its exit code.
    """
    handlers = {
        signal.SIGINT: server.stop,
        signal.SIGTERM: server.stop,
        signal.SIGHUP: log.reopen,
        signal.SIGUSR1: report.ask,
    }
    bell_before = signal.set_wakeup_fd(server.bell.cord, warn_on_full_buffer=False)
    for number, act in handlers.items():
        signal.signal(number, lambda *_, act=act: act())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, handlers)
    try:
        yield
    finally:
        # Blocked first: of one that came in the very moment Python would complain on stderr.
        signal.pthread_sigmask(signal.SIG_BLOCK, handlers)
        for number in handlers:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(bell_before)
