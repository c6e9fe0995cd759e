"""How conversations begin: talks that bring clients to each stage of the table."""

from ttt_net import Stage

ARRIVED = """
1 connects
1 < A1
1 > c1
"""

PAIRED = (
    ARRIVED
    + """
2 connects
2 < A2
2 > c1
1 < RO
"""
)

TOLD_OPPONENT = (
    PAIRED
    + """
1 > c2
1 < I2
"""
)

READY = (
    TOLD_OPPONENT
    + """
1 > c3
2 < RX
"""
)

NEWCOMER_TOLD_OPPONENT = (
    READY
    + """
2 > c2
2 < I1
"""
)

PLAYING = (
    NEWCOMER_TOLD_OPPONENT
    + """
2 > c3
1 < B         CN
2 < B         CY
"""
)

PLAYED = (
    PLAYING
    + """
2 > i1
2 < BX        CN
1 < I1BX        CY
1 > i4
1 < BX  O     CN
2 < I4BX  O     CY
2 > i2
2 < BXX O     CN
1 < I2BXX O     CY
1 > i5
1 < BXX OO    CN
2 < I5BXX OO    CY
2 > i3
2 < BXXXOO    CWP012
2 closed
1 < I3BXXXOO    CLP012
1 closed
"""
)

BY_STAGE = {
    # Each brings client 1 to the stage.
    Stage.GREETED: "1 connects\n1 < A1\n",
    Stage.WAITING: ARRIVED,
    Stage.TOLD_MARK: PAIRED,
    Stage.TOLD_OPPONENT: TOLD_OPPONENT,
    Stage.READY: READY,
    Stage.PLAYING: PLAYING,
    Stage.CLOSING: PLAYED,
}
