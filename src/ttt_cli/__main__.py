"""The way in: `ttt`, `ttt-server` and `python -m ttt_cli`, none of which Ctrl-C makes noisy."""

import atexit
import signal
import sys

_LATER = (signal.SIGHUP, signal.SIGUSR1)
"""What means something to `ttt serve` as soon as it has a log, and must not end it before."""

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
"""What must not spoil the exit code at the very end."""


def main(name: str | None = None) -> None:
    """Run the command line, and exit; it calls itself `name`, or what it was called by."""
    if sys.argv[1:2] == ["serve"]:
        # They wait, and are answered when `control` lets them through. To the other commands
        # SIGHUP says that the terminal has gone: those it ends at once.
        signal.pthread_sigmask(signal.SIG_BLOCK, _LATER)
        # In the background of a terminal after `stty tostop` its next line would stop it.
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    atexit.register(_drop_what_nobody_takes)
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing has begun that could end politely
    from ttt_cli.main import cli  # noqa: PLC0415 - it takes a while, in which Ctrl-C is quiet

    signal.signal(signal.SIGINT, before)
    try:
        cli(prog_name=name)
    finally:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)  # all is said; only Python ends


def _drop_what_nobody_takes() -> None:
    """Keep Python, which ends, from trying again to write what could not be written.

    It would fail again, as at a terminal that has been closed, and make 120 of any exit code.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            setattr(sys, name, None)


if __name__ == "__main__":
    main("ttt")
