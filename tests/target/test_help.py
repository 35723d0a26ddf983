"""Help, and parameters that are too much, in both styles: guide-style.md O10 and O11, by the words
of guide tables 12, 21, 32, 36, 37 and 58; at-commands.md 2.3 and 2.4.
"""

import pytest

COUNT = "number of parameters, 0"
WORD, HALF = "parse parameters, -4", "parse parameters, -3"

# Behind the =, and what is told of it.
ASKED = [
    ("Set=AT,?", "AT,[Option:STYLE|ECHO|BANNER|AUTOSTART|BAUD|VERBOSE|SENDWAIT]"),
    ("Set=General,?", "General,[Option:Persistent|Time]"),
    ("Set=General,Time,?", "General,Time,[Hour],[Minute],[Second],[Day],[Month],[Year]"),
    ("Set=AT,STYLE,?", "AT,STYLE,[Value1:guide|ti]"),
    ("Get=General,?", "General,[Option:Version|Time|Persistent]"),
    ("SetSockOpt=3,IP,?", "3,IP,[Option:MULTICAST_TTL|ADD_MEMBERSHIP|DROP_MEMBERSHIP"
     "|RAW_RX_NO_HEADER|HDRINCL|RAW_IPV6_HDRINCL]"),
    ("SetSockOpt=3,SOCKET,SECMETHOD,?",
     "3,SOCKET,SECMETHOD,[Value1:SSLV3|TLSV1|TLSV1_1|TLSV1_2|SSLV3_TLSV1_2]"),
    ("SetSockOpt=3,SOCKET,LINGER,?", "3,SOCKET,LINGER,[Value1],[Value2]"),
    ("GetSockOpt=3,PHY,?", "3,PHY,[option:PHY_RATE|PHY_TX_POWER|PHY_NUM_FRAMES_TO_TX"
     "|PHY_PREAMBLE|PHY_TX_INHIBIT_THRESHOLD|PHY_TX_TIMEOUT|PHY_ALLOW_ACKS]"),
    ("WlanSet=AP,?", "AP,[Option:SSID|CHANNEL|HIDDEN_SSID|SECURITY|PASSWORD|MAX_STATIONS"
     "|MAX_STA_AGING|ACCESS_LIST_MODE|ACCESS_LIST_ADD_MAC|ACCESS_LIST_DEL_MAC"
     "|ACCESS_LIST_DEL_IDX]"),
    ("WlanSet=AP,SSID,?", "AP,SSID,[Value1]"),
    ("WlanSet=AP,SECURITY,?", "AP,SECURITY,[Value1:OPEN|WEP|WPA_WPA2]"),
    ("WlanSet=P2P,CHANNEL_N_REGS,?", "P2P,CHANNEL_N_REGS,[Value1],[Value2],[Value3],[Value4]"),
    ("WlanSet=RX_FILTER,STORE,?", "RX_FILTER,STORE"),
    ("WlanGet=GENERAL, ? ", "GENERAL,[Option:COUNTRY_CODE|STA_TX_POWER|AP_TX_POWER|SCAN_PARAMS]"),
    ("WlanPolicySet=SCAN,?", "SCAN,[Option:Hidden_SSID|No_Hidden_SSID|Disable_Scan]"),
    ("WlanPolicySet=SCAN,Hidden_SSID,?", "SCAN,Hidden_SSID,[Value]"),
    ("WlanPolicySet=P2P,?", "P2P,[Option:CLIENT|NEGOTIATE|GROUP_OWNER]"
     ",[Value:ACTIVE|PASSIVE|RAND_BACKOFF]"),
    ("NetCfgSet=IPV4_STA_ADDR,?",
     "IPV4_STA_ADDR,[ConfigOpt:STATIC|DHCP|DHCP_LLA|RELEASE_IP_SET|RELEASE_IP_OFF]"),
    ("NetCfgSet=IPV4_STA_ADDR,STATIC,?",
     "IPV4_STA_ADDR,STATIC,[Value1],[Value2],[Value3],[Value4]"),
]  # fmt: skip
UNASKED = [  # `?` behind numbers, before the end of the line, in quotes, or with company
    ("SetSockOpt=?,SOCKET,KEEPALIVE,1", WORD),
    ("SetSockOpt=3,?", HALF),
    ("WlanSet=?,SSID,x", WORD),
    ("WlanSet=AP,?,x", WORD),
    ('WlanSet=AP,"?",x', WORD),
    ("WlanSet=AP,??,x", WORD),
    ("WlanSet=GENERAL,SCAN_PARAMS,1,?", WORD),
    ("WlanConnect=?,", COUNT),
    ("Socket=INET,STREAM,?", WORD),
    ("WlanPolicySet=?,Auto,", WORD),
]
SURPLUS = [  # legal lines whose number of parameters varies: is the last of them a number?
    ("Set=General,Persistent,1", True),
    ("SetSockOpt={sd},SOCKET,NONBLOCKING,0", True),
    ("SetSockOpt={sd},SOCKET,SECURE_FILES_CA_FILE_NAME,ca.pem", False),
    ("SetSockOpt={sd},SOCKET,SECURE_ALPN,H1|H2", False),
    ("WlanSet=AP,PASSWORD,half-a-password", False),
    ('WlanSet=AP,PASSWORD,"quoted, whole"', False),
    ("WlanSet=AP,SSID,name", False),
    ("WlanSet=AP,SECURITY,OPEN", False),
    ("WlanSet=AP,CHANNEL,6", True),
    ("WlanSet=GENERAL,SCAN_PARAMS,8191,-70", True),
    ("WlanSet=P2P,CHANNEL_N_REGS,1,81,11,81", True),
    ("WlanSet=P2P,CHANNEL_N_REGS,[1,81,11,81]", True),
    ("WlanGet=AP,SSID", False),
    ("WlanGet=Connection", False),
    ("WlanGet=ACCESS_LIST,0", True),
    ("NetCfgSet=IPV4_STA_ADDR,DHCP", False),
    ("NetCfgSet=IPV4_DNS_CLIENT,,8.8.4.4", True),
    ("NetCfgSet=IF,STATE,ipv6_sta_local", False),
]


