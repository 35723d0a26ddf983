"""Sides of rules that neither another line nor a fixed text can tell; called by name."""

import re

from cc32at.nwp.codec import Fields

from . import commands as table
from . import complete, frames, payloads, quotes, usage
from .compare import LINE_END, lines, same_frames
from .parameters import ADDRESSES, Parameter, parameters
from .reading import c_number
from .scenes import CONTROL_PORT, Scene, own_socket
from .sides import Exact, Side
from .streams import opcode_of


class Usage(Side):
    """What the guide calls the parameters; of the vendor's words only the form is known."""

    def came(self, scene: Scene) -> bool:
        text = "\n".join(lines(scene.said.text))
        whole = scene.said.text.endswith(LINE_END) and not scene.said.frames
        return whole and usage.is_usage(text, scene.text, scene.style)

    def recorded(self, scene: Scene) -> bool:
        text = "\n".join(scene.told.lines)
        return bool(re.fullmatch(usage.VENDORS, text)) and not scene.told.frames


class Selected(Side):
    """What the vendor's core makes of a Select whatever descriptors it asks for."""

    def recorded(self, scene: Scene) -> bool:
        known = parameters(scene.text)
        asked = sorted({c_number(m) & 0x1F for m in known[1].word.strip("[]").split("|")})
        done = _status(scene, "SOCKET_SELECT", "SOCKET_SELECT_DONE")
        if done is None or not self._requested(scene, known, asked):
            return False
        if done.status & 0x8000:
            return scene.told.lines == ["OK", f"ERROR: process command,{done.status - 0x10000}"]
        ready = [sd for sd in asked if done.read_fds >> sd & 1] if done.status else asked
        return scene.told.lines == ["OK", f"+select:{'|'.join(map(str, ready))}", "OK"]

    @staticmethod
    def _requested(scene: Scene, known: list[Parameter], asked: list[int]) -> bool:
        """Whether the request is as nwp-protocol 4.5 has it, the driver's own socket in it."""
        nfds, _, sec, usec = (c_number(p.word) for p in known)
        wanted, own = [], own_socket(scene, before=True)
        if own is None:
            wanted, own = _opened(scene)
        bits = sum(1 << sd for sd in asked) | (1 << own if own is not None else 0)
        values = {"nfds": nfds & 0xFF, "read_fds": bits & 0xFFFF}
        times = {"tv_usec": usec >> 10, "tv_sec": sec}
        if sec >= 0xFFFF:
            times = {"tv_usec": 0xFFFF, "tv_sec": 0xFFFF}
        wanted.append(frames.build("SOCKET_SELECT", values | times))
        return same_frames(scene.told.frames, wanted)


def _opened(scene: Scene) -> tuple[list[bytes], int | None]:
    """How the driver's own socket is opened in a step, and which it becomes."""
    create = frames.build("SOCKET_CREATE", {"domain": 2, "type": 2})
    done = _status(scene, "SOCKET_CREATE")
    if done is None or done.status < 0:
        return [create], None
    values = {"sd": done.sd, "family_flags": 0x20, "port": CONTROL_PORT}
    return [create, frames.build("SOCKET_BIND_V4", values)], done.sd


class Closed(Side):
    """What the vendor's core makes of a Close of the driver's own socket."""

    def recorded(self, scene: Scene) -> bool:
        sd = c_number(parameters(scene.text)[0].word) & 0xFF
        if not same_frames(scene.told.frames, [frames.build("SOCKET_CLOSE", {"sd": sd})]):
            return False
        done = _status(scene, "SOCKET_CLOSE", "SOCKET_CLOSE_DONE")
        if done is not None and done.status & 0x8000:
            code = (done.status & 0xFFFF) - 0x10000
            return scene.told.lines == [f"ERROR: process command,{code}"]
        return scene.told.lines == [f"+close:{sd}", "OK"]


