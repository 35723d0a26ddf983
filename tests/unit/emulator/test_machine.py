"""The machine as a whole: repetition, snapshots, time, images it refuses."""

import hashlib
import time

import pytest

from cc32at.emulator import GuestIdle, ImageError, Livelock, Machine
from cc32at.emulator.peripherals.gprcm import MCU_RESET
from cc32at.emulator.scheduler import CPU_HZ, Clock, Scheduler
from cc32at.emulator.serialport import EmuSerial

from .fakes import FakeNwp

INPUT = b"the same input, twice " * 3


def fingerprint(machine):
    chip = machine.chip
    sram = hashlib.sha256(chip.sram.view).hexdigest()
    registers = bytes(machine.cpu.all.read())
    return machine.instructions, machine.cycles, machine.cpu.pc, registers, sram


def busy_run(guest, accelerate, steps=1):
    machine = guest("busy", accelerate=accelerate)
    machine.boot()
    machine.uart.host_write(INPUT)
    for n in range(steps):
        machine.run(timeout=0.0075 * (n + 1) / steps - machine.now)
    return fingerprint(machine), machine.uart.host_read()


def test_two_runs_are_the_same_to_the_instruction_and_the_byte(guest, accelerate):
    assert busy_run(guest, accelerate) == busy_run(guest, accelerate)


def test_how_the_run_is_cut_makes_no_difference(guest, accelerate):
    assert busy_run(guest, accelerate) == busy_run(guest, accelerate, steps=40)


def test_interrupts_do_not_change_the_work(guest, accelerate):
    def work(n):
        a, b = 1, 0
        for i in range(n):
            a = (a * 1664525 + 1013904223) & 0xFFFFFFFF
            b ^= ((a >> 7) + (b << 3)) & 0xFFFFFFFF
            b = (b + i if b & 3 == 1 else b) & 0xFFFFFFFF
        return b

    machine = guest("busy", accelerate=accelerate)
    machine.boot()
    machine.uart.host_write(INPUT)
    machine.finish()
    assert machine.words("result", 10) == [work(20000)] * 10
    assert machine.result(20) == pytest.approx(machine.cycles / 500, rel=0.02)
    assert machine.uart.host_read() == INPUT


def test_snapshot_and_restore(guest, accelerate):
    machine = guest("busy", accelerate=accelerate)
    machine.boot()
    machine.uart.host_write(INPUT)
    machine.run(max_insns=300_000)
    state, before = machine.snapshot(), machine.uart.host_read()
    first = (machine.run(max_insns=200_000), fingerprint(machine), machine.uart.host_read())
    machine.power_cycle()
    machine.restore(state)
    assert machine.uart.host_read() == before
    again = (machine.run(max_insns=200_000), fingerprint(machine), machine.uart.host_read())
    assert again == first


def test_restore_takes_milliseconds(guest):
    machine = guest("busy")
    machine.run(max_insns=100_000)
    state = machine.snapshot()
    took = []
    for _ in range(10):
        start = time.process_time()
        machine.restore(state)
        took.append(time.process_time() - start)
    assert min(took) < 0.05


def test_a_snapshot_holds_the_network_processor_and_its_timers(guest):
    nwp = FakeNwp()
    machine = guest("lspi", 0, nwp=nwp)
    machine.run(until=lambda: machine.word("nwp_irqs") == 1, timeout=1)
    state, written = machine.snapshot(), nwp.written
    machine.finish()
    first = fingerprint(machine), nwp.written
    machine.restore(state)
    assert nwp.written == written
    machine.finish()
    assert (fingerprint(machine), nwp.written) == first


def test_what_the_line_does_during_a_restore_is_not_latched(guest):
    class Restless(FakeNwp):
        def restore(self, state):
            self.on_irq(True)
            super().restore(state)
            self.on_irq(self.irq)

    machine = guest("lspi", 0, nwp=Restless())
    machine.run(timeout=0.005)  # it waits for the first message
    state, nvic = machine.snapshot(), machine.chip.nvic.save()
    machine.finish()
    machine.restore(state)
    assert machine.chip.nvic.save() == nvic


def test_a_restore_forgets_what_the_chip_was_asked_to_do(guest):
    machine = guest("busy")
    machine.boot()
    state, before = machine.snapshot(), fingerprint(machine)
    machine.chip.request_reset(MCU_RESET)
    machine.chip.request_hibernate()
    machine.cpu.counters[0] = 1000  # of a slice that an error has ended
    machine.restore(state)
    machine.run(max_insns=0)
    assert fingerprint(machine) == before


def test_a_timer_of_the_network_processor_that_has_run_does_not_come_back():
    ran = []
    scheduler = Scheduler()
    clock = Clock(scheduler, lambda: 0)
    scheduler.at(50, lambda: ran.append("chip"))
    clock.call_at(100 / CPU_HZ, lambda: ran.append("model"))
    state = scheduler.save(without=clock.events)
    for _ in range(2):
        scheduler.run_due(200)
        clock.drop_all()
        scheduler.load(state)
    scheduler.run_due(200)
    assert ran == ["chip", "model", "chip", "chip"]