@pytest.fixture(params=["guide", "ti"])
def style(talk, request):
    talk.ok(f"AT+Set=AT,STYLE,{request.param}")
    yield request.param
    talk("AT+Set=AT,STYLE,guide")


def told(line: str, usage: str, style: str) -> list[str]:
    """What help answers: the names of parameters have their case, keywords that of the style."""
    if style == "guide":
        return [f"+{line.partition('=')[0]}: {usage}", "OK"]
    parts = [
        name + colon + words.lower() if part.startswith("[") else part.lower()
        for part in usage.split(",")
        for name, colon, words in [part.partition(":")]
    ]
    return [",".join(parts), "OK"]


def error(text: str, style: str) -> str:
    """An error line in a style."""
    return f"ERROR:{text}" if style == "guide" else "ERROR: " + text.replace(", ", ",")


@pytest.mark.parametrize(("line", "usage"), ASKED)
def test_behind_a_keyword_that_chooses_help_tells_what_goes_with_it(talk, style, line, usage):
    assert talk(f"AT+{line}") == told(line, usage, style)
    talk.ok("AT+Test")


@pytest.mark.parametrize(("line", "text"), UNASKED)
def test_any_other_question_mark_is_a_value(talk, style, line, text):
    assert talk(f"AT+{line}") == [error(text, style)]


def test_from_verbose_1_on_parameters_show_their_keywords(talk):
    talk.ok("AT+Set=AT,VERBOSE,1")
    assert talk.value("AT+Socket=?") == (
        "[Domain:INET|INET6|RF],[Type:STREAM|DGRAM|RAW],[Protocol:TCP|UDP|SEC|RAW]"
    )
    assert talk.value("AT+Bind=?") == "[socket],[family:INET|INET6],[Port],[Address]"
    assert talk.value("AT+Set=?") == "[ID:General|AT],[Option],[Value1],...,[ValueX]"
    assert talk.value("AT+SetSockOpt=?") == (
        "[sd],[Level:SOCKET|IP|PHY],[Option],[Value1],...,[ValueX]"
    )
    assert talk.value("AT+WlanSetMode=?") == "[Mode:sta|ap|p2p]"
    assert talk.value("AT+WlanPolicySet=?") == "[Type:CONNECTION|SCAN|PM|P2P],[Option],[Value]"
    assert talk.error("AT+WlanSetMode=") == "number of parameters (1 wanted, 0 given), 0"
    assert talk.error("AT+WlanSet=AP,PASSWORD,a,b") == (
        "number of parameters (3 wanted, 4 given), 0"
    )
    assert talk.error("AT+WlanSet=AP,CHANNEL,12") == "parse parameters (Value1), -4"
    talk.ok("AT+Set=AT,VERBOSE,0")
    assert talk.value("AT+WlanSetMode=?") == "[Mode]"


@pytest.mark.world
@pytest.mark.parametrize(("line", "number"), SURPLUS)
def test_what_is_too_much_is_refused_unless_it_is_empty(talk, board, style, line, number):
    """And what it is too much of is not done: half a password is the worst there is."""
    sd = talk("AT+Socket=INET,STREAM,TCP")[0].partition(":")[2].strip() if "{sd}" in line else ""
    line = "AT+" + line.format(sd=sd)
    assert talk(line)[-1] == "OK"
    for empty in (",", ",,", ", , "):
        assert talk(line + empty)[-1] == "OK"
    before = board.model.counters["commands"]
    for more in (",x", ",1", ",,x", ', ,"x"', ',""', ",a,b"):
        answer = talk(line + more)
        if style == "ti" and number:
            assert answer[-1] == "OK"  # as the vendor's core does
        else:
            assert (more, answer) == (more, [error(COUNT, style)])
    if style == "guide" or not number:
        assert board.model.counters["commands"] == before


@pytest.mark.parametrize(
    ("line", "ti"),
    [
        ("WlanSet=GENERAL,STA_TX_POWER,16", -1),
        ("WlanSet=GENERAL,AP_TX_POWER,16", -1),
        ("WlanSet=AP,SECURITY,WPA3", -1),
        ("WlanScan=0,31", 0),
        ("Recv=0,0,32768", -1),
    ],
)
def test_a_value_beyond_its_limit_has_the_code_of_others_in_style_guide(talk, style, line, ti):
    """guide-style.md O6; style ti has the explicit limits of at-commands.md 6.2."""
    code = -4 if style == "guide" else ti
    assert talk(f"AT+{line}") == [error(f"parse parameters, {code}", style)]
