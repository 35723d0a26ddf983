"""What the model offers to its groups: answers, events, timers, header bits, credits."""

from __future__ import annotations

from .codec import Command
from .linklayer import Message

LOW_WATER = 14  # a host that believes in fewer credits is told of new ones (4.2)
EVENT_QUEUE = 64  # async messages that may wait before events are dropped (5, rule 14)
STATUS_FIELDS = ("status", "handle", "count")  # where a response carries its error


class Helpers:
    """Mixed into NetworkProcessor; uses its link, header, timers, protocol, groups."""

    def now(self) -> float:
        """Seconds of the attached clock."""
        return self.timers.clock.now()

    def after(self, seconds: float, fn, *args) -> int:
        """Call a bound method later; forgotten at power-off. Returns an id for cancel()."""
        return self.timers.after(seconds, fn, *args)

    def cancel(self, number: int | None) -> None:
        self.timers.cancel(number)

    def respond(self, cmd: Command, status: int | str = 0, payload: bytes = b"", **fields) -> None:
        """Answer a command: its response layout, request fields echoed, exact payload.

        RuntimeError when it was answered before or has no response.
        """
        if cmd.answered or cmd.row.response_opcode is None:
            raise RuntimeError(f"{cmd.name} cannot be answered (again)")
        cmd.answered = True
        layout = cmd.row.response
        values = {
            name: cmd.args[name]
            for name, field in layout.by_name.items()
            if name in cmd.args and not field.is_pad and name != "status"
        }
        if payload and "length" in layout.by_name:
            values["length"] = len(payload)
        status = self.protocol.error(status)
        if status or "status" in layout.by_name:
            for name in STATUS_FIELDS:
                if name in layout.by_name:
                    values[name] = status
                    break
        values.update(fields)
        message = Message(cmd.row.response_opcode, layout.pack(values), payload, cmd.name)
        self.post(message, 0.0)

    def string(self, value: bytes, room: int) -> bytes:
        """A string setting as it is answered to a host with so much room (5, rule 8).

        The vendor's core prints up to the NUL. Whether the chip sends it is not certain: a world
        can leave it away.
        """
        nul = len(value) < room and not value.endswith(b"\0") and self.world.device.string_nul
        return value + b"\0" if nul else value

    def defer(self, cmd: Command) -> None:
        """The handler will answer later."""
        cmd.answered = None

    def event(self, name: str, payload: bytes = b"", delay: float = 0.0, /, **fields) -> bool:
        """Send an async or data message; False when a mask or a full queue kept it back.

        Nor does a network processor speak that has not booted, or has given up or stopped.
        """
        if not self.booted:
            return False
        name = self.protocol.event_messages.get(name, name)
        row = self.protocol.opcodes[name]
        class_id = self.protocol.event_ids.get(name)
        if class_id and self.event_masks.get(class_id[0], 0) >> class_id[1] & 1:
            return False
        if class_id and len(self.link.queue) >= EVENT_QUEUE:
            self.groups["device"].event_dropped(name, class_id[0])
            return False
        abort_type = fields.pop("abort_type", None)
        message = Message(row.opcode, row.response.pack(fields), payload, name)
        message.abort_type = abort_type
        self.post(message, delay)
        return True

    def inject(self, message: Message) -> bool:
        """Queue a message as it is; False without power, since nothing outlives that."""
        if self.powered:
            self.link.send(message)
        return self.powered

    def refresh(self) -> None:
        """Make the host see the header fields soon: a DUMMY unless something waits anyway."""
        if self.booted and not self.link.queue:
            self.post(Message(self.protocol.opcodes["DEVICE_DUMMY"].opcode, name="DEVICE_DUMMY"))

    def set_status(self, bit: str, on: bool) -> None:
        """A bit of the device status byte, by its name in enum dev_status."""
        mask = self.protocol.enums["dev_status"][bit]
        self.header.dev_status = self.header.dev_status & ~mask | (mask if on else 0)

    def tx_failure(self, sd: int, on: bool) -> None:
        """Bit of a socket in the transmit-failure bitmap."""
        bit = 1 << (sd & 15)
        self.header.tx_failure = self.header.tx_failure & ~bit | (bit if on else 0)

    def non_blocking(self, sd: int, on: bool) -> None:
        """Bit of a socket in the non-blocking bitmap."""
        bit = 1 << (sd & 15)
        self.header.non_blocking = self.header.non_blocking & ~bit | (bit if on else 0)

    def forget_socket(self, sd: int) -> None:
        """Clear both bits: when a socket is created and when it is closed (5, rule 7)."""
        self.tx_failure(sd, False)
        self.non_blocking(sd, False)

    def hold(self, cmd: Command) -> None:
        """Keep this command's credits until release()."""
        cmd.held = True

    def release(self, cmd: Command) -> None:
        """Give a command's credits back."""
        cmd.held = False
        if not cmd.cost:
            return
        self.header.credits += cmd.cost
        cmd.cost = 0
        if self.told < min(LOW_WATER, self.header.credits):
            self.refresh()
