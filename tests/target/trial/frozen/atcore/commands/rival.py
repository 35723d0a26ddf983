"""Stands in for another client (window B)."""

from . import command


@command(b"RivalTest", (("Number", "u8", ""),), reply=(("u8", 0),))
def test(cmd, number):
    return number
