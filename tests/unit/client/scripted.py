"""A serial port that plays a script: what each written line is answered with."""


class ScriptedPort:
    """Answers lines from a table; time passes by 10 ms whenever there is nothing to read."""

    def __init__(self, answers: dict[bytes, bytes]):
        self.answers = answers
        self.written = bytearray()
        self._in = bytearray()
        self._out = bytearray()
        self._time = 0.0
        self.later: list[tuple[float, bytes]] = []

    def clock(self) -> float:
        return self._time

    def at(self, seconds: float, data: bytes) -> None:
        self.later.append((seconds, data))

    def write(self, data: bytes) -> int:
        self.written += data
        self._in += data
        for line, answer in self.answers.items():
            if self._in.endswith(line + b"\r\n"):
                self._in.clear()
                self._out += answer
                break
        return len(data)

    @property
    def in_waiting(self) -> int:
        return len(self._out)

    def read(self, size: int) -> bytes:
        if not self._out:
            self._time += 0.01
            for due in [d for d in self.later if d[0] <= self._time]:
                self.later.remove(due)
                self._out += due[1]
        data = bytes(self._out[:size])
        del self._out[:size]
        return data

    def close(self) -> None:
        pass
