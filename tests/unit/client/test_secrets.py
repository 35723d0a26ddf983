"""Keys and passwords stay out of what is written down (guide tables 27, 29, 36, 75, 82)."""

import contextlib

import pytest

from cc32at.client import AtClient, AtError, Transcript
from cc32at.client.secrets import MASK, Masker, mask_line
from tests.unit.client.scripted import ScriptedPort

SECRET = "s3cret,key"


@pytest.mark.parametrize(
    "line",
    [
        f'AT+WlanConnect=HomeNet,,WPA_WPA2,"{SECRET}",,,',
        f'at + wlanprofileadd = HomeNet,, WPA_WPA2, "{SECRET}" ,,,,1',
        f'AT+WlanSet=AP,Password,"{SECRET}"',
        f'AT+WlanConnect=Staff,,WPA_ENT,"{SECRET}",user,anon,PEAP0_MSCHAPv2',
        f'AT+MqttSet=0,password,"{SECRET}"',  # of no command that there is
        f'AT+WlanConnect=HomeNet,,WPA_WPA2,,"{SECRET}",,',  # one too far
    ],
)
def test_a_secret_parameter_is_masked(line):
    masked = mask_line(line)
    assert SECRET not in masked
    assert masked.count(MASK) == 1
    assert masked.split("=")[0] == line.split("=")[0]


MISTYPED = [
    ("AT+WlanConect=office,,WPA_WPA2,KEY", "AT+WlanConect="),
    ("AT+WlanConect=office,,WPA_WPA2,KEY,,,", "AT+WlanConect="),
    ("at + wlanconect = office,,WPA_WPA2,KEY,,,", "at + wlanconect = "),
    ("AT+WlanConnect office,,WPA_WPA2,KEY", "AT+WlanConnect "),
    ("AT+WlanConnect:office,,WPA_WPA2,KEY", "AT+WlanConnect"),
    ("AT+WlanConnect,office,,WPA_WPA2,KEY", "AT+WlanConnect"),
    ("AT+WlanConnect=office;;WPA_WPA2;KEY", "AT+WlanConnect="),
    ("AT+WlanConnect=office WPA_WPA2 KEY", "AT+WlanConnect="),
    ("AT+WlanConnect=office,WPA_WPA2,KEY", "AT+WlanConnect="),
    ("AT+WlanConnect=office,,WPA-WPA2,,KEY", "AT+WlanConnect="),
    ("AT+WlanProfileAd=office,,WPA_WPA2,KEY,,,,1", "AT+WlanProfileAd="),
    ("AT+WlanProfileGet=office,,WPA_WPA2,KEY,,,,1", "AT+WlanProfileGet="),
    ("AT+Connect=office,,WPA_WPA2,KEY", "AT+Connect="),
    ("AT+WlanSet=AP,PASWORD,KEY", "AT+WlanSet="),
    ("AT+WlanSet=AP,PASSWORD KEY", "AT+WlanSet="),
    ("AT+WlanSet=PASSWORD,KEY", "AT+WlanSet="),
    ("AT+MqttSet=PASSWORD,KEY", "AT+MqttSet="),
    ("ATWlanConnect=office,,WPA_WPA2,KEY", "ATWlanConnect="),
    ("A+WlanConnect=office,,WPA_WPA2,KEY", "A+WlanConnect="),
    ("WlanConnect=office,,WPA_WPA2,KEY", "WlanConnect="),
    ("> AT+WlanConnect=office,,WPA_WPA2,KEY", "> "),
]


@pytest.mark.parametrize(("line", "head"), MISTYPED)
def test_a_key_behind_what_is_no_command_is_masked(line, head):
    line = line.replace("KEY", "correct-horse")
    masker = Masker()
    assert masker.command(line).rstrip() == head + MASK
    assert b"horse" not in masker.data(f"{line}\r\n".encode())  # its echo
    assert "horse" not in mask_line(line)


def test_the_history_shows_nothing_of_what_does_not_begin_as_a_command():
    assert mask_line("correct-horse,,,") == mask_line("correct-horse") == MASK
    assert mask_line("") == "" and mask_line("ate1") == "ate1"


@pytest.mark.parametrize(
    "line",
    [
        "AT+WlanSet=AP,SSID,HomeNet",
        "AT+WlanGet=AP,SSID",
        "AT+Test",
        "AT+WlanConnect=x,,OPEN,,,,",
        "AT+WlanConnect=?",
        "AT+WlanConect",
        "AT+WlanConect=?",
        "AT+WlanSet=AP,SECURITY,WPA_WPA2",
        "AT+Get=General,Colour",
        "AT+Listen=0,LISTEN",
        "AT+Send=0,0,12,Hello, world",
        "AT+WlanPolicySet=CONNECTION,Auto|Fast,",
        "ATE1",
    ],
)
def test_what_is_no_secret_stays(line):
    assert mask_line(line) == line


def test_a_secret_once_seen_is_masked_in_replies():
    masker = Masker()
    masker.command("AT+WlanSet=AP,PASSWORD,hunter22")
    assert masker.data(b"+WlanGet: hunter22") == b"+WlanGet: ***"


def test_a_password_that_only_the_reply_shows_is_masked():
    masker = Masker()
    masker.command("AT+WlanGet=AP,PASSWORD")
    assert b"hunter22" not in masker.data(b"+WlanGet: hunter22\r\n")


@pytest.mark.parametrize("line", ["AT+WlanGet=AP,SSID", "AT+WlanGet=AP", "AT+WlanGet=", "AT+Get"])
def test_a_reply_that_tells_no_secret_stays(line):
    masker = Masker()
    masker.command(line)
    assert masker.data(b"+WlanGet: hunter22\r\n") == b"+WlanGet: hunter22\r\n"


def test_a_private_key_in_a_payload_is_masked():
    pem = b"-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"
    assert b"MHcC" not in Masker().data(b"AT+FileWrite=1,0,0,70," + pem)


def test_transcript_file_and_errors_hold_no_secret(tmp_path):
    line = "AT+WlanConnect=HomeNet,,WPA_WPA2,hunter22,,,"
    port = ScriptedPort({line.encode(): line.encode() + b"\r\nERROR:process command, -5\r\n"})
    at = AtClient(port, transcript=Transcript(tmp_path / "log"))
    with pytest.raises(AtError) as error:
        at.command(line)
    at.close()
    text = (tmp_path / "log").read_text()
    assert "hunter22" not in text + str(error.value)
    assert "> AT+WlanConnect=HomeNet,,WPA_WPA2,***,,," in text
    assert "< ERROR:process command, -5" in text


def test_a_secret_cut_by_the_port_is_still_found(tmp_path):
    transcript = Transcript(tmp_path / "log")
    for piece in (b"AT+WlanSet=AP,PASS", b"WORD,hunt", b"er22\r\n"):
        transcript.sent(piece)
    transcript.close()
    assert "hunt" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("before", [None, 0o644, 0o600])
def test_a_transcript_is_its_owners_alone(tmp_path, before):
    path = tmp_path / "log"
    if before is not None:
        path.write_text("of another run")
        path.chmod(before)
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(path.open()) if before else None
        transcript = Transcript(path)
        assert path.stat().st_mode & 0o777 == 0o600 and path.read_text() == ""
        transcript.sent(b"AT+Test\r\n")
        transcript.close()
        assert "AT+Test" in path.read_text()
        if before == 0o644:  # who had opened it sees the old file
            assert reader.read() == "of another run"


def test_a_transcript_may_go_where_no_file_is():
    Transcript("/dev/null").close()
