"""What counts as equal between a recording and the firmware, and what a rule may explain."""

import json

import pytest

from cc32at.conformance import cases, compare, deviations
from cc32at.conformance.report import Report, describe

ROW = {
    "id": "dev.get",
    "flags": [],
    "note": "a note",
    "steps": [
        {
            "kind": "at",
            "at": "AT+Get=General,Persistent",
            "exchanges": [
                {
                    "host_frame_hex": "21433412aabb",
                    "host_uninit_bytes": [5],
                    "nwp_frames_hex": ["bddccdab"],
                },
                {"host_frame_hex": "", "nwp_frames_hex": ["bedccdab"]},
            ],
            "out": [{"text": "+get:1"}, {"ret": -1, "text": "dropped"}, {"text": "OK"}],
        },
        {"kind": "event", "exchanges": [], "out": [{"raw_hex": "2b6100ff"}]},
    ],
}
FRAME = bytes.fromhex("21433412aabb")
TEXT = b"+get:1\r\nOK\r\n"


@pytest.fixture
def case(tmp_path):
    (tmp_path / "dev.json").write_text(json.dumps([ROW]))
    return cases.load(tmp_path)[0]


def test_a_recording_is_read(case):
    assert (case.name, case.file, case.commands) == ("dev.get", "dev", {"get"})
    step, event = case.steps
    assert step.out == (b"+get:1", b"OK")
    assert [e.host for e in step.frames] == [FRAME]
    assert (event.line, event.out) == (None, (b"+a\x00\xff",))


def test_a_file_that_is_no_recording_is_named(tmp_path):
    (tmp_path / "x.json").write_text('[{"id": 1}]')
    with pytest.raises(ValueError, match="x.json"):
        cases.load(tmp_path)


def test_the_same_text_and_frames_are_equal(case):
    assert compare.differences(case, 0, TEXT, [FRAME]) == []


def test_a_byte_that_the_vendor_left_uninitialised_is_not_compared(case):
    assert compare.differences(case, 0, TEXT, [FRAME[:5] + b"\0"]) == []


@pytest.mark.parametrize(
    ("text", "frames", "what"),
    [
        (b"+get:1\nOK\n", [FRAME], "text"),
        (b"OK\r\n+get:1\r\n", [FRAME], "text"),
        (TEXT + b"OK\r\n", [FRAME], "text"),
        (b"", [FRAME], "text"),
        (TEXT, [], "frames"),
        (TEXT, [FRAME, FRAME], "frames"),
        (TEXT, [b"\0" + FRAME[1:]], "frames"),
        (TEXT, [FRAME + b"\0"], "frames"),
    ],
)
def test_anything_else_differs(case, text, frames, what):
    assert [d.what for d in compare.differences(case, 0, text, frames)] == [what]


def test_racy_output_is_a_set(case):
    assert compare.differences(case, 0, b"OK\r\n+get:1\r\n", [FRAME], racy=True) == []
    assert compare.differences(case, 0, b"OK\r\nOK\r\n", [FRAME], racy=True)


def test_of_help_only_the_shape_is_compared(tmp_path):
    step = {
        "kind": "at",
        "at": "AT+Test=?",
        "exchanges": [],
        "out": [{"text": "[]"}, {"text": "OK"}],
    }
    (tmp_path / "gen.json").write_text(json.dumps([{"id": "x", "steps": [step]}]))
    (case,) = cases.load(tmp_path)
    assert compare.differences(case, 0, b"[timeout]\r\nOK\r\n", []) == []
    assert compare.differences(case, 0, b"[]\r\nERROR: allocate,0\r\n", [])
    assert compare.differences(case, 0, b"OK\r\n", [])


def rules(*rows):
    return deviations.Deviations([deviations._rule(dict(row)) for row in rows])


LENIENT = {
    "name": "a",
    "reason": "b",
    "text": True,
    "when": {"line": r"at\+get", "printed": "^OK$"},
}


def test_a_rule_explains_what_its_conditions_say_and_nothing_else(case):
    table = rules(LENIENT)
    (covered,) = compare.differences(case, 0, b"OK\r\n", [FRAME])
    (other,) = compare.differences(case, 0, b"ERROR: allocate,0\r\n", [FRAME])
    (frames,) = compare.differences(case, 0, TEXT, [])
    assert table.explain(covered).name == "a"
    assert table.explain(other) is None
    assert table.explain(frames) is None


def test_a_case_is_explained_only_if_all_of_it_is(case):
    report = Report(rules(LENIENT))
    report.judge(compare.differences(case, 0, b"OK\r\n", [FRAME]))
    verdict, left = report.judge(compare.differences(case, 0, b"OK\r\n", []))
    report.judge([])
    report.not_run("AT+Foo is not built")
    assert (verdict, [d.what for d in left]) == ("different", ["frames"])
    assert report.summary == "1 equal, 1 explained, 1 different, 1 not run"
    assert report.rules == {"a": 1}
    assert "expected" in describe(case, left) and "21433412aa--" in describe(case, left)


@pytest.mark.parametrize(
    ("before", "after", "removed", "added"),
    [
        ("a,b", "a,7,b", "", "7,"),
        ("a,", "a,4", "", "4"),
        ("OK", "", "OK", ""),
        ("same", "same", "", ""),
        ("aaa", "aaaa", "", "a"),
    ],
)
def test_what_changed_is_the_middle(before, after, removed, added):
    assert deviations.changed(before, after) == (removed, added)


def test_one_of_several_sets_of_conditions_is_enough(case):
    row = {**LENIENT, "when": [{"line": "no such line"}, {"added": "", "removed": r"\+get:1\n"}]}
    (difference,) = compare.differences(case, 0, b"OK\r\n", [FRAME])
    assert rules(row).explain(difference)
    assert not rules({**row, "when": row["when"][:1]}).explain(difference)


def test_a_rule_that_explains_nothing_is_known():
    assert [r.name for r in rules(LENIENT).unused] == ["a"]


@pytest.mark.parametrize(
    "row",
    [
        {**LENIENT, "reason": ""},
        {**LENIENT, "when": {}},
        {**LENIENT, "when": {"id": "dev"}},
        {"name": "a", "reason": "b", "when": {"line": "x"}},
    ],
)
def test_a_rule_must_say_what_and_why(row):
    with pytest.raises(ValueError):
        rules(row)


def test_our_own_table_is_well_formed():
    assert all(len(r.reason) > 20 for r in deviations.load().rules)
