"""Farewells: what players are told last, in the words that their clients show."""

from ttt_core import Termination

UNEXPECTED = "You have been put out: the server received an unexpected message."
SILENT = "You have been put out: no answer came from you in time."
TOO_SLOW = "You took too long to move. Your opponent wins."
TOO_MANY_REFUSALS = "You have been put out: too many illegal moves."
NOT_BEGUN = "Your opponent has left before the game began. Please connect again."
PARTNER_GONE = {
    Termination.LEFT: "Your opponent has left the game. You win.",
    Termination.PUT_OUT: "Your opponent broke the rules and was put out. You win.",
    Termination.TIMED_OUT: "Your opponent took too long to move. You win.",
}
FULL = "The server is full. Please try again later."
SHUTTING_DOWN = "The server is shutting down. Game over."
INTERNAL_ERROR = "An internal error of the server has ended your game. Please connect again."
