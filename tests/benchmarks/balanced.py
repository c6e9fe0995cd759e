"""A contender: `ttt serve` behind HAProxy, as docs/deploy/haproxy.cfg sets it up.

python -m tests.benchmarks --server 'python /path/to/tests/benchmarks/balanced.py {port}'
"""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

CONFIGURATION = Path(__file__).parents[2] / "docs" / "deploy" / "haproxy.cfg"
COMMAND = Path(sys.executable).with_name("ttt")
LOOPBACK = "127.0.0.1"


def main() -> None:
    with socket.create_server((LOOPBACK, 0)) as sock:
        inner: int = sock.getsockname()[1]
    serve = ["serve", "--host", LOOPBACK, "--port", str(inner), "--proxy-protocol", LOOPBACK]
    quiet = ["--no-log-file", "--log-level", "warning"]
    text = CONFIGURATION.read_text("utf-8")
    for pattern, new in (
        (r":::8080 v4v6", f"{LOOPBACK}:{sys.argv[1]}"),
        (r"10\.0\.0\.11:8080", f"{LOOPBACK}:{inner}"),
        (r" +server two .*\n| +(user|group|option tcplog).*\n", ""),
        (r"maxconn 21000", "maxconn 2000"),
    ):
        text = re.sub(pattern, new, text)
    with (
        NamedTemporaryFile("w", suffix=".cfg") as file,
        subprocess.Popen([COMMAND, *serve, *quiet]),
    ):
        file.write(text)
        file.flush()
        # Who connects to HAProxy is to find the server behind it.
        while socket.socket().connect_ex((LOOPBACK, inner)):
            time.sleep(0.02)
        # The directory in which we have been started is gone by now.
        subprocess.Popen(["haproxy", "-db", "-q", "-f", file.name], cwd="/")
        # The benchmark ends all of us at once; those two are to hear of it, too.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    main()
