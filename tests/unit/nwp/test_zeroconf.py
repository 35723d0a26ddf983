"""mDNS of the device and of the PC's loopback interface, in real time (zeroconf_bridge.py)."""

import os
import socket
import struct
import threading
import time

import pytest
from zeroconf import ServiceInfo, Zeroconf

from cc32at.nwp import NetworkProcessor
from cc32at.nwp.clock import RealClock
from cc32at.world import World
from tests.unit.nwp.netsupport import WORLD, NetHost

LIMIT = 60.0  # seconds within which anything must have happened
HERE = socket.inet_aton("127.0.0.1")
REGISTER = 0x80000000


class WallClock(RealClock):
    """What moves on while one waits is the day."""

    def advance(self, seconds: float) -> None:
        time.sleep(seconds)
        self.run_due()


def multicast_works() -> bool:
    """Whether this PC carries a datagram for a group over its loopback interface."""
    group, here = socket.inet_aton("239.255.83.71"), HERE
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
    ):
        try:
            ear.bind(("", 0))
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + here)
            mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
            mouth.sendto(b"?", ("239.255.83.71", ear.getsockname()[1]))
            ear.settimeout(1)
            return ear.recv(10) == b"?"
        except OSError:
            return False


pytestmark = pytest.mark.skipif(not multicast_works(), reason="no multicast on loopback here")


@pytest.fixture
def host():
    """A device on the wall clock whose world asks for zeroconf."""
    world = World.parse(WORLD + "zeroconf: true\n")
    host = NetHost(NetworkProcessor(world), clock=WallClock())
    yield host
    host.np.power(False)
    assert host.np.fds() == []


@pytest.fixture
def pc():
    """Another program on this PC."""
    pc = Zeroconf(interfaces=["127.0.0.1"])
    yield pc
    pc.close()


def name_of(label: str, kind: str) -> str:
    """A service name that no other run of the tests has."""
    return f"{label}-{os.getpid()}.{kind}.local"


def offer(pc, name: str, port: int, properties: dict) -> ServiceInfo:
    kind = name.partition(".")[2] + "."
    info = ServiceInfo(
        kind,
        name + ".",
        addresses=[socket.inet_aton("127.0.0.7")],
        port=port,
        properties=properties,
        server=f"pc-{os.getpid()}.local.",
    )
    pc.register_service(info)
    return info


def until(host, condition):
    """Serve the device until condition() holds."""
    end = time.monotonic() + LIMIT
    while not (found := condition()):
        assert time.monotonic() < end, "it does not happen"
        host.np.service()
        host.clock.advance(0.01)
    return found


def known(host, name: str):
    return host.np.world.find("mdns_services", name.encode())


# A type of the NWP's own list, and one that only the PC's answer tells of.
@pytest.mark.parametrize("kind", ["_http._tcp", "_lamp._udp"])
def test_a_service_of_the_pc_is_listed_until_it_goes(host, pc, kind):
    name = name_of("office", kind)
    info = offer(pc, name, 8080, {b"path": b"/", b"flag": None, b"raw": b"\xff\xfe"})
    until(host, lambda: known(host, name))
    host.join()
    until(host, lambda: host.np.groups["netcfg"].ip)
    host.drain()
    got = host.command("NETAPP_MDNS_SERVICE_LIST", index=0, max_count=30, flags=1)
    records = [got.payload[at : at + 388] for at in range(0, len(got.payload), 388)]
    assert len(records) == got.status
    ours = [record for record in records if record[8:68].rstrip(b"\0") == name.encode()[:60]]
    assert len(ours) == 1
    assert struct.unpack("<II", ours[0][:8]) == (0x7F000007, 8080)
    assert b"path=/" in ours[0] and b"flag" in ours[0] and b"flag=" not in ours[0]
    pc.unregister_service(info)
    until(host, lambda: not known(host, name))


def test_a_service_of_the_device_is_found_on_the_pc_until_it_is_deleted(host, pc):
    name = name_of("modem", "_http._tcp")
    text = b"color=red;plain"

    def register(options):
        return host.command(
            "NETAPP_MDNS_REGISTER",
            name.encode() + text,
            name_len=len(name),
            text_len=len(text),
            port=80,
            ttl=120,
            options=options,
        ).status

    busy, released = threading.Event(), []
    loop = host.np.groups["netapp_mdns"].bridge.zeroconf.loop
    loop.call_soon_threadsafe(lambda: released.append(busy.wait(LIMIT)))
    assert register(REGISTER) == 0
    busy.set()
    until(host, lambda: released)
    assert released == [True], "the network processor must not wait for zeroconf"
    seen = None
    end = time.monotonic() + LIMIT
    while seen is None and time.monotonic() < end:
        seen = pc.get_service_info("_http._tcp.local.", name + ".", timeout=500)
    assert seen.port == 80 and seen.addresses == [HERE]
    assert seen.properties == {b"color": b"red", b"plain": None}
    assert known(host, name) is None, "it is not around us"
    assert register(0) == 0
    while seen is not None and time.monotonic() < end:
        time.sleep(0.1)
        seen = ServiceInfo("_http._tcp.local.", name + ".")
        seen = seen if seen.request(pc, 300) else None
    assert seen is None


def test_a_service_that_is_deleted_at_once_is_not_announced_behind_that(host, pc):
    name = name_of("hasty", "_http._tcp")
    for options in (REGISTER, 0):
        body = {"name_len": len(name), "text_len": 0, "port": 80, "ttl": 120, "options": options}
        assert host.command("NETAPP_MDNS_REGISTER", name.encode(), **body).status == 0
    jobs = host.np.groups["netapp_mdns"].bridge.jobs
    until(host, lambda: not jobs)
    assert not ServiceInfo("_http._tcp.local.", name + ".").request(pc, 500)


def test_what_came_from_the_pc_goes_with_the_power(host, pc):
    name = name_of("printer", "_ipp._tcp")
    offer(pc, name, 631, {})
    until(host, lambda: known(host, name))
    host.np.power(False)
    assert known(host, name) is None and host.np.fds() == []
    host.np.power(True)
    until(host, lambda: host.np.irq)
    assert host.np.groups["netapp_mdns"].has_real_io()
    until(host, lambda: known(host, name))


def test_in_virtual_time_the_device_keeps_to_its_world():
    host = NetHost(world=WORLD + "zeroconf: true\n")
    assert host.np.fds() == [] and not host.np.groups["netapp_mdns"].has_real_io()
