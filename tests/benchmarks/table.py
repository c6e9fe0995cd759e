"""The figures of all turns as a table: medians, and the ratios of ours to each other server."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeAlias

from tests.benchmarks.load import Figures

Runs: TypeAlias = Mapping[str, Sequence[Figures]]
"""The turns of each server, by its name; ours comes first."""

US = 1_000_000


class Column(NamedTuple):
    """One figure of a turn."""

    heading: str
    of: Callable[[Figures], float | None]
    best: Callable[[Sequence[float]], float] = min


def _each_game(seconds: float | None, figures: Figures) -> float | None:
    return None if seconds is None or not figures.games else seconds * US / figures.games


def _cpu(figures: Figures) -> float | None:
    if figures.user is None or figures.system is None:
        return None
    return figures.user + figures.system


COLUMNS = (
    Column("CPU us/game", lambda f: _each_game(_cpu(f), f)),
    Column("user", lambda f: _each_game(f.user, f)),
    Column("system", lambda f: _each_game(f.system, f)),
    Column("games/s", lambda f: f.games / f.seconds, max),
    Column("move p50 us", lambda f: f.p50),
    Column("move p99 us", lambda f: f.p99),
)


def table(runs: Runs) -> str:
    """Lay out the figures and the ratios, as Markdown."""
    rows = [["server", *(column.heading for column in COLUMNS), "load busy", "mistakes"]]
    for name, turns in runs.items():
        busy = median(figures.busy for figures in turns)
        mistakes = sum(len(figures.mistakes) for figures in turns)
        cells = [_number(_median(column, turns)) for column in COLUMNS]
        rows.append([name, *cells, f"{busy:.2f}", str(mistakes)])
    ours, *others = runs
    for other in others:
        pairs = [(column, runs[ours], runs[other]) for column in COLUMNS]
        medians = [_ratio(_median(c, mine), _median(c, theirs)) for c, mine, theirs in pairs]
        bests = [_ratio(_best(c, mine), _best(c, theirs)) for c, mine, theirs in pairs]
        rows.append([f"{ours} / {other}, medians", *medians, "", ""])
        rows.append([f"{ours} / {other}, best turns", *bests, "", ""])
    return markdown(rows)


def _values(column: Column, turns: Sequence[Figures]) -> list[float]:
    return [value for figures in turns if (value := column.of(figures)) is not None]


def _median(column: Column, turns: Sequence[Figures]) -> float | None:
    values = _values(column, turns)
    return median(values) if values else None


def _best(column: Column, turns: Sequence[Figures]) -> float | None:
    values = _values(column, turns)
    return column.best(values) if values else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _ratio(ours: float | None, theirs: float | None) -> str:
    return "-" if ours is None or not theirs else f"{ours / theirs:.2f}"


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of cells, the headings first, as a table that can be read as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(_aligned(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join(_rule(width, at) for at, width in enumerate(widths)) + "|")
    return "\n".join(lines)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    name, *figures = row
    rest = [text.rjust(width) for text, width in zip(figures, widths[1:], strict=True)]
    return [name.ljust(widths[0]), *rest]


def _rule(width: int, at: int) -> str:
    """Rule off a column: the names stand to the left, the figures to the right."""
    return ":" + "-" * (width + 1) if at == 0 else "-" * (width + 1) + ":"
