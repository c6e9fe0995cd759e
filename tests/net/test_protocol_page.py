"""The conversations of docs/protocol.md, held with the hub: the page cannot rot."""

import re
from pathlib import Path

import pytest

from tests.conversation import FEEDS, talk

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"
TALKS = re.findall(r"^```talk\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_page_has_conversations() -> None:
    assert len(TALKS) >= 4


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("lines", TALKS, ids=range(len(TALKS)))
def test_the_server_talks_as_the_page_says(lines: str, feed: str) -> None:
    talk(lines, feed)
