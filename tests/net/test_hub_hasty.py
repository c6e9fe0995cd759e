"""Clients who say in one breath, or in two, what does not go together."""

from tests.conversation import Conversation
from ttt_net import Stage


def test_who_confirms_and_leaves_in_one_breath_is_nobodys_opponent() -> None:
    conversation = Conversation()
    waiting, hasty = (conversation.hub.connect("192.0.2.1:4000", 0.0) for _ in range(2))
    conversation.hub.receive(waiting, b"c1", 0.0)
    waiting.outgoing = b""
    conversation.hub.receive(hasty, b"c1q", 0.0)
    assert (waiting.stage, waiting.outgoing, hasty.stage) == (Stage.WAITING, b"", Stage.CLOSING)


def test_garbage_that_contains_a_goodbye_does_not_keep_the_reason_back() -> None:
    conversation = Conversation()
    session = conversation.hub.connect("192.0.2.1:4000", 0.0)
    session.outgoing = b""
    conversation.hub.receive(session, b"x" * 2048, 0.0)
    conversation.hub.receive(session, b"q" + b"x" * 2047, 0.0)
    assert session.outgoing.startswith(b"QYou have been put out: ")
