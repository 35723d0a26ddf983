"""Keys and passwords stay out of what is written down (guide tables 27, 29, 36, 75, 82)."""

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
        f'AT+MqttSet=0,password,"{SECRET}"',
        f'AT+HttpSetHeader=0,REQ_AUTH,NOT_PERSISTENT,0,10,"{SECRET}"',
    ],
)
def test_a_secret_parameter_is_masked(line):
    masked = mask_line(line)
    assert SECRET not in masked
    assert masked.count(MASK) == 1
    assert masked.split("=")[0] == line.split("=")[0]


@pytest.mark.parametrize(
    "line",
    [
        "AT+WlanSet=AP,SSID,HomeNet",
        "AT+MqttSet=0,user,joe",
        "AT+Test",
        "AT+WlanConnect=x,,OPEN,,,,",
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