def test_idle_time_is_skipped_in_virtual_time(guest):
    machine = guest("resets", 5)  # hibernates until a pin wakes it
    start = time.perf_counter()
    assert machine.run(timeout=1000) is False
    assert machine.now == pytest.approx(1000)
    assert time.perf_counter() - start < 100


def test_a_guest_that_nothing_can_wake_is_told_of(guest):
    machine = guest("gpio")
    with pytest.raises(GuestIdle):
        machine.run()


def test_a_guest_that_does_not_get_on_is_told_of(guest):
    """Nothing is executed, so no limit of instructions or emulated time would ever end it."""
    machine = guest("busy")
    machine.cpu.hook_block(machine.symbol("main"), machine.cpu.stop_soon)
    with pytest.raises(Livelock, match=r"nothing is executed at 0x01\w+ main\+0x0 in thread"):
        machine.run(timeout=1)


def test_events_that_do_not_end_are_told_of():
    scheduler = Scheduler()

    def again():
        scheduler.at(10, again)

    again()
    with pytest.raises(Livelock, match="cycle 20.*again"):
        scheduler.run_due(20)


def test_real_time_sleeps_as_long_as_it_says(guest):
    machine = guest("gpio", clock="real")
    start = time.monotonic()
    cpu = time.process_time()
    machine.run(timeout=0.5)
    assert 0.49 < machine.now < time.monotonic() - start + 0.01  # however long that has become
    assert time.process_time() - cpu < 0.1


def test_an_exception_of_a_signal_handler_ends_a_run(guest):
    import signal

    class Alarm(Exception):
        pass

    def handler(*_):
        raise Alarm

    old = signal.signal(signal.SIGALRM, handler)
    try:
        for _ in range(5):
            machine = guest("busy", clock="real")  # its handlers are busy with registers
            machine.boot()
            machine.uart.host_write(bytes(4000))
            with pytest.raises(Alarm):
                signal.setitimer(signal.ITIMER_REAL, 0.02)
                machine.run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_stop_ends_a_run(guest):
    import threading

    machine = guest("gpio", clock="real")
    threading.Timer(0.2, machine.stop).start()
    start = time.monotonic()
    assert machine.run() is False
    assert time.monotonic() - start < 60


def test_images_that_the_chip_would_not_start(image, tmp_path):
    good = image("hello").read_bytes()
    header = bytes.fromhex("5aa5a55a")[::-1]
    bad = tmp_path / "bad.elf"
    bad.write_bytes(good.replace(header, b"\xff\xff\xff\xff", 1))
    with pytest.raises(ImageError, match="debug header"):
        Machine(bad)
    bad.write_bytes(b"something else")
    with pytest.raises(ImageError, match="not an ELF"):
        Machine(bad)
    flags = bytearray(good)
    flags[36:40] = (0x05000400).to_bytes(4, "little")
    bad.write_bytes(flags)
    with pytest.raises(ImageError, match="FPU"):
        Machine(bad)


def test_an_image_that_is_larger_than_its_ram_is_refused(image, tmp_path):
    """The one segment of an image for RAM, moved so that it ends behind it."""
    elf = bytearray(image("hello", "ram").read_bytes())
    at = int.from_bytes(elf[28:32], "little")  # e_phoff
    assert elf[at + 8 : at + 16] == 2 * (0x20004000).to_bytes(4, "little")  # p_vaddr, p_paddr
    size = 0x3C000 + 20
    elf[at + 16 : at + 24] = 2 * size.to_bytes(4, "little")  # p_filesz, p_memsz
    large = tmp_path / "large.elf"
    large.write_bytes(bytes(elf) + bytes(size))
    with pytest.raises(ImageError, match="larger than the RAM by 20 bytes"):
        Machine(large)


def test_an_image_for_ram_runs_where_there_is_no_flash(image):
    machine = Machine(image("hello", "ram"), on_report=lambda text: None)
    port = EmuSerial(machine, timeout=0.1, baudrate=115200)
    assert port.read(7) == b"hello\r\n"
    assert machine.chip.gprcm.readers[0xC80]() >> 16 == 0x3118
    with pytest.raises(ValueError):
        machine.read(0x01000000, 4)
    machine.power_cycle()
    machine.boot()
    assert port.read(7) == b"hello\r\n"
    machine.close()


def test_the_serial_port_advances_the_board(guest):
    port = EmuSerial(guest("hello"), timeout=1, baudrate=115200)
    assert port.read(7) == b"hello\r\n"
    start, wall = port.clock(), time.perf_counter()
    assert port.read(1) == b""
    assert port.clock() - start == pytest.approx(1, abs=0.001)
    port.write(b"echo")
    assert port.read(4) == b"echo"
    port.write(b"more")
    port.flush()
    while not port.in_waiting:
        pass
    assert port.read(4) == b"more"
    port.baudrate = 9600
    port.write(b"lost")
    assert port.read(10) != b"lost"
    assert time.perf_counter() - wall < 60


def test_bytes_written_at_once_are_not_lost(guest):
    port = EmuSerial(guest("hello"), timeout=0.1, baudrate=115200)
    port.write(b"early")
    assert port.read(100) == b"hello\r\nearly"