class Sent(Side):
    """The payload of the line in one frame, whether there is such a socket or not."""

    def recorded(self, scene: Scene) -> bool:
        payload = payloads.payload(scene.text)
        if payload is None or scene.told.lines != ["OK"]:
            return False
        sd, *peer = parameters(scene.text)
        message, fields = "SOCKET_SEND", {}
        if table.name_of(scene.text) == "sendto":
            message, fields = self._to(*peer[:2])
        fields |= {"sd": c_number(sd.word) & 0xFF, "len": len(payload.bytes)}
        return same_frames(scene.told.frames, [frames.build(message, fields, payload.bytes)])

    @staticmethod
    def _to(port: Parameter, address: Parameter) -> tuple[str, dict]:
        mark, count, high = ADDRESSES[address.kind]
        size, family, message = 1, 0x20, "SOCKET_SENDTO_V4"
        if address.kind == "ip6":
            size, family, message = 4, 0x30, "SOCKET_SENDTO_V6"
        groups = (c_number(g) & high for g in address.word.strip("[]").split(mark)[:count])
        ip = b"".join(group.to_bytes(size, "big") for group in groups)
        number = (c_number(port.word) & 0xFFFF).to_bytes(2, "big")
        return message, {"family_flags": family, "port": number, "ip": ip}


def _status(scene: Scene, *messages: str) -> Fields | None:
    """The first of the network processor's messages that tells of a failure, or the last."""
    wire = [frame for e in scene.step.exchanges for frame in e.nwp]
    found = [fields for name in messages for fields in frames.records(wire, name)]
    return next((f for f in found if f.status & 0x8000), found[-1] if found else None)


class Complete(Side):
    """One complete answer; frames as recorded and one more at most, none where it is refused.

    What the vendor's core never asked nobody answers: that is told once besides.
    """

    def came(self, scene: Scene) -> bool:
        said, sent = lines(scene.said.text), scene.said.frames
        event = _unanswered(scene)
        if event in said and said[-1] == "ERROR: process command,-2005":
            said.remove(event)
        if not scene.said.text.endswith(LINE_END) or not _is_complete(scene, said):
            return False
        if complete.is_refused(said):
            return not sent
        count = len(scene.told.frames)
        return same_frames(scene.told.frames, sent[:count]) and len(sent) <= max(count, 1)


def _unanswered(scene: Scene) -> str | None:
    """What is told of the last frame if the recording has no answer to it."""
    sent, known = scene.said.frames, scene.step.frames
    if not sent or known[len(sent) - 1 :] and known[len(sent) - 1].nwp:
        return None
    return f"+eventfatalerror:no_cmd_ack,{opcode_of(sent[-1])}"


class Like(Side):
    """One complete answer on both sides, good or bad alike, and the same frames."""

    def came(self, scene: Scene) -> bool:
        said, told = lines(scene.said.text), scene.told.lines
        return (
            scene.said.text.endswith(LINE_END)
            and _is_complete(scene, said)
            and said[-1:] == told[-1:]
            and same_frames(scene.told.frames, scene.said.frames)
        )

    def recorded(self, scene: Scene) -> bool:
        return _is_complete(scene, scene.told.lines, wire=False)


class Begun(Side):
    """The beginning of what the firmware said and sent; nothing where that is a refusal."""

    def recorded(self, scene: Scene) -> bool:
        said, told = lines(scene.said.text), scene.told.lines
        sent = scene.said.frames[: len(scene.told.frames)]
        if complete.is_refused(said):
            return not told
        return told == said[: len(told)] and same_frames(scene.told.frames, sent)


def _is_complete(scene: Scene, texts: list[str], wire: bool = True) -> bool:
    """wire: the values must be those of the network processor."""
    frames = [frame for e in scene.step.exchanges for frame in e.nwp] if wire else None
    return complete.is_complete(scene.step.line or b"", texts, frames)


class Unclosed(Side):
    """A string without end is refused: as a number of parameters where that is checked."""

    def came(self, scene: Scene) -> bool:
        text = "parse parameters,-3" if quotes.varies(scene.text) else "number of parameters,0"
        return Exact(f"ERROR: {text}").came(scene)


KINDS = {
    "usage": Usage,
    "complete": Complete,
    "unclosed": Unclosed,
    "selected": Selected,
    "closed": Closed,
    "sent": Sent,
    "like": Like,
    "begun": Begun,
}
