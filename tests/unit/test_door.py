"""Who knocks at a listening socket neither ends nor occupies its owner."""

import contextlib
import os
import resource
import select
import socket

import pytest

from cc32at.door import Door


@pytest.fixture
def door():
    with contextlib.closing(Door(0)) as door:
        yield door


def knocks(door) -> bool:
    return bool(select.select([door], [], [], 0)[0])


def test_it_listens_on_loopback_and_waits_for_nobody(door):
    assert door.address[0] == "127.0.0.1"
    assert door.accept() is None
    with socket.create_connection(door.address, 5) as client, door.accept() as accepted:
        client.sendall(b"x")
        assert select.select([accepted], [], [], 60)[0] and accepted.recv(1) == b"x"
        with pytest.raises(BlockingIOError):
            accepted.recv(1)


def test_a_client_without_a_descriptor_is_sent_away(door):
    """Left in the queue it would wake the owner for ever."""
    clients = [socket.create_connection(door.address, 5) for _ in range(3)]
    with no_descriptors():
        assert [door.accept() for _ in clients] == [None] * 3
        assert not knocks(door) and door.turned_away == 3
        assert all(client.recv(1) == b"" for client in clients)
    for client in clients:
        client.close()
    with socket.create_connection(door.address, 5):
        door.accept().close()


@contextlib.contextmanager
def no_descriptors():
    """None is left in this process."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, limits[1]))
    taken = []
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for descriptor in taken:
            os.close(descriptor)


def test_a_client_that_has_gone_again_is_no_error(door):
    for _ in range(3):
        client = socket.create_connection(door.address, 5)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    for _ in range(3):
        accepted = door.accept()
        if accepted:
            accepted.close()
    assert not knocks(door)
