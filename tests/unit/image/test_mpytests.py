"""MicroPython's own tests: a skip needs a reason, a reason needs a skip."""

import pytest

from cc32at.image import mpytests

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


def test_a_run_that_broke_off_is_not_complete():
    outcome = mpytests.parse("pass  basics/0prelim.py\n")
    assert mpytests.complaints(outcome, {}, ["basics"]) == ["the run broke off"]


def test_failures_and_unexplained_skips_are_wrong():
    skips = {"micropython/viper_*": "no emitter"}
    wrong = mpytests.complaints(mpytests.parse(OUTPUT), skips, ["basics", "micropython"])
    assert [line.split(":")[0] for line in wrong] == ["float/cmath_fun", "basics/sys_path"]


def test_a_reason_that_no_test_needs_is_wrong_if_its_directory_ran():
    skips = {
        "micropython/viper_*": "no emitter",
        "basics/sys_path": "no files",
        "basics/gone": "-",
        "float/cmath_*": "-",
    }
    outcome = mpytests.parse(OUTPUT.replace("FAIL", "pass"))
    wrong = mpytests.complaints(outcome, skips, ["basics", "micropython"])
    assert [line.split(":")[0] for line in wrong] == ["basics/gone"]


def test_every_line_of_the_list_has_a_reason():
    assert mpytests.read_skips(mpytests.SKIPS.read_text())
    with pytest.raises(ValueError, match="no reason"):
        mpytests.read_skips("basics/sys_path\n")
