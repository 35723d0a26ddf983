"""What each method of the driver of chance gives: tables by group and method.

A row's `result` is a function of an Answer (driver.py). Rows with `waits` are coroutines.
"""

from dataclasses import dataclass
from typing import Any

SEVEN = 16  # locks above the sockets: what there is one of at a time
PING = 17  # the lock of pings()


@dataclass(frozen=True)
class Row:
    """`waits`: ms at most, 0 for a method that answers at once; `lock`: the parameter that has the
    socket that it waits on, or a number; `into`: the parameter that is a buffer to be filled,
    `payload` one that must stay as it is; `refusals`: one in so many is refused.
    """

    result: Any = None
    waits: int = 0
    lock: Any = None
    into: str = ""
    payload: str = ""
    refusals: int = 8


def waits(result=None, ms=1500, **more) -> Row:
    return Row(result, ms, **more)


def address(it, family):
    return bytes(16) if family == 3 else it.number.to_bytes(4, "little")


def word(it, family):
    return (1, 2, 3, it.number) if family == 3 else it.number


def profile(it):
    name = bytes(it.value(it.number % 33))
    bssid = bytes(6) if it.number % 2 else b"\1\2\3\4\5\6"
    return it.number % 9, name, bssid, 3, name, b"", it.number % 3


def valued(it):
    """A value of at most `size` bytes; the real driver refuses to ask for none."""
    from simplelink.errors import SlError

    if it.a.size <= 0:
        raise SlError(-2002)
    return it.value(it.a.size)


def config(it):
    it.driver.netcfg.option = it.number % 8
    return valued(it)


def close(it):
    it.driver.closed(it.a.sd & 15)


def store(it):
    it.driver.files[bytes(it.a.name)] = bytes(it.a.data)


def load(it):
    from simplelink.errors import SlError

    if bytes(it.a.name) not in it.driver.files:
        raise SlError(-10341)
    return it.driver.files[bytes(it.a.name)][: it.a.size]


def fetched(it):
    """A part of a file into `buf`."""
    data = it.driver.files.get(bytes(it.a.name))
    if data is None:
        from simplelink.errors import SlError

        raise SlError(-10341)
    part = data[it.a.offset : it.a.offset + len(it.a.buf)]
    it.a.buf[: len(part)] = part
    return len(part)


def accepted(it):
    return it.number % 16, it.number >> 4 & 0xFFFF, address(it, it.a.family)


def received(it):
    return it.fill(it.a.buf), 7, address(it, it.a.family)


def selected(it):
    return (1, it.a.read, it.a.write) if it.number % 2 else (0, 0, 0)


def ping(it):
    return 0, 1, 2, 3, it.number % 5, 4, it.number % 1000


def pings(it):
    """Some reports, the last of which ends it, or none until somebody ends it."""
    from simplelink.reports import Reports

    link = it.driver.link
    left = list(range(it.number % 4))
    reports = Reports(link, PING, 0, lambda args: args, lambda report: not left.pop())
    for i in left:
        link.at(10 * i, lambda: reports.done or reports.complete(ping(it)))
    reports.begin()
    return reports


def ping_stop(it):
    reports = it.driver.link.owners[PING]
    if reports is not None:
        reports.end()


def computed(it):
    """NetUtil's output: as much as there is room for, of all sizes."""
    return it.fill(it.a.out) if len(it.a.out) else 0


def some(limit):
    return lambda it: it.number % limit


def size_of(name, most=None):
    return lambda it: it.fill(getattr(it.a, name), most)


