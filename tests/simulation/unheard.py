"""The unheard: what has come to the server in time, and lies unread in its end of a connection."""

from tests.simulation.talk import ANSWERING, REFUSALS, UNASKED, State, Talk, messages


def is_answer(talk: Talk, unread: bytes) -> bool:
    """Whether `unread` is what the server waits for, or an end of its waiting."""
    half, refusals, unasked = talk.half, talk.refusals, talk.unasked
    found = list(messages(talk, unread))
    talk.half = half
    for message in found:
        if message[:1] == b"e" and talk.state in ANSWERING:
            waits = talk.answers_due and not talk.has_turn and talk.state is not State.MARKED
            unasked += not talk.answers_due
            if waits or unasked > UNASKED:
                return True
        elif message[:1] == b"i" and talk.game is not None:
            square = b"123456789".find(message[1:])
            if talk.has_turn and square in talk.game.position.moves:
                return True
            refusals += 1
            if refusals >= REFUSALS:
                return True
        else:
            return True
    return False
