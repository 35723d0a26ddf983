"""Commands, late results and events over a scripted port; answers are guide-style.md's."""

import pytest

from cc32at.client import AtClient, AtError, AtTimeout
from tests.unit.client.scripted import ScriptedPort


def client(answers=None, style="guide"):
    port = ScriptedPort(answers or {})
    return AtClient(port, style=style), port


def test_a_command_returns_its_values():
    at, _ = client({b"AT+Get=General,Persistent": b"+Get: 1\r\nOK\r\n"})
    assert at.command("AT+Get=General,Persistent").fields == ["1"]


def test_a_list_is_all_value_lines():
    answer = b"+FileGetFileList: a.txt,4096,,2\r\n+FileGetFileList: b,1,SYS_FILE,1\r\nOK\r\n"
    at, _ = client({b"AT+FileGetFileList": answer})
    assert at.command("AT+FileGetFileList").values == [
        ["a.txt", "4096", "", "2"],
        ["b", "1", "SYS_FILE", "1"],
    ]


def test_an_error_line_is_raised():
    at, _ = client({b"AT+Close=3": b"ERROR:process command, -9\r\n"})
    with pytest.raises(AtError) as error:
        at.command("AT+Close=3")
    assert (error.value.description, error.value.code) == ("process command", -9)
    assert not error.value.late


def test_silence_is_a_time_out_that_shows_what_came():
    at, port = client({b"AT+Test": b"+EventGeneral: ERROR,-6,WLAN\r\n"})
    with pytest.raises(AtTimeout) as error:
        at.command("AT+Test", timeout=2)
    assert "EventGeneral" in str(error.value)
    assert port.clock() >= 2


def test_an_event_before_the_answer_is_sorted_away():
    answer = b"+EventWlan: CONNECT,MyAP,0xaa:0xbb:0xcc:0x1:0x2:0x3\r\n+Get: 1\r\nOK\r\n"
    at, _ = client({b"AT+Get=General,Persistent": answer})
    assert at.command("AT+Get=General,Persistent").fields == ["1"]
    assert at.wait_event("Wlan", "CONNECT").fields[1] == "MyAP"


def test_waiting_for_one_event_leaves_the_others():
    at, port = client()
    port.at(0.5, b"+EventNetApp: IPV4_LOST,0\r\n+EventFatalError: SYNC_LOSS\r\n")
    assert at.wait_event("FatalError", "sync_loss").fields == ["SYNC_LOSS"]
    assert at.wait_event().name == "EventNetApp"


def test_a_late_result_comes_after_other_commands():
    at, port = client({b"AT+Recv=0,0,100": b"OK\r\n", b"AT+Test": b"OK\r\n"})
    pending = at.start("AT+Recv=0,0,100")
    at.command("AT+Test")
    assert not pending.done
    port.at(1, b"+Recv: 0,0,5,he\r\no\r\n")
    assert pending.result().payload == b"he\r\no"


def test_a_late_error_finds_its_command():
    at, port = client({b"AT+Recv=3,0,10": b"OK\r\n", b"AT+Recv=4,0,10": b"OK\r\n"})
    first, second = at.start("AT+Recv=3,0,10"), at.start("AT+Recv=4,0,10")
    port.at(0.1, b"ERROR:process command +Recv 4, -11\r\n+Recv: 3,0,1,x\r\n")
    assert first.result().payload == b"x"
    with pytest.raises(AtError) as error:
        second.result()
    assert error.value.late and error.value.code == -11


def test_a_late_result_inside_another_answer_is_not_that_answer():
    at, port = client(
        {
            b"AT+Select=3,0|2,5,0": b"OK\r\n",
            b"AT+Socket=INET,STREAM,TCP": b"+Select: 0|2\r\n+Socket: 7\r\nOK\r\n",
        }
    )
    pending = at.start("AT+Select=3,0|2,5,0")
    assert at.call("Socket", "INET", "STREAM", "TCP").fields == ["7"]
    assert pending.result().fields == ["0|2"]


def test_ping_gives_one_result_after_the_other():
    at, port = client({b"AT+NetAPPPing=INET,10.0.0.1,64,500,1000,2,1": b"OK\r\n"})
    ping = at.start("AT+NetAPPPing=INET,10.0.0.1,64,500,1000,2,1")
    port.at(1, b"+NetAPPPing: 1,1,20\r\n")
    port.at(2, b"+NetAPPPing: 2,2,21\r\n")
    assert [ping.result().fields[0], ping.result().fields[0]] == ["1", "2"]


def test_style_ti_has_a_second_ok():
    at, port = client({b"AT+Recv=0,0,10": b"OK\r\n", b"AT+Test": b"OK\r\n"}, style="ti")
    pending = at.start("AT+Recv=0,0,10")
    port.at(0.1, b"+recv:0,0,4,late\r\nOK\r\n")
    assert pending.result().payload == b"late"
    at.port.answers[b"AT+Get=General,Foo"] = b"ERROR: parse parameters,-4\r\n"
    with pytest.raises(AtError):
        at.command("AT+Get=General,Foo")


def test_style_ti_answers_a_name_look_up_at_once():
    answer = b"+netappgethostbyname:x,10.0.0.1\r\nOK\r\n"
    at, _ = client({b"AT+NetAPPGetHostByName=x,INET": answer}, style="ti")
    assert at.command("AT+NetAPPGetHostByName=x,INET").fields == ["x", "10.0.0.1"]


def test_a_payload_is_sent_raw_with_its_length():
    at, port = client({b"AT+Send=0,0,4,\r\n\x00,": b"OK\r\n"})
    at.call("Send", 0, data=b"\r\n\x00,")
    assert port.written == b"AT+Send=0,0,4,\r\n\x00,\r\n"


def test_a_payload_in_base64_counts_characters():
    at, port = client({b"AT+Send=7,1,8,aGVsbG8=": b"OK\r\n"})
    at.call("Send", 7, data=b"hello", binary=False)
    assert port.written == b"AT+Send=7,1,8,aGVsbG8=\r\n"


def test_base64_in_an_answer_is_decoded():
    at, _ = client({b"AT+FileRead=17,0,1,5": b"+FileRead: 1,8,aGVsbG8=\r\nOK\r\n"})
    assert at.command("AT+FileRead=17,0,1,5").payload == b"hello"


def test_parameters_are_quoted_where_they_must():
    at, port = client({b'AT+WlanConnect="my, \\"AP\\"",,OPEN,,,,': b"OK\r\n"})
    at.call("WlanConnect", 'my, "AP"', None, "OPEN", None, None, None, None)
    assert port.written.startswith(b'AT+WlanConnect="my, \\"AP\\"",,OPEN')


def test_the_echo_is_not_part_of_the_answer():
    at, _ = client(
        {b"AT+Get=General,Persistent": b"AT+Get=General,Persistent\r\n+Get: 1\r\nOK\r\n"}
    )
    assert at.command("AT+Get=General,Persistent").lines == ["+Get: 1"]


def test_stale_input_is_thrown_away():
    at, port = client({b"AT+Test": b"OK\r\n"})
    port.at(0.01, b"OK\r\n+Recv: 0,0,100,half")
    at.flush()
    at.command("AT+Test")
    assert at.messages() == []


def test_messages_come_in_order_whatever_they_are():
    at, port = client()
    port.at(0.01, b"OK\r\n+EventGeneral: ERROR,-6,WLAN\r\n+Get: 1\r\nERROR:allocate, 0\r\n")
    assert [m.kind for m in at.messages()] == ["ok", "event", "value", "error"]
