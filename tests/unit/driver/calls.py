"""From a recorded host frame to the driver call that must produce it, and what the call must give.

The frame is taken apart by protocol.json alone. `CALLS` maps an opcode's name to
(call, expected): call(sl, a) makes the call (a coroutine, or a finished value), expected(a, reply)
says what it gives, reply being what the NWP answered.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import simplelink
from cc32at.nwp.codec import align4

TABLE = json.loads((Path(simplelink.__file__).parent / "protocol.json").read_text())
OPCODES = {row["opcode"]: row for row in TABLE["opcodes"]}
_CODES = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i"}


def unpack(fields: list[dict], data: bytes) -> dict:
    """Fields of a record by name."""
    out = {}
    data = data + bytes(512)
    for field in fields:
        base, _, count = field["type"].partition("[")
        at, n = field["offset"], int(count[:-1]) if count else 1
        if base == "bytes":
            out[field["name"]] = data[at : at + n]
        else:
            values = struct.unpack_from(f"<{n}{_CODES[base]}", data, at)
            out[field["name"]] = values if count else values[0]
    return out


def command(opcode: int, body: bytes) -> dict:
    """Arguments, strings behind them, and `payload` of a host frame's body."""
    row = OPCODES[opcode]
    out = unpack(row["args"], body)
    at = row["args_size"]
    for tail in row["args_tail"]:
        n = out[tail["length"]]
        out[tail["name"]] = body[at : at + n]
        at += n
    out["payload"] = body[align4(row["args_size"]) :]
    return out


class Reply:
    """What the NWP sent from a command on, as (opcode, arguments and payload)."""

    def __init__(self, opcode: int, messages: list[tuple[int, bytes]], sd: int | None = None):
        row = OPCODES[opcode]
        self.row = row
        self.answer = next((body for op, body in messages if op & 0x0400), None)
        wanted = {int(text, 16) for text in row["async_opcodes"]}
        self.done = next(
            (
                (op, body)
                for op, body in messages
                if op in wanted and (sd is None or body[2] & 0x1F == sd & 0x1F)
            ),
            None,
        )
        if row["response_opcode"] is None:
            self.answer = None

    @property
    def fields(self) -> dict:
        return unpack(self.row["response"], self.answer)

    @property
    def value(self) -> bytes:
        return self.answer[self.row["response_size"] :]

    @property
    def completion(self) -> dict:
        opcode, body = self.done
        return unpack(OPCODES[opcode]["response"], body)

    @property
    def tail(self) -> bytes:
        opcode, body = self.done
        return body[OPCODES[opcode]["response_size"] :]


class Fails(Exception):
    """The call must raise SlError with this code."""


def good(status: int) -> int:
    """A status that is none, or Fails."""
    if status >= 0x8000:
        status -= 0x10000
    if status < 0:
        raise Fails(status)
    return status


def ok(a, r):
    good(r.fields["status"])


def status(a, r):
    return good(r.fields["status"])


def value(size):
    """Expectation of a get: the value; -2001 when it is longer than `size`(a)."""

    def expected(a, r):
        good(r.fields["status"])
        if len(r.value) > size(a):
            raise Fails(-2001)
        return r.value

    return expected


def two_phase(result):
    """Expectation of an answer and a completion."""

    def expected(a, r):
        good(r.fields["status"])
        return result(a, r)

    return expected


def finished(a, r):
    good(r.completion["status"])


def accepted(a, r):
    new = good(r.completion["status"])
    six = r.completion["family"] == 3
    _, body = r.done
    return new, int.from_bytes(body[4:6], "big"), body[8:24] if six else body[8:12]


def received(a, r):
    return good(r.completion["status"])


def received_from(a, r):
    n = good(r.completion["status"])
    _, body = r.done
    six = r.completion["family"] == 3
    return n, int.from_bytes(body[4:6], "big"), body[8:24] if six else body[8:12]


def selected(a, r):
    n = good(r.completion["status"])
    return n, r.completion["read_fds"], r.completion["write_fds"]


def resolved(a, r):
    good(r.completion["status"])
    return r.completion["ip"]


def service(a, r):
    c = r.completion
    good(c["status"])
    return c["ip"], c["port"], r.tail[: c["text_len"]]


def profile(a, r):
    f = r.fields
    good(f["sec_type"])
    tail = r.value
    user = f["ssid_len"] + f["password_len"]
    anon = user + f["user_len"]
    return (
        f["sec_type"],
        tail[: f["ssid_len"]],
        f["bssid"],
        f["priority"],
        tail[user:anon],
        tail[anon : anon + f["anon_user_len"]],
        f["eap_bitmask"],
    )


def networks(a, r):
    n = min(good(r.fields["status"]), a["count"])
    return r.value[: n * 44]


