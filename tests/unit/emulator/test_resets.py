"""Resets and hibernation: causes, what is kept, what is not."""

import pytest

HIBERNATE, CORE, APPS, MCU, WATCHDOG, GPIO_WAKE, SYSRESET, WATCHDOG_RECOVERY, RTC = range(9)
HASTY = 9
KEPT = 0x12345678
PAD_AFTER_ROM, PAD_RESET, PAD_SET = 0xC63, 0xC61, 0x060


def rebooted(guest, choice):
    machine = guest("resets", choice)
    finished = machine.symbol("finished")
    machine.run(
        until=lambda: machine.chip.boots == 2 and machine.chip.sram.word(finished) == 1, timeout=2
    )
    assert machine.chip.boots == 2
    return machine


def test_hibernation_is_a_cold_start_with_a_mark(guest):
    machine = rebooted(guest, HIBERNATE)
    cause, status, spare8, reg3, kept, _, pad, led = machine.words("result", 8)
    assert cause == 0
    assert status == 1 | 2 << 1, "from hibernation, by the RTC"
    assert spare8 == 2 << 2
    assert reg3 == 1, "HIB_REG3 outlives it"
    assert kept != KEPT, "SRAM does not"
    assert (pad, led) == (PAD_AFTER_ROM, PAD_RESET)
    assert 160 / 32768 < machine.now < 160 / 32768 + 0.01


def test_a_pin_ends_hibernation(guest):
    machine = guest("resets", GPIO_WAKE)
    machine.run(until=lambda: machine.chip.hibernating, timeout=1)
    machine.run(timeout=1)
    assert machine.chip.boots == 1
    machine.chip.drive(13, True)
    finished = machine.symbol("finished")
    machine.run(until=lambda: machine.chip.sram.word(finished) == 1, timeout=1)
    assert machine.result(1) == 1 | 4 << 1


@pytest.mark.parametrize("choice, cause", [(CORE, 3), (APPS, 4), (WATCHDOG, 5), (MCU, 6)])
def test_soft_resets_keep_sram(guest, choice, cause):
    machine = rebooted(guest, choice)
    assert machine.result(0) == cause
    assert machine.result(4) == KEPT
    assert machine.result(7) == (PAD_SET if choice == CORE else PAD_RESET)


def test_watchdog_with_recovery_looks_like_hibernation(guest):
    machine = rebooted(guest, WATCHDOG_RECOVERY)
    assert machine.result(0) == 0
    assert machine.result(1) == 5
    assert machine.result(4) != KEPT


def test_watchdog_bites_at_the_second_expiry(guest):
    machine = guest("resets", WATCHDOG)
    machine.run(until=lambda: machine.chip.boots == 2, timeout=1)
    assert 0.002 < machine.now < 0.004


def test_sysresetreq_does_nothing(guest):
    machine = guest("resets", SYSRESET)
    machine.finish()
    assert machine.chip.boots == 1
    assert any("SYSRESETREQ" in report for report in machine.reports)


def test_the_rtc_interrupts_at_its_match(guest):
    machine = guest("resets", RTC)
    machine.finish()
    assert machine.result(10) == 4, "slow-clock match, cleared by reading"
    assert machine.result(11) == 0 and machine.result(12) == 0


def test_power_cycle_is_a_power_on(guest):
    machine = guest("resets", SYSRESET)
    machine.finish()
    machine.power_cycle()
    assert machine.result(0) != 0, "SRAM is a pattern"
    machine.finish()
    assert machine.result(0) == machine.result(1) == 0
    assert machine.result(5) == 0x00010003


def test_close_accesses_to_the_slow_domain_are_reported_and_carried_out(guest):
    machine = guest("resets", HASTY)
    machine.finish()
    assert machine.words("result", 16)[10:] == [0x10, 5, 2, 1, 0x1234, 0x56]
    assert machine.result(16) >= 2 * 200e-6 * 32768 - 1, "the RTC runs"
    reported = {report.partition("HIB3P3+")[2][:5] for report in machine.reports}
    assert reported == {"0x418", "0x004", "0x474", "0x420", "0x018", "0x01C", "0x020"}


def test_accesses_200_us_apart_are_not_worth_a_report(guest):
    machine = guest("resets", RTC)
    machine.finish()
    assert machine.reports == []
