"""The end of the network processor: a stop, and a restart by ourselves (nwp-protocol 1.5, 8.1).

Apart from device.py, and read when the first stop is asked for: until then it takes no RAM.
"""

from struct import pack, unpack_from

from .compat import const, ticks_add, ticks_diff
from .errors import SlError
from .waiter import Sleep

# table: states STARTED STOPPING RESTART COMING
_STARTED = const(1)
_STOPPING = const(2)
_RESTART = const(4)
_COMING = const(8)
# end
# table: opcodes DEVICE_STOP DEVICE_STOP_DONE
_DEVICE_STOP = const(0x8473)
_DEVICE_STOP_DONE = const(0x0073)
# end
# table: locks DEVICE SLOT
_LOCK_DEVICE = const(20)
_LOCK_SLOT = const(23)
# end
# table: dev_status PROVISIONING
_DEV_STATUS_PROVISIONING = const(0x18)
# end
# table: errors SL_RET_CODE_STOP_IN_PROGRESS SL_RET_CODE_DEV_NOT_STARTED
_SL_RET_CODE_STOP_IN_PROGRESS = const(-2017)
_SL_RET_CODE_DEV_NOT_STARTED = const(-2018)
# end
# table: link E_BUSY
_E_BUSY = const(-1001)
# end
# table: constants timeout_stop_done_ms shutdown_ready_timeout_ms timeout_short_ms
_TIMEOUT_STOP_DONE_MS = const(65535)
_SHUTDOWN_READY_TIMEOUT_MS = const(600)
_TIMEOUT_SHORT_MS = const(10000)
# end
# table: constants reset_request_stop_timeout_ms reset_request_total_wait_ms
_RESET_REQUEST_STOP_TIMEOUT_MS = const(300)
_RESET_REQUEST_TOTAL_WAIT_MS = const(600)
# end

_NO_EVENT = const(-1)
_LOOK_MS = const(5)
# What a stop waits for what is under way, a start or a command whose answer does not come, and for
# its own answer: then the power goes off all the same.
_PATIENCE_MS = const(600)
_LEAVING_MS = const(1000)  # for those whose wait was ended by a stop


class Within(Sleep):
    """Wait until another waiter is done, at most `ms`."""

    def __init__(self, link, ms: int, wait):
        super().__init__(link, ms)
        self.wait = wait

    def ready(self) -> bool:
        return self.wait.done or super().ready()


async def stop(device, ms: int):
    """Device.stop()"""
    link = device.link
    await _until(link, lambda: link.state != _COMING, _PATIENCE_MS)
    while device.restarts:  # has an end of its own
        await Sleep(link, _LOOK_MS)
    await _stop(link, ms, _TIMEOUT_STOP_DONE_MS)


async def _stop(link, ms: int, patience: int, own: bool = False) -> None:
    """own: by ourselves, to start again; what comes meanwhile waits for that."""
    state = link.state
    if state & _STOPPING:
        raise SlError(_SL_RET_CODE_STOP_IN_PROGRESS)
    if not state:
        link.nwp.close()
        raise SlError(_SL_RET_CODE_DEV_NOT_STARTED)
    if own:
        link.state = _COMING
    else:
        link.state |= _STOPPING
    try:
        if ms and state & _STARTED and not state & _RESTART:
            await _orderly(link, ms, patience, own)
        link.abort_all(_SL_RET_CODE_STOP_IN_PROGRESS)
        await _emptied(link)
    finally:  # one that is cancelled cuts the power at once
        link.abort_all(_SL_RET_CODE_STOP_IN_PROGRESS)
        link.nwp.close()
        link.reset()
        link.sl.reset()


async def _orderly(link, ms: int, patience: int, own: bool):
    """DEVICE_STOP, its completion, then the register that says it is down."""
    provisioning = link.nwp.dev_status() & _DEV_STATUS_PROVISIONING
    end = ticks_add(link.ticks(), patience)
    try:
        with link.own(_LOCK_DEVICE, _DEVICE_STOP_DONE) as wait:
            status = await _ask(link, ms)
            if status is None:
                return
            if not status and not (own and provisioning):
                if own:
                    await Within(link, ticks_diff(end, link.ticks()), wait)
                else:
                    link.expire(wait, patience)
                    await wait
    except SlError:
        return  # the power goes off all the same
    await _until(link, link.nwp.shutdown_ready, _SHUTDOWN_READY_TIMEOUT_MS)


async def _ask(link, ms: int):
    """DEVICE_STOP as soon as the wire is free: its status, or None if that does not come."""
    owners = link.owners
    await _until(link, lambda: owners[_LOCK_SLOT] is None, _PATIENCE_MS)
    if owners[_LOCK_SLOT] is not None:
        return None
    end = ticks_add(link.ticks(), _PATIENCE_MS)
    args = pack("<HH", ms & 0xFFFF, 0)
    with link.own(_LOCK_SLOT, _NO_EVENT) as answer:
        code = _E_BUSY
        while code == _E_BUSY:
            code = link.nwp.submit(_DEVICE_STOP, args, b"", _TIMEOUT_SHORT_MS)
            left = ticks_diff(end, link.ticks())
            if code == _E_BUSY:  # by a request that was given up
                if left <= 0:
                    return None
                await Sleep(link, _LOOK_MS)
        if code < 0:
            link.broken(code)
        answer.sent = True
        await Within(link, left, answer)
    if answer.error:
        raise SlError(answer.error)
    if not answer.done or len(answer.result) < 2:
        return None
    return unpack_from("<h", answer.result)[0]


async def _emptied(link):
    """Until everybody whose wait was ended has gone on."""
    leaving = link.leaving

    def left():
        return all(wait.gone for wait in leaving)

    await _until(link, left, _LEAVING_MS)
    leaving.clear()


async def _until(link, condition, ms: int):
    """Look every few milliseconds, for `ms` at most."""
    end = ticks_add(link.ticks(), ms)
    while not condition() and ticks_diff(end, link.ticks()) > 0:
        await Sleep(link, _LOOK_MS)


async def restart(device):
    """Stop and start, by ourselves; it raises nothing."""
    device.restarts = True
    try:
        await _stop(
            device.link, _RESET_REQUEST_STOP_TIMEOUT_MS, _RESET_REQUEST_TOTAL_WAIT_MS, True
        )
        device.restarts = False
        await device.start()
    except SlError:
        pass  # the next call says what is wrong
    finally:
        device.restarts = False
