"""Other answers of the network processor than the recorded ones.

A rule that says "as if it had answered otherwise" names one of ANSWERS: what becomes of the
exchanges of a step.
"""

from collections.abc import Callable
from dataclasses import replace

from cc32at.nwp.scripted import renumbered

from . import frames
from .cases import Case, Exchange, Step

_SSID_LENGTH, _ENTRY = 38, 44  # network_entry (protocol.json)
_LIST = 20  # where the entries of WLAN_SCAN_RESULTS_GET begin in a frame
_OPTION = slice(18, 22)  # config_id and option in an answer to a ..._GET
_ASKED = slice(10, 14)  # the same in the request
_RESULTS = 0x8C8C
_INIT_COMPLETE = b"\x08\0"
AGAIN = -2073  # SL_ERROR_WLAN_GET_NETWORK_LIST_EAGAIN
NAME = b"~"


def aligned(exchange: Exchange) -> Exchange:
    """Sync words stand where they are expected."""
    return replace(exchange, nwp=tuple(frames.aligned(frame) for frame in exchange.nwp))


def option_asked(exchange: Exchange) -> Exchange:
    """The option answered is the one that was asked for."""
    if not exchange.host or not exchange.nwp:
        return exchange
    first = bytearray(exchange.nwp[0])
    first[_OPTION] = exchange.host[_ASKED]
    return replace(exchange, nwp=(bytes(first), *exchange.nwp[1:]))


def named_networks(exchange: Exchange) -> Exchange:
    """A network without a name is called NAME."""
    if int.from_bytes(exchange.host[4:6], "little") != _RESULTS or not exchange.nwp:
        return exchange
    first = bytearray(exchange.nwp[0])
    for at in range(_LIST, len(first) - _ENTRY + 1, _ENTRY):
        if not first[at + _SSID_LENGTH]:
            first[at : at + 1], first[at + _SSID_LENGTH] = NAME, 1
    return replace(exchange, nwp=(bytes(first), *exchange.nwp[1:]))


ANSWERS: dict[str, Callable[[Exchange], Exchange]] = {
    "aligned": aligned,
    "option-asked": option_asked,
    "named-networks": named_networks,
}


def changed(case: Case, index: int, name: str) -> Case:
    """A case in which the answers of one step are others."""
    step = case.steps[index]
    exchanges = tuple(ANSWERS[name](exchange) for exchange in step.exchanges)
    return _with(case, index, replace(step, exchanges=exchanges))


def asked_again(case: Case) -> Case:
    """A case whose network processor answers a scan once more, with an empty list.

    Style guide asks again by itself when the scan has only started. Of an answer more the
    sequence numbers behind it are others.
    """
    shift = 0
    for index, step in enumerate(case.steps):
        exchanges = []
        for exchange in step.exchanges:
            if any(frame[4:6] == _INIT_COMPLETE for frame in exchange.nwp):
                shift = 0  # it counts from the start
            moved = tuple(renumbered(frame, shift) for frame in exchange.nwp)
            exchanges.append(replace(exchange, nwp=moved))
            if _only_started(exchange):
                shift += 1
                empty = bytearray(renumbered(exchange.nwp[0], shift))
                empty[16:20] = bytes(4)
                exchanges.append(replace(exchange, nwp=(bytes(empty),)))
        case = _with(case, index, replace(step, exchanges=tuple(exchanges)))
    return case


def scans_again(step: Step) -> bool:
    """Whether the network processor says that a scan has only started."""
    return any(_only_started(exchange) for exchange in step.exchanges)


def _only_started(exchange: Exchange) -> bool:
    answer = exchange.nwp[0] if exchange.nwp else b""
    return (
        int.from_bytes(exchange.host[4:6], "little") == _RESULTS
        and int.from_bytes(answer[16:18], "little", signed=True) == AGAIN
    )


def _with(case: Case, index: int, step: Step) -> Case:
    return replace(case, steps=(*case.steps[:index], step, *case.steps[index + 1 :]))
