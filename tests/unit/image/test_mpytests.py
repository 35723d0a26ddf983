"""MicroPython's own tests: a skip needs a reason, a reason needs a skip."""

import types

import pytest

from cc32at.image import mpytests, patient

OUTPUT = """\
pass  basics/0prelim.py
skip  basics/sys_path.py
FAIL  float/cmath_fun.py
skip  micropython/viper_addr.py
3 tests performed (9 individual testcases)
"""


def test_the_output_is_read():
    outcome = mpytests.parse(OUTPUT)
    assert outcome.passed == {"basics/0prelim"}
    assert outcome.failed == {"float/cmath_fun"}
    assert outcome.skipped == {"basics/sys_path", "micropython/viper_addr"}
    assert outcome.complete


TESTS = {"basics/0prelim", "basics/sys_path", "float/cmath_fun", "micropython/viper_addr"}


def complaints_about(output, skips, *directories):
    wrong = mpytests.complaints(mpytests.parse(output), skips, list(directories), TESTS)
    return [line.split(":")[0] for line in wrong]


def test_a_run_that_broke_off_is_not_complete():
    broken = OUTPUT.rpartition("3 tests")[0].replace("FAIL", "pass").replace("skip", "pass")
    assert complaints_about(broken, {}, "basics") == ["the run broke off"]


def test_a_test_that_was_left_out_is_wrong(tmp_path):
    for name in ("basics/0prelim.py", "basics/gone.py", "basics/gone.py.exp", "float/other.py"):
        (tmp_path / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / name).touch()
    tests = mpytests.tests_of(tmp_path, ["basics"])
    outcome = mpytests.parse("pass  basics/0prelim.py\n1 tests performed (1 cases)\n")
    assert mpytests.complaints(outcome, {}, ["basics"], tests) == ["basics/gone: was not run"]


def test_failures_and_unexplained_skips_are_wrong():
    skips = {"micropython/viper_*": "no emitter"}
    wrong = complaints_about(OUTPUT, skips, "basics", "micropython")
    assert wrong == ["float/cmath_fun", "basics/sys_path"]


def test_a_reason_that_no_test_needs_is_wrong_if_its_directory_ran():
    skips = {
        "micropython/viper_*": "no emitter",
        "basics/sys_path": "no files",
        "basics/gone": "-",
        "float/cmath_*": "-",
    }
    passing = OUTPUT.replace("FAIL", "pass")
    assert complaints_about(passing, skips, "basics", "micropython") == ["basics/gone"]


def test_every_line_of_the_list_has_a_reason():
    assert mpytests.read_skips(mpytests.SKIPS.read_text())
    with pytest.raises(ValueError, match="no reason"):
        mpytests.read_skips("basics/sys_path\n")


def test_a_test_may_be_silent_for_a_minute():
    class Pyboard:
        def read_until(self, min_num_bytes, ending, timeout=10, data_consumer=None):
            return timeout

    patient.be_patient(types.SimpleNamespace(Pyboard=Pyboard))
    assert Pyboard().read_until(1, b"\x04") == 60
    assert Pyboard().read_until(1, b"\x04", timeout=2) == 12
    assert Pyboard().read_until(1, b"\x04", timeout=None) is None