def file_info(a, r):
    f = r.fields
    good(f["status"])
    wire, user = (TABLE["enums"][f"fs_info_{kind}_flags"] for kind in ("wire", "user"))
    flags = sum(user[name] for name, bit in wire.items() if f["flags"] & bit)
    tokens = tuple(f["tokens"])
    return flags, f["file_len"], f["alloc_len"], tokens, f["storage_size"], f["write_counter"]


def file_list(a, r):
    count = r.fields["count"]
    if count < 0:
        raise Fails(count)
    return count, r.fields["index"]


def file_opened(a, r):
    handle = r.fields["handle"]
    if handle & 0x80000000:
        raise Fails(handle - (1 << 32))
    return handle, r.fields["token"]


def file_controlled(a, r):
    if r.fields["status"] < 0:
        raise Fails(r.fields["status"])
    return r.fields["status"], r.fields["token"]


def utility_got(a, r):
    good(r.fields["status"])
    return len(r.value)


def utility_done(a, r):
    good(r.completion["status"])
    return r.completion["output_len"]


async def calling(method, *args):
    """A short request where a coroutine is wanted; nobody wants what it gives."""
    method(*args)


def ping(a, r):
    good(r.fields["status"])


def port_ip(a) -> tuple[int, bytes]:
    """Port and address of a socket command."""
    ip = a["ip"]
    raw = struct.pack("<4I", *ip) if isinstance(ip, tuple) else struct.pack("<I", ip)
    return int.from_bytes(a["port"].to_bytes(2, "little"), "big"), raw


def enterprise(a) -> dict:
    return {"user": a["user"], "anon": a["anon_user"], "eap": a["eap_bitmask"]}


def network(a) -> dict:
    bssid = a["bssid"] if any(a["bssid"]) else None
    return {"sec_type": a["sec_type"], "key": a["password"], "bssid": bssid}


def open_mode(mode: int) -> tuple[int, int]:
    """(mode, size) of the driver for a wire mode."""
    access = {0: 0x40000000, 1: 0x10000000, 2: 0x08000000, 3: 0x28000000}[mode >> 12 & 15]
    return access | (mode >> 16 & 0x3FF) << 17, (mode & 0xFF) << (8 + 2 * (mode >> 8 & 15))


def names(a) -> tuple[bytes, bytes]:
    """The two names of a rename, or (name, record) of a commit."""
    if a["operation"] == 3:
        old = a["payload"][: a["name_len"]]
        return old.split(b"\0")[0], a["payload"][a["name_len"] :].split(b"\0")[0]
    if a["operation"] in (1, 2):
        return a["payload"][4:].split(b"\0")[0], a["payload"][:4]
    return b"", a["payload"][: a["buffer_len"]]


def select_again(sl, a):
    usec = a["tv_usec"] << 10
    return sl.sockets.select(a["nfds"], a["read_fds"], a["write_fds"], a["tv_sec"], usec)


def cut(field):
    return lambda a: a["payload"][: a[field]]


data = cut("length")
name = cut("name_len")
BUFFERS = []  # of the receives that are under way, so that tests can look


def buffer(n: int) -> bytearray:
    BUFFERS.append(bytearray(n))
    return BUFFERS[-1]


