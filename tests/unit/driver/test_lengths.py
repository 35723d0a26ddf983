"""Names and values whose length the wire has in 8 bits: what does not fit is never sent."""

import pytest

from tests.unit.driver.test_device import code_of

TOO_LONG = -2006  # SL_RET_CODE_INVALID_INPUT
LONG = bytes(256)

CALLS = {
    "connect ssid": lambda sl: sl.wlan.connect(LONG),
    "connect key": lambda sl: sl.wlan.connect(b"s", 2, LONG),
    "connect user": lambda sl: sl.wlan.connect(b"s", 5, b"k", user=LONG),
    "connect anonymous": lambda sl: sl.wlan.connect(b"s", 5, b"k", user=b"u", anon=LONG),
    "profile ssid": lambda sl: sl.wlan.profile_add(LONG),
    "profile key": lambda sl: sl.wlan.profile_add(b"s", 2, LONG),
    "profile user": lambda sl: sl.wlan.profile_add(b"s", 5, b"k", user=LONG),
    "update ssid": lambda sl: sl.wlan.profile_update(1, LONG),
    "update anonymous": lambda sl: sl.wlan.profile_update(1, b"s", anon=LONG),
    "policy": lambda sl: sl.wlan.policy_set(0x10, 1, LONG),
    "provisioning key": lambda sl: sl.wlan.provisioning(0, 0, 60, LONG),
    "socket option": lambda sl: sl.sockets.setsockopt(0, 1, 42, LONG),
    "service name": lambda sl: sl.netapp.mdns_register(LONG, b"", 80, 100),
    "service text": lambda sl: sl.netapp.mdns_register(b"n", LONG, 80, 100),
    "service to withdraw": lambda sl: sl.netapp.mdns_unregister(LONG),
    "service to find": lambda sl: sl.netapp.host_by_service(LONG),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_does_not_fit_is_refused(rig, peer, call):
    assert code_of(rig, lambda: call(rig.sl)) == TOO_LONG
    assert peer.frames == []


def test_the_longest_that_fit_are_sent(sl, peer):
    sl.sockets.setsockopt(0, 1, 42, LONG[:255])
    sl.wlan.connect(LONG[:255])
    assert peer.frames[0][1][:4] == b"\0\1\x2a\xff" and len(peer.frames[0][1]) == 4 + 256
    assert peer.frames[1][1][1] == 255 and len(peer.frames[1][1]) == 264
