"""Every command of the table is sent by some call of the driver, as long as the table says."""

import pytest

from cc32at.nwp.codec import align4
from simplelink.errors import SlError
from tests.unit.driver import calls
from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_frames import yes

IP = b"\x0a\0\0\x01"
IP6 = bytes(range(16))
READ = 0x40000000

SENT_BY = {
    "DEVICE_STOP": lambda sl: sl.device.stop(100),
    "DEVICE_EVENT_MASK_SET": lambda sl: sl.device.event_mask_set(1, 2),
    "DEVICE_EVENT_MASK_GET": lambda sl: sl.device.event_mask_get(1),
    "DEVICE_GET": lambda sl: sl.device.get(1, 12, 20),
    "DEVICE_SET": lambda sl: sl.device.set(1, 5, b"\1"),
    "DEVICE_SET_UART_MODE": lambda sl: sl.device.uart_mode(115200, False),
    "NETCFG_SET": lambda sl: sl.netcfg.set(7, 1),
    "NETCFG_GET": lambda sl: sl.netcfg.get(2, 6),
    "WLAN_CONNECT": lambda sl: sl.wlan.connect(b"net"),
    "WLAN_CONNECT_EAP": lambda sl: sl.wlan.connect(b"net", 5, b"key", user=b"u"),
    "WLAN_DISCONNECT": lambda sl: sl.wlan.disconnect(),
    "WLAN_PROFILE_ADD": lambda sl: sl.wlan.profile_add(b"net"),
    "WLAN_PROFILE_ADD_EAP": lambda sl: sl.wlan.profile_add(b"net", 5, b"k", anon=b"a"),
    "WLAN_PROFILE_UPDATE": lambda sl: sl.wlan.profile_update(1, b"net"),
    "WLAN_PROFILE_UPDATE_EAP": lambda sl: sl.wlan.profile_update(1, user=b"u"),
    "WLAN_PROFILE_GET": lambda sl: sl.wlan.profile_get(0),
    "WLAN_PROFILE_DEL": lambda sl: sl.wlan.profile_del(255),
    "WLAN_POLICY_SET": lambda sl: sl.wlan.policy_set(0x20, 1, b"\x3c\0\0\0"),
    "WLAN_POLICY_GET": lambda sl: sl.wlan.policy_get(0x20),
    "WLAN_SCAN_RESULTS_GET": lambda sl: sl.wlan.scan_results(0, 30),
    "WLAN_EXT_SCAN_RESULTS_GET": lambda sl: sl.wlan.scan_results_ext(0, 30),
    "WLAN_RX_FILTER_ADD": lambda sl: sl.wlan.rx_filter_add(0, 1, bytes(56), bytes(12), bytes(8)),
    "WLAN_RX_STAT_START": lambda sl: sl.wlan.rx_stat_start(),
    "WLAN_RX_STAT_STOP": lambda sl: sl.wlan.rx_stat_stop(),
    "WLAN_RX_STAT_GET": lambda sl: sl.wlan.rx_stat_get(),
    "WLAN_PROVISIONING": lambda sl: sl.wlan.provisioning(0, 0, 600, bytes(16)),
    "WLAN_SET_MODE": lambda sl: sl.wlan.set_mode(2),
    "WLAN_CFG_SET": lambda sl: sl.wlan.set(0, 0, b"net"),
    "WLAN_CFG_GET": lambda sl: sl.wlan.get(0, 0, 33),
    "SOCKET_CREATE": lambda sl: sl.sockets.open(2, 1),
    "SOCKET_CLOSE": lambda sl: sl.sockets.close(1),
    "SOCKET_ACCEPT": lambda sl: sl.sockets.accept(1),
    "SOCKET_BIND_V4": lambda sl: sl.sockets.bind(1, 80, IP),
    "SOCKET_BIND_V6": lambda sl: sl.sockets.bind(1, 80, IP6),
    "SOCKET_LISTEN": lambda sl: sl.sockets.listen(1, 5),
    "SOCKET_CONNECT_V4": lambda sl: sl.sockets.connect(1, 80, IP),
    "SOCKET_CONNECT_V6": lambda sl: sl.sockets.connect(1, 80, IP6),
    "SOCKET_SELECT": lambda sl: sl.sockets.select(2, 2),
    "SOCKET_SETSOCKOPT": lambda sl: sl.sockets.setsockopt(1, 1, 9, bytes(4)),
    "SOCKET_GETSOCKOPT": lambda sl: sl.sockets.getsockopt(1, 1, 9, 4),
    "SOCKET_RECV": lambda sl: sl.sockets.recv(1, bytearray(9)),
    "SOCKET_RECVFROM": lambda sl: sl.sockets.recvfrom(1, bytearray(9)),
    "SOCKET_SEND": lambda sl: sl.sockets.send(1, b"x"),
    "SOCKET_SENDTO_V4": lambda sl: sl.sockets.sendto(1, b"x", 80, IP),
    "SOCKET_SENDTO_V6": lambda sl: sl.sockets.sendto(1, b"x", 80, IP6),
    "NETAPP_START": lambda sl: sl.netapp.start(1),
    "NETAPP_STOP": lambda sl: sl.netapp.stop(1),
    "NETAPP_SET": lambda sl: sl.netapp.set(1, 0, b"\x50\0"),
    "NETAPP_GET": lambda sl: sl.netapp.get(1, 0, 2),
    "NETAPP_DNS_BY_NAME": lambda sl: sl.netapp.dns_by_name(b"host"),
    "NETAPP_MDNS_SERVICE_LIST": lambda sl: sl.netapp.service_list(0, 1, 3),
    "NETAPP_MDNS_REGISTER": lambda sl: sl.netapp.mdns_register(b"n", b"t", 80, 120),
    "NETAPP_HOST_BY_SERVICE": lambda sl: sl.netapp.host_by_service(b"service"),
    "NETAPP_PING_V4": lambda sl: sl.netapp.ping(0x0A000001),
    "NETAPP_PING_V6": lambda sl: sl.netapp.ping((1, 2, 3, 4)),
    "NETAPP_ARP_FLUSH": lambda sl: sl.netapp.arp_flush(),
    "NETAPP_ND_FLUSH": lambda sl: sl.netapp.nd_flush(),
    "NETAPP_HTTP_SEND_TOKEN": None,
    "NETAPP_REQUEST_RESPONSE": lambda sl: sl.netapp.respond(1, 200, b"meta", b"data"),
    "NETAPP_SEND": lambda sl: sl.netapp.send(1, 0, b"data"),
    "NETAPP_RECEIVE_REQUEST": lambda sl: sl.netapp.recv(1, bytearray(4)),
    "FS_OPEN": lambda sl: sl.fs.open(b"name", READ),
    "FS_CLOSE": lambda sl: sl.fs.close(1),
    "FS_READ": lambda sl: sl.fs.read(1, 0, bytearray(4)),
    "FS_WRITE": lambda sl: sl.fs.write(1, 0, b"data"),
    "FS_GET_INFO": lambda sl: sl.fs.info(b"name"),
    "FS_DELETE": lambda sl: sl.fs.del_(b"name"),
    "FS_GET_FILE_LIST": lambda sl: sl.fs.list(-1, 1, 64, bytearray(64)),
    "FS_PROGRAM": lambda sl: sl.fs.program(bytes(16)),
    "FS_CTL": lambda sl: sl.fs.ctl(5, out=bytearray(36)),
    "NETUTIL_GET": lambda sl: sl.netutil.get(0, 3, bytearray(16)),
    "NETUTIL_CMD": lambda sl: sl.netutil.command(4, bytes(12)),
}
COMMANDS = {r["name"]: r for r in calls.TABLE["opcodes"] if r["direction"] == "host_to_nwp"}


