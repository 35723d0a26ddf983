"""The byte ring between an interrupt and the main program."""

from __future__ import annotations

import ctypes as ct

from hypothesis import given
from hypothesis import strategies as st

from cc32at.hostlink.library import Ring, load

SIZE = 16
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.binary(max_size=24)),
        st.tuples(st.just("get"), st.integers(0, 24)),
        st.tuples(st.just("unget"), st.binary(max_size=24)),
    ),
    max_size=60,
)


@given(steps, st.integers(0, 2**32 - 1))
def test_bytes_come_out_as_they_went_in(steps, start):
    library = load()
    memory = (ct.c_ubyte * SIZE)()
    ring = Ring(ct.cast(memory, ct.c_void_p), SIZE - 1, start, start)  # positions wrap
    waiting = b""
    for kind, value in steps:
        if kind == "put":
            n = library.ring_put(ct.byref(ring), value, len(value))
            assert n == min(len(value), SIZE - len(waiting))
            waiting += value[:n]
        elif kind == "get":
            out = ct.create_string_buffer(value + 1)
            n = library.ring_get(ct.byref(ring), out, value)
            assert n == min(value, len(waiting))
            assert out.raw[:n] == waiting[:n]
            waiting = waiting[n:]
        else:
            n = library.ring_unget(ct.byref(ring), value, len(value))
            assert n == min(len(value), SIZE - len(waiting))
            waiting = value[len(value) - n :] + waiting
        assert (ring.head - ring.tail) % 2**32 == len(waiting)
