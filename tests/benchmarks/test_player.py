import pytest

from tests.benchmarks.games import FIRST_BOARD, Game, Ply, random_games
from tests.benchmarks.player import Crowd, Player, Wrong

FIRST = Ply(b"i1", b"BX        CN", b"I1BX        CY")
SECOND = Ply(b"i2", b"BXO       CN", b"I2BXO       CY")


def seated() -> tuple[Player, Player]:
    """X and O, who have confirmed everything, been shown nothing, and make two moves."""
    crowd = Crowd(iter([(FIRST, SECOND)]))
    o, x = Player(crowd, len), Player(crowd, len)
    for player, data in (
        *((o, b"A1"), (x, b"A2"), (o, b"RO"), (o, b"I2")),
        *((x, b"RX"), (x, b"I1")),
    ):
        player.take(data)
    return x, o


class TestAPlayer:
    def test_the_end_of_stream_before_the_result_is_wrong(self) -> None:
        new, (x, o) = Player(Crowd(iter([])), len), seated()
        x.take(FIRST_BOARD[0])
        for player in (new, x, o):
            with pytest.raises(Wrong, match="the stream has ended"):
                player.take(b"")

    def test_a_message_in_two_pieces_is_wrong(self) -> None:
        x, _ = seated()
        x.take(b"B         ")
        with pytest.raises(Wrong):
            x.take(b"C")

    def test_a_number_that_was_given_before_is_wrong(self) -> None:
        crowd = Crowd(iter([]))
        Player(crowd, len).take(b"A1")
        with pytest.raises(Wrong, match="twice"):
            Player(crowd, len).take(b"A1")

    @pytest.mark.parametrize("data", [b"I1", b"I2", b"I4", b"I5"])
    def test_an_opponent_who_does_not_wait_is_wrong(self, data: bytes) -> None:
        crowd = Crowd(iter([]))
        one, two, three, four = (Player(crowd, len) for _ in range(4))
        for player, said in ((one, b"A1"), (two, b"A2"), (three, b"A3"), (four, b"A4")):
            player.take(said)
        for player, said in ((one, b"RO"), (one, b"I2"), (four, b"RO")):
            player.take(said)
        with pytest.raises(Wrong):
            four.take(data)

    def test_an_opponent_who_is_somebody_elses_is_wrong(self) -> None:
        crowd = Crowd(iter([]))
        o, x, third = (Player(crowd, len) for _ in range(3))
        for player, data in ((o, b"A1"), (x, b"A2"), (third, b"A3"), (o, b"RO"), (o, b"I2")):
            player.take(data)
        x.take(b"RX")
        with pytest.raises(Wrong):
            x.take(b"I3")

    def test_a_sign_of_life_asked_of_who_waits_for_the_first_board_is_wrong(self) -> None:
        crowd = Crowd(iter([]))
        o, x = Player(crowd, len), Player(crowd, len)
        for player, data in ((o, b"A1"), (x, b"A2"), (o, b"RO"), (o, b"I2")):
            player.take(data)
        with pytest.raises(Wrong):
            o.take(b"Ez")

    def test_anything_after_the_last_board_is_wrong(self) -> None:
        x, o = seated()
        x.take(FIRST_BOARD[0])
        o.take(FIRST_BOARD[1] + FIRST.other)
        x.take(FIRST.mover + SECOND.other)
        o.take(SECOND.mover)
        for player in (x, o):
            with pytest.raises(Wrong, match="!"):
                player.take(b"!")
            player.take(b"")
            assert player.is_over

    def test_whole_messages_may_come_apart_or_together(self) -> None:
        x, o = seated()
        x.take(b"B         ")
        x.take(b"CY")
        o.take(b"B         CNI1BX        CY")
        x.take(b"BX        CN")


class TestTheGames:
    def test_they_are_the_same_for_the_same_seed_and_others_for_another(self) -> None:
        assert random_games(1, 50) == random_games(1, 50)
        assert random_games(1, 50) != random_games(2, 50)

    def test_they_end_in_each_way_that_there_is(self) -> None:
        games = random_games(1, 500)
        assert {len(game) for game in games} == {5, 6, 7, 8, 9}
        lines = {game[-1].mover[-4:] for game in games if b"CW" in game[-1].mover}
        assert lines == {b"P%03d" % n for n in (12, 345, 678, 36, 147, 258, 48, 246)}
        assert any(ends_in_a_draw(game) for game in games)


def ends_in_a_draw(game: Game) -> bool:
    return game[-1].mover.endswith(b"CD") and game[-1].other.endswith(b"CD")
