"""The interactive terminal's completion, history and colours."""

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from cc32at.client import table
from cc32at.client.messages import parse
from cc32at.client.terminal import AtCompleter, MaskedHistory, formatted, keywords


def completions(text: str) -> list[str]:
    return [c.text for c in AtCompleter().get_completions(Document(text), CompleteEvent())]


def test_command_names_complete_in_any_case():
    assert completions("at+te") == ["AT+Test"]
    assert "AT+WlanScan=" in completions("AT+Wlan")
    assert completions("AT+FileX") == []  # there is none


def test_keywords_complete_where_the_cursor_is():
    assert completions("AT+Socket=IN") == ["INET", "INET6"]
    assert completions("AT+Socket=INET,ST") == ["STREAM"]
    assert completions("AT+Socket=INET,STREAM,TCP,") == []


ROWS = [
    {"name": "Trial", "table": None, "forms": [
        [["Id", "keyword", ["One", "Two"]], ["Bits", "mask", ["READ", "WRITE", "Read_All"]]],
        [["Id", "keyword", ["Three"]], ["Value", "number"], ["Last", "keyword", ["END"]]],
    ]},
]  # fmt: skip
TRIAL = table.load(ROWS)["trial"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ([""], ["One", "Two", "Three"]),
        (["t"], ["Two", "Three"]),
        (["One|T"], []),  # no mask
        (["one", "w"], ["WRITE"]),
        (["TWO", "READ|re"], ["READ", "Read_All"]),
        (["Two", "[READ|wR"], ["WRITE"]),
        (["Three", ""], []),
        (["Three", "5", ""], ["END"]),
        (["One", "READ", ""], []),
        (["Four", ""], []),
        (["", ""], ["READ", "WRITE", "Read_All"]),  # whatever may stand there
    ],
)
def test_the_keywords_before_it_say_what_completes(words, offered):
    assert [c.text for c in keywords(TRIAL, words)] == offered


def test_the_commands_of_the_terminal_complete():
    assert completions("!") == completions("!ti") == ["!time"]
    assert completions("!x") == []


def test_the_history_holds_no_secret(tmp_path):
    history = MaskedHistory(str(tmp_path / "history"))
    history.append_string("AT+WlanConnect=HomeNet,,WPA_WPA2,hunter22,,,")
    assert "hunter22" not in (tmp_path / "history").read_text() + "".join(history.get_strings())


def test_the_history_is_its_owners_alone(tmp_path):
    path = tmp_path / "history"
    for line in ("AT+Test", "AT+Get=General,Version"):
        MaskedHistory(str(path)).append_string(line)
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)  # as an older program left it
    assert list(MaskedHistory(str(path)).load_history_strings()) == [
        "AT+Get=General,Version",
        "AT+Test",
    ]


def test_the_history_holds_no_key_behind_a_mistyped_name(tmp_path):
    history = MaskedHistory(str(tmp_path / "history"))
    history.append_string("AT+WlanConect=office,,WPA_WPA2,correct-horse")
    assert history.get_strings() == ["AT+WlanConect=***"]
    assert "horse" not in (tmp_path / "history").read_text()


def test_a_command_of_the_terminal_can_be_recalled(tmp_path):
    history = MaskedHistory(str(tmp_path / "history"))
    history.append_string("!time\n!time correct-horse")
    assert history.get_strings() == ["!time\n***"]


def test_of_pasted_lines_each_is_masked(tmp_path):
    history = MaskedHistory(str(tmp_path / "history"))
    history.append_string("AT+Test\nAT+WlanConnect=HomeNet,,WPA_WPA2,hunter22,,,\nAT+Test")
    assert "hunter22" not in (tmp_path / "history").read_text() + "".join(history.get_strings())
    assert history.get_strings()[0].count("AT+Test") == 2


def test_control_characters_are_shown_not_obeyed():
    text = "".join(t for _, t in formatted(parse(b"+Get: \x1b[2J")))
    assert text == "+Get: \\x1b[2J"