CALLS = {
    "DEVICE_GET": (
        lambda sl, a: sl.device.get(a["set_id"], a["option"], a["size"]),
        value(lambda a: a["size"]),
    ),
    "DEVICE_SET": (lambda sl, a: sl.device.set(a["set_id"], a["option"], data(a)), ok),
    "NETCFG_SET": (lambda sl, a: sl.netcfg.set(a["config_id"], a["option"], data(a)), ok),
    "NETCFG_GET": (
        lambda sl, a: sl.netcfg.get(a["config_id"], a["length"], a["option"]),
        value(lambda a: a["length"]),
    ),
    "WLAN_CONNECT": (lambda sl, a: sl.wlan.connect(a["ssid"], **network(a)), ok),
    "WLAN_CONNECT_EAP": (
        lambda sl, a: sl.wlan.connect(a["ssid"], **network(a), **enterprise(a)),
        ok,
    ),
    "WLAN_DISCONNECT": (lambda sl, a: sl.wlan.disconnect(), ok),
    "WLAN_PROFILE_ADD": (
        lambda sl, a: sl.wlan.profile_add(a["ssid"], **network(a), priority=a["priority"]),
        status,
    ),
    "WLAN_PROFILE_ADD_EAP": (
        lambda sl, a: sl.wlan.profile_add(
            a["ssid"], **network(a), **enterprise(a), priority=a["priority"]
        ),
        status,
    ),
    "WLAN_PROFILE_UPDATE_EAP": (
        lambda sl, a: sl.wlan.profile_update(
            a["index"], a["ssid"], **network(a), **enterprise(a), priority=a["priority"]
        ),
        ok,
    ),
    "WLAN_PROFILE_GET": (lambda sl, a: sl.wlan.profile_get(a["index"]), profile),
    "WLAN_PROFILE_DEL": (lambda sl, a: sl.wlan.profile_del(a["index"]), ok),
    "WLAN_POLICY_SET": (
        lambda sl, a: sl.wlan.policy_set(
            a["policy_type"], a["option"], a["payload"][: a["value_len"]]
        ),
        ok,
    ),
    "WLAN_POLICY_GET": (
        lambda sl, a: sl.wlan.policy_get(a["policy_type"]),
        lambda a, r: (r.fields["option"], value(lambda a: 8)(a, _fine(r))),
    ),
    "WLAN_SCAN_RESULTS_GET": (
        lambda sl, a: sl.wlan.scan_results(a["index"], a["count"]),
        networks,
    ),
    "WLAN_SET_MODE": (lambda sl, a: sl.wlan.set_mode(a["mode"]), ok),
    "WLAN_CFG_SET": (lambda sl, a: sl.wlan.set(a["config_id"], a["option"], data(a)), ok),
    "WLAN_CFG_GET": (
        lambda sl, a: sl.wlan.get(a["config_id"], a["option"], a["length"]),
        value(lambda a: a["length"]),
    ),
    "WLAN_PROVISIONING": (
        lambda sl, a: sl.wlan.provisioning(
            a["command"],
            a["role_after_success"],
            a["inactivity_timeout_s"],
            a["sc_key"][: a["sc_key_len"]],
            a["flags"],
        ),
        ok,
    ),
    "SOCKET_CREATE": (
        lambda sl, a: sl.sockets.open(a["domain"], a["type"], a["protocol"]),
        lambda a, r: good(r.fields["status"]) or r.fields["sd"],
    ),
    "SOCKET_CLOSE": (
        lambda sl, a: sl.sockets.close(a["sd"]),
        lambda a, r: good(r.fields["status"]) or (r.done and finished(a, r)),
    ),
    "SOCKET_ACCEPT": (
        lambda sl, a: sl.sockets.accept(a["sd"], a["family"]),
        two_phase(accepted),
    ),
    "SOCKET_BIND_V4": (lambda sl, a: sl.sockets.bind(a["sd"], *port_ip(a)), ok),
    "SOCKET_LISTEN": (lambda sl, a: sl.sockets.listen(a["sd"], a["backlog"]), ok),
    "SOCKET_CONNECT_V4": (
        lambda sl, a: sl.sockets.connect(a["sd"], *port_ip(a)),
        two_phase(finished),
    ),
    "SOCKET_SELECT": (select_again, two_phase(selected)),
    "SOCKET_SETSOCKOPT": (
        lambda sl, a: sl.sockets.setsockopt(
            a["sd"], a["level"], a["name"], a["payload"][: a["value_len"]]
        ),
        ok,
    ),
    "SOCKET_GETSOCKOPT": (
        lambda sl, a: sl.sockets.getsockopt(a["sd"], a["level"], a["name"], a["value_len"]),
        value(lambda a: a["value_len"]),
    ),
    "SOCKET_RECV": (
        lambda sl, a: sl.sockets.recv(a["sd"], buffer(a["max_len"]), a["flags"]),
        received,
    ),
    "SOCKET_RECVFROM": (
        lambda sl, a: sl.sockets.recvfrom(
            a["sd"], buffer(a["max_len"]), a["flags"] >> 4, a["flags"] & 15
        ),
        received_from,
    ),
    "SOCKET_SEND": (lambda sl, a: sl.sockets.send(a["sd"], *sent(a)), lambda a, r: a["len"]),
    "SOCKET_SENDTO_V4": (
        lambda sl, a: sl.sockets.sendto(a["sd"], a["payload"][: a["len"]], *port_ip(a)),
        lambda a, r: a["len"],
    ),
    "NETAPP_START": (lambda sl, a: sl.netapp.start(a["app_bitmap"]), ok),
    "NETAPP_STOP": (lambda sl, a: sl.netapp.stop(a["app_bitmap"]), ok),
    "NETAPP_SET": (lambda sl, a: sl.netapp.set(a["app_id"], a["option"], data(a)), ok),
    "NETAPP_GET": (
        lambda sl, a: sl.netapp.get(a["app_id"], a["option"], 255),
        value(lambda a: 255),
    ),
    "NETAPP_DNS_BY_NAME": (
        lambda sl, a: sl.netapp.dns_by_name(name(a), a["family"]),
        two_phase(resolved),
    ),
    "NETAPP_HOST_BY_SERVICE": (
        lambda sl, a: sl.netapp.host_by_service(name(a), a["family"]),
        two_phase(service),
    ),
    "NETAPP_MDNS_SERVICE_LIST": (
        lambda sl, a: sl.netapp.service_list(a["index"], a["max_count"], a["flags"]),
        lambda a, r: (good(r.fields["status"]), r.value),
    ),
    "NETAPP_MDNS_REGISTER": (
        lambda sl, a: (
            sl.netapp.mdns_register(
                name(a),
                a["payload"][a["name_len"] :][: a["text_len"]],
                a["port"],
                a["ttl"],
                a["options"] & 0x7FFFFFFF,
            )
            if a["options"] >> 31
            else sl.netapp.mdns_unregister(name(a), a["options"])
        ),
        ok,
    ),
    "NETAPP_PING_V4": (
        lambda sl, a: calling(
            sl.netapp.pings,
            a["ip0"] if a["v4"] else (a["ip0"], a["ip1"], a["ip2"], a["ip3"]),
            a["size"],
            a["interval_ms"],
            a["timeout_ms"],
            a["attempts"],
            a["flags"],
        ),
        ping,
    ),
    "NETAPP_ARP_FLUSH": (lambda sl, a: sl.netapp.arp_flush(), ok),
    "NETAPP_SEND": (
        lambda sl, a: sl.netapp.send(a["handle"], a["flags"], a["payload"][: a["data_len"]]),
        ok,
    ),
    "FS_OPEN": (
        lambda sl, a: sl.fs.open(file_name(a), *open_mode(a["mode"]), a["token"]),
        file_opened,
    ),
    "FS_CLOSE": (
        lambda sl, a: sl.fs.close(
            a["handle"],
            a["payload"][: a["cert_name_len"]].split(b"\0")[0],
            a["payload"][a["cert_name_len"] :][: a["signature_len"]],
        ),
        ok,
    ),
    "FS_READ": (
        lambda sl, a: sl.fs.read(a["handle"], a["offset"], buffer(a["len"])),
        status,
    ),
    "FS_WRITE": (
        lambda sl, a: sl.fs.write(a["handle"], a["offset"], a["payload"][: a["len"]]),
        status,
    ),
    "FS_GET_INFO": (lambda sl, a: sl.fs.info(file_name(a), a["token"]), file_info),
    "FS_DELETE": (lambda sl, a: sl.fs.del_(file_name(a), a["token"]), ok),
    "FS_GET_FILE_LIST": (
        lambda sl, a: sl.fs.list(
            a["index"],
            a["count"],
            a["max_entry_len"],
            buffer(a["count"] * a["max_entry_len"]),
            a["flags"],
        ),
        file_list,
    ),
    "FS_PROGRAM": (
        lambda sl, a: sl.fs.program(a["payload"][a["key_len"] :], a["payload"][: a["key_len"]]),
        status,
    ),
    "FS_CTL": (
        lambda sl, a: sl.fs.ctl(a["operation"], a["token"], *names(a), buffer(36)),
        file_controlled,
    ),
    "NETUTIL_GET": (
        lambda sl, a: sl.netutil.get(a["obj_id"], a["option"], buffer(a["value_len"])),
        utility_got,
    ),
    "NETUTIL_CMD": (
        lambda sl, a: sl.netutil.command(
            a["command"],
            a["payload"][: a["attrib_len"]],
            a["payload"][a["attrib_len"] :][: a["input_len"]],
            buffer(a["output_len"]),
        ),
        two_phase(utility_done),
    ),
}
for _twin, _of in (
    ("SOCKET_CONNECT_V6", "SOCKET_CONNECT_V4"),
    ("SOCKET_BIND_V6", "SOCKET_BIND_V4"),
    ("SOCKET_SENDTO_V6", "SOCKET_SENDTO_V4"),
    ("NETAPP_PING_V6", "NETAPP_PING_V4"),
):
    CALLS[_twin] = CALLS[_of]


def sent(a) -> tuple[bytes, int]:
    """Data and flags of a send; on a transceiver the flags stand before the data."""
    if a["sd"] & 0xF0 == 0x80:
        return a["payload"][4:][: a["len"]], int.from_bytes(a["payload"][:2], "little")
    return a["payload"][: a["len"]], 0


def file_name(a) -> bytes:
    return a["payload"].split(b"\0")[0]


def _fine(r):
    """A reply whose status is good, for answers that carry none."""
    return type("Fine", (), {"fields": {"status": 0}, "value": r.value})()


def prepared(opcode: int, body: bytes) -> tuple[str, dict]:
    """Name and arguments of a host frame, as CALLS wants them."""
    a = command(opcode, body)
    a["v4"] = not opcode & 0x0200
    return OPCODES[opcode]["name"], a
