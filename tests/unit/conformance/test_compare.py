"""What counts as equal between a recording and the firmware, and how cases are counted."""

import json

import pytest

from cc32at.conformance import cases, deviations
from cc32at.conformance.compare import Said, differing, told
from cc32at.conformance.judge import Alone, judge
from cc32at.conformance.report import Report, describe, unexplained

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
EVENT = Said(b"+a\0\xff\r\n", ())


def load(tmp_path, *rows):
    (tmp_path / "dev.json").write_text(json.dumps(rows))
    return cases.load(tmp_path)


@pytest.fixture
def case(tmp_path):
    return load(tmp_path, ROW)[0]


def kinds(case, text, *frames):
    return differing(told(case, case.steps[0]), Said(text, frames))


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


def test_a_file_without_recordings_has_no_case(tmp_path):
    assert load(tmp_path) == []


def test_the_same_text_and_frames_are_equal(case):
    assert kinds(case, TEXT, FRAME) == []


def test_a_byte_that_the_vendor_left_uninitialised_is_not_compared(case):
    assert kinds(case, TEXT, FRAME[:5] + b"\0") == []


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
    assert kinds(case, text, *frames) == [what]


def test_racy_output_is_a_set(tmp_path):
    (case,) = load(tmp_path, {**ROW, "flags": ["output_order_racy"]})
    assert kinds(case, b"OK\r\n+get:1\r\n", FRAME) == []
    assert kinds(case, b"OK\r\nOK\r\n", FRAME) == ["text"]


RULE = {
    "name": "a",
    "reason": "b",
    "forms": [
        {
            "when": {"line": r"at\+get"},
            "recorded": {"text": "+get:1\nOK", "frames": "same"},
            "instead": {"text": "OK", "frames": "same"},
        }
    ],
}


def rules(*rows):
    return deviations.Deviations([deviations.rule(dict(row)) for row in rows])


def verdict(case, table, text, *frames):
    return judge(Alone(case, [Said(text, frames), EVENT]), table)


def test_a_case_is_explained_only_if_all_of_it_is(case):
    report = Report(rules(RULE))
    report.add("dev", verdict(case, report.deviations, b"OK\r\n", FRAME))
    wrong = verdict(case, report.deviations, b"OK\r\n")
    report.add("dev", wrong)
    report.add("gen", verdict(case, report.deviations, TEXT, FRAME))
    report.not_run("dev", "AT+Get is not built")
    assert wrong.word == "different"
    assert report.summary == "1 equal, 1 explained, 1 different, 1 not run"
    assert report.by_chapter == [
        "dev: 0 equal, 1 explained, 1 different, 1 not run",
        "gen: 1 equal, 0 explained, 0 different, 0 not run",
    ]
    assert report.rules == {"a": 1}
    shown = describe(unexplained(wrong))
    assert "expected  21433412aa--" in shown and "got       (nothing)" in shown


def test_what_is_explained_is_shown_with_its_rule(case):
    shown = describe(verdict(case, rules(RULE), b"OK\r\n", FRAME).findings)
    assert shown.splitlines() == [
        "dev/dev.get  (a note)",
        "  step 0 at 'AT+Get=General,Persistent': text differ, explained by a",
        "    expected  +get:1",
        "    expected  OK",
        "    got       OK",
    ]


@pytest.mark.parametrize(
    ("text", "frames"), [(b"OK\r\nOK\r\n", [FRAME]), (b"OK\r\n", []), (b"", [FRAME])]
)
def test_a_rule_says_what_must_come_instead(case, text, frames):
    assert verdict(case, rules(RULE), text, *frames).word == "different"


@pytest.mark.parametrize("recorded", ["+get:2\nOK", "+get:1", "OK\n+get:1"])
def test_a_rule_says_what_must_be_recorded(case, recorded):
    (form,) = RULE["forms"]
    other = {**form, "recorded": {"text": recorded, "frames": "same"}}
    assert verdict(case, rules({**RULE, "forms": [other]}), b"OK\r\n", FRAME).word == "different"


def test_what_has_not_the_form_of_its_style_is_not_explained(case):
    said = [Said(b"OK\r\n", (FRAME,), "no line"), EVENT]
    assert judge(Alone(case, said, "guide"), rules(RULE)).word == "different"


def test_a_rule_that_explains_nothing_is_known():
    assert [r.name for r in rules(RULE).unused] == ["a"]


@pytest.mark.parametrize(
    "change",
    [
        {"reason": ""},
        {"forms": []},
        {"text": True},
        {"forms": [{**RULE["forms"][0], "when": {}}]},
        {"forms": [{**RULE["forms"][0], "when": {"id": "dev"}}]},
        {"forms": [{**RULE["forms"][0], "when": {"scene": "no such scene"}}]},
        {"forms": [{k: v for k, v in RULE["forms"][0].items() if k != "instead"}]},
        {"forms": [{**RULE["forms"][0], "instead": {"as": "no such rewriting"}}]},
        {"forms": [{**RULE["forms"][0], "instead": {"text": "OK", "frame": []}}]},
        {"forms": [{**RULE["forms"][0], "instead": {"as": "guide", "answers": "none"}}]},
        {"told": [{"message": "SOCKET_EV_ASYNC", "word": "x"}]},
    ],
)
def test_a_rule_must_say_when_what_instead_and_why(change):
    with pytest.raises(ValueError):
        rules({**RULE, **change})


@pytest.mark.parametrize("style", ["ti", "guide"])
def test_our_own_table_is_well_formed(style):
    assert all(len(r.reason) > 20 for r in deviations.load(style=style).rules)
