"""What a client does with what no server of the protocol says: no raise, little kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.net.client_scripts import DUE, STEPS, WON, after, assert_broken, assert_silent, hear
from ttt_net.client import Client
from ttt_net.news import Broken, Dismissed, News, Over, Trouble

ANYWHERE = settings(derandomize=True, deadline=None)


@given(
    step=st.sampled_from([*STEPS, len(WON)]),
    pieces=st.lists(st.binary() | st.text(alphabet="AREIBCPQXOYNWLD 0159z").map(str.encode)),
)
@ANYWHERE
def test_arbitrary_bytes_end_in_news_and_never_raise(step: int, pieces: list[bytes]) -> None:
    client = after(WON[:step])
    news = [each for piece in pieces for each in hear(client, piece)] + client.end()
    assert sum(isinstance(each, (Over, Dismissed, Broken)) for each in news) == (step < len(WON))
    assert_silent(client)


@pytest.mark.parametrize("ending", [b"", b"R", b"B"])
@pytest.mark.parametrize("size", [1, 64, 10_000])
@pytest.mark.parametrize("digits", [128, 200, 5000])
@pytest.mark.parametrize(("step", "letter"), [(0, b"A"), (3, b"I")])
def test_a_number_longer_than_the_protocol_allows_breaks_it(
    step: int, letter: bytes, digits: int, size: int, ending: bytes
) -> None:
    client = after(WON[:step])
    said = letter + b"9" * digits + ending
    news = [
        each
        for at in range(0, len(said), size)
        for each in client.receive(said[at : at + size], 0.0)
    ]
    assert_broken(client, news)


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        (b"x" * 20, "x" * 20),
        (b"x" * 21, "x" * 20 + "…"),
        (b"a\xffb", "a\N{REPLACEMENT CHARACTER}b"),
    ],
)
def test_what_broke_the_protocol_is_quoted_but_no_more_than_its_beginning(
    said: bytes, quoted: str
) -> None:
    (news,) = hear(Client(), said)
    assert news == Broken(Trouble.PROTOCOL, f'a player number was due, not "{quoted}"')


@pytest.mark.parametrize("size", [1, 1024, 5000])
@pytest.mark.parametrize(("said", "kept"), [(1022, 1022), (1023, 1023), (1024, 1023)])
def test_a_farewell_is_kept_up_to_the_length_that_the_protocol_allows(
    said: int, kept: int, size: int
) -> None:
    client, farewell = Client(), b"Q" + b"x" * said
    for at in range(0, len(farewell), size):
        assert client.receive(farewell[at : at + size], 0.0) == []
    assert client.end() == [Dismissed("x" * kept)]


MEGABYTE = 1_000_000


@pytest.mark.parametrize("said", [b"9", b"A9", b"I9", b"QBye", b"B ", b"\xff", b"P", b"C"])
@pytest.mark.parametrize("size", [1000, 65_536, MEGABYTE])
def test_little_is_kept_and_told_of_a_megabyte(said: bytes, size: int) -> None:
    stream = (said[:1] + (said[1:] or said) * MEGABYTE)[:MEGABYTE]
    for step in DUE:
        client, news = after(WON[:step]), list[News]()
        for at in range(0, len(stream), size):
            news += client.receive(stream[at : at + size], 0.0)
            assert kept(client) < 10_000
        assert len(repr(news + client.end())) < 10_000


def kept(client: Client) -> int:
    return sum(len(value) for value in vars(client).values() if isinstance(value, (bytes, str)))
