"""What happened in some worlds, in figures."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """What happened in some worlds; reports can be added up."""

    worlds: int = 0
    players: int = 0
    """How many connections were accepted."""
    games: int = 0
    """How many games were ended."""
    bots: int = 0
    """How often the computer came as an opponent."""
    seconds: float = 0.0
    visitors: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    conditions: Counter[str] = field(default_factory=Counter)
    """With which selector, and with how much time to think."""

    def __add__(self, other: "Report") -> "Report":
        return Report(
            self.worlds + other.worlds,
            self.players + other.players,
            self.games + other.games,
            self.bots + other.bots,
            self.seconds + other.seconds,
            self.visitors + other.visitors,
            self.faults + other.faults,
            self.conditions + other.conditions,
        )

    def __str__(self) -> str:
        return (
            f"{self.worlds} worlds, {self.seconds / 3600:.1f} simulated hours, "
            f"{self.players} players, {self.games} games, {self.bots} bots\n"
            f"who came: {_listed(self.visitors)}\n"
            f"what befell them and the server: {_listed(self.faults)}\n"
            f"under what conditions: {_listed(self.conditions)}"
        )


def _listed(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(numbers.items()))
