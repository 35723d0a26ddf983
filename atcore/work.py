"""Background work of a chapter: what runs beside the commands, for a client that outlives them.

    work = cmd.core.work()
    task = work.start(client, client.receive(), client.failed)  # AT+MqttConnect
    await work.tell(b"EventMqtt", spec, values, message, format)  # in it: an event with a payload
    work.cancel(client)  # AT+MqttDelete

A task is a coroutine of the driver's kind, and itself a waiter: a command may await its result.
It belongs to its owner, whatever that is. AT+Stop cancels all tasks; one that is cancelled says
nothing, one that fails is told by an event line.

What a task tells is never dropped but holds it back: it awaits that its message has been printed,
and then the buffer that the message was made of is its own again.
"""

from atbytes import b64_encode

from simplelink.errors import SlError

from .compat import const
from .queue import Kept
from .reply import written
from .running import stray

TASKS = const(8)  # at a time
# table: errors SL_API_ABORTED
_SL_API_ABORTED = const(-2005)
# end


class Task:
    """One coroutine under way. Awaiting it gives what it returns, or raises what it raises.

    One that was cancelled raises SlError(-2005).
    """

    deadline = None

    def __init__(self, owner, coro, failed):
        self.owner = owner
        self.coro = coro
        self.failed = failed
        self.wait = None
        self.running = False
        self.cancelled = False
        self.done = False
        self.result = None
        self.error = None

    def ready(self) -> bool:
        return self.done

    def __iter__(self):
        while not self.done:
            yield self
        if self.error is not None:
            raise self.error
        return self.result

    __await__ = __iter__


class Work:
    """The tasks of a core."""

    def __init__(self, core):
        self.core = core
        self.tasks = core.tasks

    def start(self, owner, coro, failed=None) -> Task:
        """Run a coroutine beside the commands; it begins at once.

        failed(error): the message that tells of its failure, bytes with their CR LF or Pieces, or
        None for silence; without it that is an error line, placed as an event.
        Raises MemoryError if there are TASKS already.
        """
        if len(self.tasks) >= TASKS:
            coro.close()
            raise MemoryError
        task = Task(owner, coro, failed)
        self.tasks.append(task)
        self._go(task)
        return task

    def cancel(self, owner=None):
        """End the tasks of an owner, or all there are. A task may end itself so."""
        for task in self.tasks[:]:
            if owner is None or task.owner is owner:
                task.cancelled = True
                if not task.running:
                    self._drop(task)

    def tell(self, name: bytes, spec: tuple, values: tuple, data=None, format=0) -> Kept:
        """Queue the event `+<name>: <values>[,<format>,<length>,<data>]` (rule D1).

        spec, values: as of a value line (reply.py). data: bytes that are printed as they are
        (format 0) or in Base64 (1), at most 4096. Await what it returns before more is told, and
        before data's buffer is used for something else.
        """
        core = self.core
        if data is None:
            parts = _parts(written(core.event, name, spec, values, core.ti))
        else:
            if format:
                text = bytearray((len(data) + 2) // 3 * 4)
                b64_encode(data, len(data), text, 0)
                data = text
            spec += (("u8", len(values)), ("u16", len(values) + 1))
            values += (format, len(data))
            parts = _parts(written(core.event, name, spec, values, core.ti))
            parts[-1] = bytes(parts[-1])[:-2] + b","  # its line end goes behind the payload
            parts += (data, b"\r\n")
        return self._keep(parts)

    def advance(self):
        """Let the tasks go on whose waits are over (pump.py)."""
        for task in self.tasks[:]:
            wait = task.wait
            if wait is not None:
                try:
                    ready = wait.done or wait.ready()
                except Exception:
                    ready = True  # the coroutine meets it again
                if ready and task.wait is wait:
                    self._go(task)

    # Inside

    def _go(self, task):
        """Let a task go on to its next wait, or to its end."""
        core = self.core
        task.running = True
        error = wait = None
        try:
            wait = core.resume(task.coro, core.box)
            task.result = core.box[0]
        except Exception as caught:
            error = caught
        task.running = False
        task.wait = wait
        if wait is None:
            self._end(task, error)
            if error is not None and not task.cancelled:
                self._failed(task, error)
        elif task.cancelled:
            self._drop(task)
        elif wait.deadline is not None:
            core.wake()

    def _drop(self, task):
        """Close a cancelled coroutine. It must not wait for anything then."""
        try:
            task.coro.close()
        except Exception as error:
            stray(self.core, error)
        self._end(task, SlError(_SL_API_ABORTED))

    def _end(self, task, error):
        """It is over: who waits for it can go on."""
        task.coro = task.wait = None
        task.error = error
        task.done = True
        self.tasks.remove(task)
        self.core.wake()

    def _failed(self, task, error):
        """Tell that a task has failed."""
        if task.failed is None:
            stray(self.core, error)
            return
        try:
            message = task.failed(error)
            if message is not None:
                self._keep([message])
        except Exception as another:
            stray(self.core, another)

    def _keep(self, parts: list) -> Kept:
        core = self.core
        kept = Kept(core, parts)
        core.out.keep(kept)
        core.wake()
        return kept


def _parts(text) -> list:
    """A line in pieces, whether it is long or not."""
    return [text] if type(text) is bytes else text.parts
