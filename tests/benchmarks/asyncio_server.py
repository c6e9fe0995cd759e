"""The same server as most would write it with asyncio: what the project is measured against."""

import asyncio
import sys
from itertools import count
from typing import cast

ROWS, COLUMNS = ((0, 1, 2), (3, 4, 5), (6, 7, 8)), ((0, 3, 6), (1, 4, 7), (2, 5, 8))
LINES = (*ROWS, *COLUMNS, (0, 4, 8), (2, 4, 6))
CONFIRMATIONS = {"greeted": "c1", "told mark": "c2", "told opponent": "c3"}
PATIENCE = {"greeted": 10, "told mark": 3, "told opponent": 3, "playing": 120, "over": 60}
ECHO_AFTER = 5
GONE = "QYour opponent has left the game. You win."


class Game:
    def __init__(self, x: "Player", o: "Player") -> None:
        self.x, self.o, self.turn = x, o, x
        self.cells = [" "] * 9

    def opponent(self, player: "Player") -> "Player":
        return self.o if player is self.x else self.x

    def play(self, player: "Player", digit: str) -> None:
        if player is not self.turn:
            return
        if digit not in "123456789" or self.cells[int(digit) - 1] != " ":
            player.tell(f"B{''.join(self.cells)}CY")
            return
        self.cells[int(digit) - 1] = mark = "X" if player is self.x else "O"
        self.turn = self.opponent(player)
        cells, board = self.cells, f"B{''.join(self.cells)}"
        won = (f"P{a}{b}{c}" for a, b, c in LINES if cells[a] == cells[b] == cells[c] == mark)
        line = next(won, "")
        no_line = ("CN", "CY") if " " in cells else ("CD", "CD")
        mine, theirs = ("CW" + line, "CL" + line) if line else no_line
        stage = "playing" if mine == "CN" else "over"
        player.tell(board + mine, stage)
        self.turn.tell(f"I{digit}{board}{theirs}", stage)


class House:
    def __init__(self) -> None:
        self.numbers = count(1)
        self.players: set[Player] = set()
        self.waiting: Player | None = None

    def enter(self, player: "Player") -> None:
        player.stage, waited = "waiting", self.waiting
        self.waiting = None if waited else player
        if waited:
            waited.game = player.game = Game(player, waited)
            waited.tell("RO", "told mark")


class Player(asyncio.Protocol):
    def __init__(self, house: House) -> None:
        self.house, self.number = house, next(house.numbers)
        self.stage, self.half = "greeted", ""
        self.game: Game | None = None
        self.clock = asyncio.get_running_loop().time

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.house.players.add(self)
        self.tell(f"A{self.number}", "greeted")

    def connection_lost(self, exc: Exception | None) -> None:
        self.house.players.discard(self)
        self.leave()

    def data_received(self, data: bytes) -> None:
        text = self.half + data.decode("latin-1")
        while len(text) > 1 or text == "q":
            self.take(text[:2])
            text = text[2:]
        self.half = text

    def take(self, message: str) -> None:
        if message[0] == "q":
            self.leave()
        elif message == CONFIRMATIONS.get(self.stage):
            self.confirm()
        elif message[0] == "i" and self.stage == "playing" and self.game:
            self.game.play(self, message[1])
        elif message[0] != "e":
            self.leave("QThe server received an unexpected message.")

    def confirm(self) -> None:
        game = self.game
        if self.stage == "greeted":
            self.house.enter(self)
        elif game is None:
            self.tell(GONE, "over")
        elif self.stage == "told mark":
            self.tell(f"I{game.opponent(self).number}", "told opponent")
        elif self is game.o:
            self.stage = "ready"
            game.x.tell("RX", "told mark")
        else:
            game.x.tell(f"B{' ' * 9}CY", "playing")
            game.o.tell(f"B{' ' * 9}CN", "playing")

    def tell(self, text: str, stage: str = "") -> None:
        self.stage, self.since = stage or self.stage, self.clock()
        self.transport.write(text.encode())
        if stage == "over":
            self.game = None
            self.transport.write_eof()

    def leave(self, text: str = "") -> None:
        game, self.game = self.game, None
        if self.house.waiting is self:
            self.house.waiting = None
        if self.stage != "over" and not self.transport.is_closing():
            self.tell(text, "over")
        if game is not None:
            game.opponent(self).be_left()

    def be_left(self) -> None:
        self.game = None
        if self.stage == "waiting":  # it has heard nothing of a game yet
            self.house.enter(self)
        elif self.stage != "told opponent":  # it would be read as a part of the number
            self.tell(GONE, "over")

    def look_at_clock(self) -> None:
        silent = self.clock() - self.since
        listens = self.stage == "playing" and self.game and self.game.turn is not self
        if (listens or self.stage == "waiting") and silent > ECHO_AFTER:
            self.tell("Ez")
        elif silent > PATIENCE.get(self.stage, silent):
            self.leave("QYou took too long.")
            self.transport.close()


async def main(port: int) -> None:
    house = House()
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: Player(house), "127.0.0.1", port, backlog=4096):
        while True:
            await asyncio.sleep(1)
            for player in list(house.players):
                player.look_at_clock()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
