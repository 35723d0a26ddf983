"""Requests to the device's HTTP server that the host answers (nwp-protocol.md 6.5).

Requests come from the world's `http_requests` or from the control interface (`request`); what the
host answered is in `answers`. Metadata is a list of (type u8, length u16, value).
"""

from __future__ import annotations

import struct

from .checks import text
from .codes import NETAPP
from .registry import Group, NwpError, group, handles

HTTP = 1
CONTINUATION, METADATA, ACCUMULATION, ERROR = 1, 2, 4, 0x80000000
ROOM = 1364  # bytes of metadata and payload in one request message
METADATA_ROOM = 1024
PENDING = 1


def pack_metadata(items: dict[int, bytes]) -> bytes:
    return b"".join(struct.pack("<BH", kind, len(v)) + v for kind, v in items.items())


def unpack_metadata(data: bytes) -> dict[int, bytes]:
    """Read defensively (U12): what is cut short is left out."""
    items, at = {}, 0
    while at + 3 <= len(data):
        kind, length = struct.unpack_from("<BH", data, at)
        if at + 3 + length > len(data):
            break
        items[kind] = data[at + 3 : at + 3 + length]
        at += 3 + length
    return items


@group("netapp_http")
class Http(Group):
    """Requests under way by handle."""

    def __init__(self, np):
        super().__init__(np)
        self._clear()
        np.world.listeners.append(self.world_changed)

    def _clear(self) -> None:
        self.next_handle = 1
        self.bodies: dict[int, bytes] = {}  # handle -> what the host has not fetched yet
        self.answers: dict[int, dict] = {}
        self.tokens: dict[bytes, bytes] = {}

    def power_on(self):
        self._clear()
        for item in self.np.world.http_requests:
            self._expect(item)

    def power_off(self):
        self._clear()

    def _expect(self, item) -> None:
        if item.at_s is not None:
            self.np.after(item.at_s, self._from_world, item)

    def world_changed(self, action: str, kind: str, item) -> None:
        if kind == "http_requests" and action == "add" and self.np.booted:
            self._expect(item)

    def _from_world(self, item) -> None:
        self.request(item.uri, item.method, item.body, item.query, item.headers)

    # Requests

    def request(self, uri, method="GET", body=b"", query=b"", headers=None) -> int:
        """A request arrives; its handle, or 0 when nobody serves. headers: enum name -> text."""
        if not self.np.groups["netapp"].running & HTTP or not self.np.booted:
            return 0
        kinds = self.np.protocol.enums["netapp_metadata_type"]
        items = {kinds["HTTP_VERSION"]: b"\1", kinds["HTTP_REQUEST_URI"]: text(uri)}
        if query:
            items[kinds["HTTP_QUERY_STRING"]] = text(query)
        body = text(body)
        if body:
            items[kinds["HTTP_CONTENT_LEN"]] = struct.pack("<I", len(body))
        for name, value in (headers or {}).items():
            items[kinds[name]] = text(value)
        metadata = pack_metadata(items)[:METADATA_ROOM]
        first = body[: ROOM - len(metadata)]
        handle, self.next_handle = self.next_handle, self.next_handle % 0xFFFF + 1
        self.bodies[handle] = body[len(first) :]
        self.np.event(
            "NETAPP_EV_REQUEST",
            app_id=HTTP,
            request_type=self.np.protocol.enums["netapp_request_type"][method],
            handle=handle,
            flags=CONTINUATION if self.bodies[handle] else 0,
            metadata=metadata,
            payload=first,
        )
        return handle

    @handles("NETAPP_RECEIVE_REQUEST")
    def receive(self, cmd):
        """The next piece of a request's body; none for a handle that is not under way."""
        rest = self.bodies.get(cmd.handle, b"")
        piece, rest = rest[: min(cmd.max_len, ROOM)], rest[min(cmd.max_len, ROOM) :]
        if cmd.handle in self.bodies:
            self.bodies[cmd.handle] = rest
        flags = CONTINUATION if rest else 0
        self.np.event("NETAPP_RECEIVE", handle=cmd.handle, flags=flags, payload=piece)

    # Answers

    @handles("NETAPP_REQUEST_RESPONSE")
    def response(self, cmd):
        if cmd.handle not in self.bodies or cmd.handle in self.answers:
            self.np.counters["answers_unasked"] += 1
            return
        answer = {"status": cmd.status, "metadata": {}, "payload": b"", "complete": False}
        self.answers[cmd.handle] = answer
        head, rest = cmd.payload[: cmd.metadata_len], cmd.payload[cmd.metadata_len :]
        answer["metadata"] = unpack_metadata(head)
        answer["payload"] = rest
        self._maybe_complete(cmd.handle, cmd.flags)

    @handles("NETAPP_SEND")
    def send(self, cmd):
        answer = self.answers.get(cmd.handle)
        if answer is None or answer["complete"]:
            raise NwpError(NETAPP.HTTP_GENERAL_ERROR)
        if cmd.flags & METADATA:
            answer["metadata"] |= unpack_metadata(cmd.payload)
            status = answer["metadata"].get(0)
            if answer["status"] == PENDING and status:
                answer["status"] = int.from_bytes(status, "little")
        else:
            answer["payload"] += cmd.payload
        self._maybe_complete(cmd.handle, cmd.flags)
        return 0

    def _maybe_complete(self, handle: int, flags: int) -> None:
        if flags & ERROR:
            self.answers[handle]["error"] = self.answers[handle]["payload"][-2:]
        if not flags & CONTINUATION:
            self.answers[handle]["complete"] = True
            self.bodies.pop(handle, None)

    def answer(self, handle: int) -> dict | None:
        """For the control interface: what the host has answered so far."""
        return self.answers.get(handle)

    # Tokens (old style)

    def get_token(self, name) -> bool:
        """A page needs a token's value; the answer is in `tokens`."""
        return self.np.event("NETAPP_EV_HTTP_GET_TOKEN", name=text(name)[:20])

    def post_token(self, action, name, value) -> bool:
        """A form delivers a token."""
        return self.np.event(
            "NETAPP_EV_HTTP_POST_TOKEN",
            action=text(action),
            name=text(name)[:20],
            value=text(value)[:64],
        )

    @handles("NETAPP_HTTP_SEND_TOKEN")
    def token(self, cmd):
        self.tokens[cmd.args["name"][: cmd.name_len]] = cmd.payload

    def token_values(self) -> dict:
        return {name.decode("utf-8", "replace"): value for name, value in self.tokens.items()}
