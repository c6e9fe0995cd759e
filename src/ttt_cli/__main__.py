"""The way in: `ttt`, `ttt-server` and `python -m ttt_cli`, none of which Ctrl-C makes noisy."""

import signal

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
"""What must not spoil the exit code at the very end."""


def main(name: str | None = None) -> None:
    """Run the command line, and exit; it calls itself `name`, or what it was called by."""
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


if __name__ == "__main__":
    main("ttt")
