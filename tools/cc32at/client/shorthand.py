"""Commands of the terminal itself, typed or in a script: what they send to the board.

!time    AT+Set=General,Time with the date and time of this PC, in UTC as those of certificates
"""

from datetime import UTC, datetime


def set_time() -> str:
    """The command that tells the board what time it is (guide table 12)."""
    now = datetime.now(UTC)
    fields = (now.hour, now.minute, now.second, now.day, now.month, now.year)
    return "AT+Set=General,Time," + ",".join(map(str, fields))


COMMANDS = {"!time": set_time}


def meant(line: str) -> str:
    """What is sent for a line: the line, unless it is one of COMMANDS."""
    command = COMMANDS.get(line.strip())
    return command() if command else line