def test_every_command_has_a_call():
    assert set(SENT_BY) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_call_sends_the_command(name):
    row = COMMANDS[name]
    rig = Rig(Peer(yes))
    rig.run(rig.sl.device.start())
    rig.opened(1)
    if SENT_BY[name] is None:
        rig.model.send(0x182E, b"\x03\0\0\0tok")
    else:
        result = SENT_BY[name](rig.sl)
        if hasattr(result, "send"):
            rig.start(result)
    rig.pump(20)
    sent = [body for opcode, body in rig.model.frames if opcode == row["opcode"]]
    assert len(sent) == 1
    size = row["args_size"]
    assert len(sent[0]) >= size and len(sent[0]) % 4 == 0
    if row["payload_out"] == "none" and not row["args_tail"]:
        assert len(sent[0]) == align4(size)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("code", [-1, -14337])
def test_refusal_is_an_error_with_its_code(name, code):
    """A negative basic answer, as an NWP gives to what it does not know (rule 6)."""
    row = COMMANDS[name]
    if row["response_opcode"] is None or name in ("DEVICE_STOP", "WLAN_POLICY_GET"):
        return  # nobody answers, or its answer has no status
    peer = Peer(yes)
    rig = Rig(peer)
    rig.run(rig.sl.device.start())
    refusal = (row["response_opcode"], (code & 0xFFFF).to_bytes(2, "little") + bytes(2))
    peer.handler = lambda op, body: [refusal] if op == row["opcode"] else yes(op, body)

    async def call():
        result = SENT_BY[name](rig.sl)
        return await result if hasattr(result, "send") else result

    task = rig.start(call())
    rig.pump(100)
    assert isinstance(task.error, SlError), task.error
    assert task.error.code == code
    assert rig.sl.link.idle()
