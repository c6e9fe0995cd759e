"""loguru's logger, without asyncio: 3 MB and a third of its import for a case not met here.

When it is imported loguru takes one function from asyncio, `get_running_loop`, which it calls
for a sink that is a coroutine. What stands in for asyncio says what the real one says in a
thread that runs no such loop, and none does here.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from loguru import Logger


def import_beside(stand_in: ModuleType, name: str) -> ModuleType:
    """Import the module `name`, which gets `stand_in` where it imports what is called like that.

    Whoever imports that later gets the real one. So does the module itself if the real one is
    there already, or if the stand-in will not do: then nothing is gained, and nothing lost.
    Raises what the module raises with the real one.
    """
    if stand_in.__name__ in sys.modules:
        return importlib.import_module(name)
    sys.modules[stand_in.__name__] = stand_in
    try:
        return importlib.import_module(name)
    except (ImportError, AttributeError):
        pass
    finally:
        del sys.modules[stand_in.__name__]
    return importlib.import_module(name)


def no_running_loop() -> NoReturn:
    """Say that no loop of asyncio is running."""
    msg = "no running event loop"
    raise RuntimeError(msg)


_asyncio = ModuleType("asyncio")
vars(_asyncio)["get_running_loop"] = no_running_loop

logger: "Logger" = import_beside(_asyncio, "loguru").logger
