"""Whatever the network processor answers or reports, the line has the form of style `guide`.

Rules V1-V9, L2-L6 and the field lists of guide-style.md chapters 7 and 8, read by the independent
reader of cc32at.conformance.guide: the number of fields stays, nothing forges a line.
"""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc32at.conformance.guide import Translator
from tests.unit.atcore.fake import FakeDriver, ask


class Answering:
    """Stands for every group of the driver: gives the bytes of the test, as many as asked for."""

    def __init__(self, data):
        self.data = data
        self.option = 77 if data[:1] > b"\x7f" else 4  # of an address: unknown, or STATIC

    def get(self, *args):
        return memoryview(self.data[: args[-1]])

    def getsockopt(self, sd, level, option, size):
        return memoryview(self.data[:size])

    def policy_get(self, type):
        return (self.data[0] if self.data else 0), memoryview(self.data[1:9])

    def profile_get(self, index):
        data = self.data.ljust(100, b"\0")
        eap = int.from_bytes(data[1:5], "little")
        return data[0], data[10:42], data[50:56], data[5], data[60:70], data[70:80], eap

    def scan_results(self, index, count):
        return memoryview(self.data[: len(self.data) // 44 * 44])


# What can be asked, by what the lines begin with.
ASKED = {
    "AT+Get=General,": "Version Time Persistent",
    "AT+Get=Status,": "Device WLAN BSD NETAPP",
    "AT+Get=IOT,": "UDID",
    "AT+GetSockOpt=0,SOCKET,": """
        KEEPALIVE KEEPALIVETIME RX_NO_IP_BOUNDARY RCVTIMEO RCVBUF NONBLOCKING SECMETHOD SECURE_MASK
        SECURE_FILES_CA_FILE_NAME SECURE_FILES_PRIVATE_KEY_FILE_NAME
        SECURE_FILES_CERTIFICATE_FILE_NAME SECURE_FILES_DH_KEY_FILE_NAME CHANGE_CHANNEL SECURE_ALPN
        LINGER SECURE_EXT_CLIENT_CHLNG_RESP SECURE_DOMAIN_NAME_VERIFICATION
    """,
    "AT+GetSockOpt=0,IP,": """
        MULTICAST_TTL ADD_MEMBERSHIP DROP_MEMBERSHIP RAW_RX_NO_HEADER HDRINCL RAW_IPV6_HDRINCL
    """,
    "AT+GetSockOpt=0,PHY,": """
        PHY_RATE PHY_TX_POWER PHY_NUM_FRAMES_TO_TX PHY_PREAMBLE PHY_TX_INHIBIT_THRESHOLD
        PHY_TX_TIMEOUT PHY_ALLOW_ACKS
    """,
    "AT+WlanProfileGet=": "0",
    "AT+WlanPolicyGet=": "CONNECTION SCAN PM P2P",
    "AT+WlanScan=": "0,30",
    "AT+WlanGet=AP,": """
        SSID CHANNEL HIDDEN_SSID SECURITY PASSWORD MAX_STATIONS MAX_STA_AGING
        ACCESS_LIST_NUM_ENTRIES ACCESS_LIST,0
    """,
    "AT+WlanGet=GENERAL,": "COUNTRY_CODE STA_TX_POWER AP_TX_POWER SCAN_PARAMS",
    "AT+WlanGet=": """
        ACCESS_LIST,0 P2P,CHANNEL_N_REGS RX_FILTER,STATE RX_FILTER,SYS_STATE CONNECTION,
    """,
    "AT+NetCfgGet=": """
        GET_MAC_ADDR IPV4_STA_ADDR IPV4_AP_ADDR IF IPV6_ADDR_LOCAL IPV6_ADDR_GLOBAL
        AP_STATIONS_CONNECTED AP_STATIONS_INFO IPV4_DNS_CLIENT IPV4_DHCP_CLIENT
    """,
}
GETS = [head + option for head, options in ASKED.items() for option in options.split()]
ANSWERS = st.one_of(
    st.binary(min_size=260, max_size=260),
    st.sampled_from([b"\0", b"\xff", b"\r\nOK\r\n", b'",;\\ ']).map(lambda b: (b * 260)[:260]),
)


def build(data=b"", **settings):
    """A core whose network processor answers everything with these bytes."""
    import atcore
    from atcore.commands import ALL, device, netcfg, socket, wlan, wlan_config  # noqa: F401

    driver = FakeDriver()
    driver.device = driver.sockets = driver.wlan = driver.netcfg = Answering(data)
    return atcore.create(driver, ALL, **settings)


@pytest.mark.parametrize("line", GETS)
@settings(max_examples=40)
@given(data=ANSWERS)
def test_an_answer_of_the_full_length(line, data):
    lines = ask(build(data), line.encode())
    assert lines[-1] == b"OK"
    Translator().say(line.encode(), b"".join(text + b"\r\n" for text in lines))


@pytest.mark.parametrize("line", GETS)
@settings(max_examples=40)
@given(data=st.binary(max_size=260))
def test_an_answer_of_any_length_is_a_line_or_a_protocol_error(line, data):
    lines = ask(build(data), line.encode())
    if lines != [b"ERROR:process command, -2010"]:
        assert lines[-1] == b"OK"
    Translator().say(line.encode(), b"".join(text + b"\r\n" for text in lines))


@pytest.mark.parametrize("line", GETS)
def test_style_ti_survives_any_answer(line):
    for data in (bytes(260), b"\xff" * 260, b"\r\nOK\r\n" * 50, b""):
        assert ask(build(data, style=1), line.encode())[-1:] in (
            [b"OK"],
            [b"ERROR: process command,-2010"],
        )


def opcodes():
    from atcore.events import ROWS

    return [opcode for opcode, *_ in struct.iter_unpack("<HBBH", ROWS)]


@settings(max_examples=500)
@given(data=st.data(), args=st.one_of(ANSWERS, st.binary(max_size=140)))
def test_an_event_of_any_content(data, args):
    core = build()
    opcode = data.draw(st.sampled_from(opcodes()))
    core.on_event(opcode, memoryview(args))
    lines = ask(core, b"AT+Test")
    assert len(lines) <= 2
    Translator().say(b"AT+Test", b"".join(text + b"\r\n" for text in lines))


def test_an_opcode_that_is_no_event_says_nothing():
    core = build()
    known = set(opcodes())
    for opcode in range(0, 0x10000, 7):
        if opcode not in known:
            core.on_event(opcode, bytes(40))
    assert ask(core, b"AT+Test") == [b"OK"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"example.com", b"example.com"),  # ends with the answer
        (b"example.com\0junk", b"example.com"),
        (b"\0example.com", b""),
        (b"", b""),
        (b"x" * 255, b"x" * 255),
    ],
)
def test_a_string_ends_with_a_nul_or_with_the_answer(data, text):
    line = b"AT+GetSockOpt=0,SOCKET,SECURE_DOMAIN_NAME_VERIFICATION"
    assert ask(build(data), line) == [b"+GetSockOpt:" + b" " * bool(text) + text, b"OK"]
