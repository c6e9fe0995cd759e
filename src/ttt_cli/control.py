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
    Those of them that have been kept waiting since the start, or are kept waiting again once
    the server has ended, so as not to spoil its exit code, are let through in between.
    """
    handlers = {
        signal.SIGINT: server.stop,
        signal.SIGTERM: server.stop,
        signal.SIGHUP: log.reopen,
        signal.SIGUSR1: report.ask,
    }
    bell_before = signal.set_wakeup_fd(server.bell.cord, warn_on_full_buffer=False)
    before = {
        number: signal.signal(number, lambda *_, act=act: act())
        for number, act in handlers.items()
    }
    kept_waiting = signal.pthread_sigmask(signal.SIG_UNBLOCK, handlers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, kept_waiting)
        signal.set_wakeup_fd(bell_before)
        for number, handler in before.items():
            signal.signal(number, handler)
