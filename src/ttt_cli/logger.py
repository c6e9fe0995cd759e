"""loguru's logger, with asyncio put off until somebody asks for it, and nobody here does.

loguru imports asyncio for sinks that are coroutines, and with it come ssl, subprocess and more:
3.4 MiB, and a third of the time that its own import takes.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any


class Postponed(ModuleType):
    """Stands in for the module `name`, and imports it when it is asked for something.

    To hold one of its `functions` is not to ask yet: that is done by who calls it.
    """

    def __init__(self, name: str, functions: tuple[str, ...]) -> None:
        super().__init__(name)
        for function in functions:
            vars(self)[function] = partial(self._call, function)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever there is in a module
        """Return what the real one has by that name. Raises AttributeError, as that does."""
        return getattr(self._real(), name)

    def _call(self, function: str, *args: object, **kwargs: object) -> object:
        return getattr(self._real(), function)(*args, **kwargs)

    def _real(self) -> ModuleType:
        make_way(self)
        return importlib.import_module(self.__name__)


def make_way(module: ModuleType) -> None:
    """Let `module` not be found any more by who imports what is called like that."""
    if sys.modules.get(module.__name__) is module:
        del sys.modules[module.__name__]


@contextmanager
def postponed(name: str, *functions: str) -> Iterator[None]:
    """Let who imports `name` in the meantime get what stands in for it, if it is not there yet."""
    if name in sys.modules:
        yield
        return
    stand_in = sys.modules[name] = Postponed(name, functions)
    try:
        yield
    finally:
        make_way(stand_in)


with postponed("asyncio", "get_running_loop"):
    from loguru import logger

__all__ = ["logger"]
