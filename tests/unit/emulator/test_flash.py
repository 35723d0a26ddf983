"""The flash controller."""


def test_erase_and_program(guest, accelerate):
    machine = guest("flashing", accelerate=accelerate)
    machine.finish()
    result = machine.words("result", 12)
    assert result[0] == 0xFFFFFFFF
    assert result[1:3] == [0x11112222, 0x55556666]
    assert result[8] == 1 << 2, "the buffer's third word was the last one written"
    assert result[3] == 0
    assert result[4] == 1 << 10 and result[5] == 0x11112222, "no bit goes from 0 to 1"
    assert result[6] == 0xFFFFFFFF, "not without the key"
    assert result[7] == 0xCAFEF00D
    assert machine.reports == []


def test_rewritten_code_runs_as_rewritten(guest, accelerate):
    machine = guest("flashing", accelerate=accelerate)
    machine.finish()
    assert machine.result(9) == 5
    assert machine.result(10) == 9


def test_addresses_outside_are_errors(guest):
    machine = guest("flashing")
    machine.finish()
    assert machine.result(11) == 1


def test_flash_outlives_the_power(guest):
    machine = guest("flashing")
    machine.finish()
    machine.power_cycle()
    assert machine.read(0x010F0080, 2) == b"\x09\x20"
