"""What a figure is worth nothing without: the machine, the versions, the day."""

import os
import platform
import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def machine_line() -> str:
    """Name the CPU, its cores, Python, the kernel and the day."""
    day = datetime.now(UTC).date().isoformat()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    kernel = f"{platform.system()} {platform.release()}"
    return f"{_cpu_model()}, {os.cpu_count()} cores, {python}, {kernel}, {day}"


def command_line(module: str, arguments: Sequence[str]) -> str:
    """Write the command that has been given, so that it can be given again."""
    return shlex.join(["python", "-m", module, *arguments])


def _cpu_model() -> str:
    known = CPUINFO.read_text("utf-8") if CPUINFO.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", known, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()