DEVICE = {
    "start": Row(),  # both are the driver's own
    "stop": Row(),
    "get": Row(valued),
    "set": Row(),
    "version": Row(
        lambda it: (0x31100000, b"\1\2\3\4", b"\1\2\3\4", b"\1\2\3\4", it.number & 0xFFFF)
    ),
    "time": Row(lambda it: (1, 2, 3, 4, 5, it.number)),
    "set_time": Row(),
    "persistent": Row(some(2)),
    "status": Row(lambda it: it.number),
    "udid": Row(lambda it: bytes(it.value(16))),
    "event_mask_set": Row(),
    "event_mask_get": Row(lambda it: it.number),
    "uart_mode": Row(),
    "reset_request": Row(),
}
SOCKETS = {
    "open": Row(some(16)),
    "bind": Row(),
    "listen": Row(),
    "setsockopt": Row(),
    "getsockopt": Row(valued),
    "connect": waits(lock="sd"),
    "accept": waits(accepted, lock="sd"),
    "close": waits(close, 100),
    "start_tls": waits(some(2), lock="sd"),
    "select": waits(selected, lock=SEVEN),
    "recv": waits(size_of("buf"), lock="sd", into="buf"),
    "recvfrom": waits(received, lock="sd", into="buf"),
    "send": waits(lambda it: len(it.a.data), 400, payload="data"),
    "sendto": waits(lambda it: len(it.a.data), 400, payload="data"),
    "reset": Row(),
}
WLAN = {
    "connect": Row(),
    "disconnect": Row(),
    "profile_add": Row(some(7)),
    "profile_update": Row(),
    "profile_get": Row(profile),
    "profile_del": Row(),
    "policy_set": Row(),
    "policy_get": Row(lambda it: (it.number & 0x3F, it.value(it.number % 9))),
    "scan_results": Row(lambda it: it.value(44 * min(it.a.count, it.number % 31))),
    "scan_results_ext": Row(lambda it: it.value(52 * min(it.a.count, it.number % 31))),
    "set_mode": Row(),
    "set": Row(),
    "get": Row(valued),
    "rx_filter_add": Row(some(64)),
    "rx_stat_start": Row(),
    "rx_stat_stop": Row(),
    "rx_stat_get": Row(lambda it: it.value(76)),
    "provisioning": Row(),
}
FS = {
    "open": waits(lambda it: (it.number % 1000, it.number)),
    "close": waits(),
    "read": waits(size_of("buf"), into="buf"),
    "write": waits(lambda it: len(it.a.data), payload="data"),
    "del_": waits(),
    "info": waits(lambda it: (it.number & 0xFF, 10, 4096, (1, 2, 3, 4), 2, it.number)),
    "list": waits(lambda it: (it.fill(it.a.buf, 0), -1), into="buf"),
    "ctl": waits(lambda it: (0, it.number), into="out"),
    "program": waits(some(1457)),
    "load": waits(load, 100),
    "fetch": waits(fetched, 100),
    "reset": Row(),
    "store": waits(store, 100),
}
NETAPP = {
    "start": Row(),
    "stop": Row(),
    "set": Row(),
    "get": Row(valued),
    "service_list": Row(lambda it: (it.number % 9, it.value(400 * (it.number % 9)))),
    "mdns_register": Row(),
    "mdns_unregister": Row(),
    "arp_flush": Row(),
    "nd_flush": Row(),
    "send": Row(),
    "dns_by_name": waits(lambda it: word(it, it.a.family), lock=SEVEN),
    "host_by_service": waits(lambda it: (word(it, it.a.family), 80, b"a=b"), lock=SEVEN),
    "ping": waits(ping, lock=SEVEN),
    "pings": Row(pings),
    "ping_stop": Row(ping_stop),
    "recv": waits(lambda it: (it.fill(it.a.buf), it.number % 2), lock=SEVEN, into="buf"),
    "respond": Row(),
    "event": Row(),
}
ROWS = {
    "device": DEVICE,
    "sockets": SOCKETS,
    "wlan": WLAN,
    "fs": FS,
    "netapp": NETAPP,
    "netcfg": {"set": Row(), "get": Row(config)},
    "netutil": {
        "get": waits(size_of("buf"), into="buf"),
        "command": waits(computed, into="out", payload="data"),
    },
}
