"""Style `guide` read and said in style `ti`: pairs written by hand.

The left side of a pair is from guide-style.md section 12 or its chapters 2-9, the right side what
at-commands.md 2.9 and 5 make of the same values.
"""

import pytest

from cc32at.conformance.guide import NotGuide, Translator, printed_lines, rows


def ti(line, *printed):
    """What style ti has for lines printed after a command (None: an event)."""
    text = "".join(part + "\r\n" for part in printed)
    said = Translator().say(line.encode() if line else None, text.encode("latin-1"))
    assert said.endswith(b"\r\n") or not said
    return said.decode("latin-1").split("\r\n")[:-1]


@pytest.mark.parametrize(
    ("line", "guide", "wanted"),
    [
        ("AT+Test", "OK", "OK"),
        ("AT+Foo", "ERROR:command not exist, 0", "ERROR: command not exist,0"),
        ("AT+Close=3", "ERROR:process command, -9", "ERROR: process command,-9"),
        (
            "AT+Get=General,Version",
            "+Get: 0x31100000,3.7.0.0,2.0.0.0,4.0.0.0,8738",
            "+get:0x31100000,3.7.0.0,2.0.0.0,4.0.0.0,8738",
        ),
        ("AT+Get=Status,Device", "+Get:", "+get:"),
        (
            "AT+Get=Status,WLAN",
            "+Get: STA_CONNECTED|RX_FILTERS",
            "+get:sta_connected|rx_filters",
        ),
        ("AT+Get=Status,BSD", "+Get: TX_FAILED|0x80", "+get:tx_failed|0x80"),
        ("AT+Get=Status,BSD", "+Get: 0x80", "+get:0x80"),
        ("AT+GetSockOpt=0,SOCKET,RCVBUF", "+GetSockOpt: 4294967295", "+getsockopt:-1"),
        ("AT+GetSockOpt=0,SOCKET,SECURE_ALPN", "+GetSockOpt: FULL_LIST", "+getsockopt:full_list"),
        ("AT+GetSockOpt=0,SOCKET,SECURE_ALPN", "+GetSockOpt: H1|H2C", "+getsockopt:h1|h2c"),
        (
            "AT+GetSockOpt=0,SOCKET,SECURE_FILES_CA_FILE_NAME",
            r'+GetSockOpt: "a,\"b\\\x0d"',
            '+getsockopt:a,"b\\\r',
        ),
        (
            "AT+WlanScan=0,2",
            '+WlanScan: "a,b",0xaa:0x0:0x0:0x0:0x0:0x6,-70,11,OPEN,0,None,None;',
            "+wlanscan:a,b,0xaa:0x0:0x0:0x0:0x0:0x6,-70,11,open,0,none,none",
        ),
        (
            "AT+WlanScan=0,2",
            "+WlanScan: N,0xaa:0x0:0x0:0x0:0x0:0x6,-1,3,3,0,TKIP,PSK_SAE;",
            "+wlanscan:N,0xaa:0x0:0x0:0x0:0x0:0x6,-1,3,3,0,tkip,psk_sae",
        ),
        (
            "AT+WlanProfileGet=0",
            "+WlanProfileGet: HomeNet,,WPA_WPA2,,,,7",
            "+wlanprofileget:HomeNet,,wpa_wpa2,,,,,7",
        ),
        (
            "AT+WlanProfileGet=0",
            "+WlanProfileGet: Corp,,WPA_ENT,user,anon,PEAP0_MSCHAPv2,7",
            "+wlanprofileget:Corp,,wpa_ent,,,,,7",
        ),
        ("AT+WlanPolicyGet=CONNECTION", "+WlanPolicyGet: Auto|Fast,", "+wlanpolicyget:auto|fast"),
        ("AT+WlanPolicyGet=CONNECTION", "+WlanPolicyGet: ,", "+wlanpolicyget:"),
        (
            "AT+WlanPolicyGet=CONNECTION",
            "+WlanPolicyGet: Auto_Provisioning|0x10,",
            "+wlanpolicyget:auto_provisioning|0x10",
        ),
        (
            "AT+WlanPolicyGet=SCAN",
            "+WlanPolicyGet: Hidden_SSID,600",
            "+wlanpolicyget:hidden_ssid,600",
        ),
        ("AT+WlanPolicyGet=PM", "+WlanPolicyGet: Normal,", "+wlanpolicyget:normal,"),
        (
            "AT+WlanGet=GENERAL,SCAN_PARAMS",
            "+WlanGet: 0x1fff,-70",
            "+wlanget:0x1fff,0xffffffba",
        ),
        (
            "AT+WlanGet=Connection,",
            "+WlanGet: sta,station_connected,wpa2_plus,N,0xaa:0x0:0x0:0x0:0x0:0x6,",
            "+wlanget:sta,station_connected,wpa2_plus,N,0xaa:0x0:0x0:0x0:0x0:0x6",
        ),
        (
            "AT+NetCfgGet=AP_STATIONS_INFO",
            '+NetCfgGet: 10.1.1.2,0x1:0x2:0x3:0x4:0x5:0x6,"a;b";10.1.1.3,0x1:0x2:0x3:0x4:0x5:0x6,',
            "+netcfgget:10.1.1.2,0x1:0x2:0x3:0x4:0x5:0x6,a;b;10.1.1.3,0x1:0x2:0x3:0x4:0x5:0x6,",
        ),
        ("AT+NetCfgGet=AP_STATIONS_INFO", "+NetCfgGet:", "+netcfgget:"),
        (
            "AT+NetAPPGetHostByService=a",
            "OK\r\n+NetAPPGetHostByService: a|,80,10.0.0.1,b|",
            "+netappgethostbyservice:a|,80,10.0.0.1,b|\r\nOK",
        ),
        (
            "AT+FileGetFileList",
            "+FileGetFileList: a.txt,4096,,2",
            "+filegetfilelist:a.txt,4096,2",
        ),
        (
            "AT+FileGetInfo=a,",
            "+FileGetInfo: SECURE,1,4096,0|7|8|9,8192,5",
            "+filegetinfo:secure,1,4096,master|8192,5",
        ),
        ("AT+FileGetInfo=a,", "+FileGetInfo: ,1,2,7|7|8|9,3,4", "+filegetinfo:1,2,3,4"),
        (
            "AT+FileGetInfo=a,",
            "+FileGetInfo: ,1,2,1|2|4|8,3,4",
            "+filegetinfo:1,2,write_read|write_only|3,4",
        ),
        (
            "AT+FileGetInfo=a,",
            "+FileGetInfo: ,1,2,9|0|9|1,3,4",
            "+filegetinfo:1,2,master|write_read,3,4",
        ),
        (
            "AT+FileGetInfo=a,",
            "+FileGetInfo: ,1,2,0|0|0|0,3,4",
            "+filegetinfo:1,2,master|master|master|master,3,4",
        ),
        ("AT+FileCtl=COMMIT,1,a,", "+FileCtl: 119,", "+filectl:119,"),
        ("AT+FileCtl=BUNDLE_COMMIT,,,", "+FileCtl: ,\r\nOK", "OK"),
        (
            "AT+NetAPPGet=DHCP_SERVER,BASIC",
            "+NetAPPGet: 4096,10.1.1.2,10.1.1.9",
            "+netappget:4096,10.1.1.2,10.1.1.9,",
        ),
        ("AT+NetUtilCmd=verify_msg,1,0,1,1,ab", "+NetUtilCmd: success", "+netutilcmd:0"),
        (
            "AT+NetUtilGet=true_random,3",
            "+NetUtilGet: 0x1;0xaf;0x0",
            "+netutilget:0x1:0xaf:0x0",
        ),
        (None, "+EventFatalError: SYNC_LOSS", "+eventfatalerror:sync_loss,"),
        (
            None,
            "+EventWlan: CONNECT,MyAP,0xaa:0xbb:0xcc:0x1:0x2:0x3",
            "+eventwlan:connect,MyAP,0xaa:0xbb:0xcc:0x1:0x2:0x3",
        ),
        (
            None,
            "+EventNetApp: IP_LEASED,10.1.1.2,4294967295,0x1:0x2:0x3:0x4:0x5:0x6",
            "+eventnetapp:dhcpv4_leased,10.1.1.2,-1,0x1:0x2:0x3:0x4:0x5:0x6",
        ),
        (
            None,
            "+EventNetApp: ip_collision,10.1.1.2,0x1:0x2:0x3:0x4:0x5:0x6,0x0:0x2:0x3:0x4:0x5:0x6",
            "+eventnetapp:ip_collision,10.1.1.2,0x1:0x2:0x3:0x4:0x5:0x6,0x0:0x2:0x3:0x4:0x5:0x6",
        ),
        (None, "+EventSock: ASYNC_EVENT,2,4,-340", "+eventsock:async_event,2,4,-340"),
        (
            None,
            '+EventMqtt: recv,"x,y",QoS1,0,0,0,5,hel\r\n',
            "+eventmqtt:recv,x,y,qos1,0,0,0,5,hel\r\n",
        ),
    ],
)
def test_one_line(line, guide, wanted):
    assert "\r\n".join(ti(line, guide)) == wanted


@pytest.mark.parametrize(
    ("line", "printed", "wanted"),
    [
        (
            "AT+Connect=0,INET,80,10.0.0.1",
            ["OK", "+Connect: 80,10.0.0.1"],
            ["OK", "+connect:80,10.0.0.1", "OK"],
        ),
        (
            "AT+Accept=1,INET",
            ["OK", "+Accept: 2,INET,5001,10.0.0.7"],
            ["OK", "+accept:2,inet,5001,10.0.0.7", "OK"],
        ),
        ("AT+Select=3,0|2,5,0", ["OK", "+Select: 0|2"], ["OK", "+select:0|2", "OK"]),
        ("AT+Select=3,[0|2],5,0", ["OK", "+Select:"], ["OK", "+select:0|2", "OK"]),
        ("AT+Recv=0,0,9", ["OK", "+Recv: 0,0,5,he\r\no"], ["OK", "+recv:0,0,5,he\r\no", "OK"]),
        ("AT+Recv=0,0,9", ["OK", "+Recv: 0,0,0,"], ["OK", "+recv:0,0,0,", "OK"]),
        (
            "AT+Recv=0x3,0,10",
            ["OK", "ERROR:process command +Recv 3, -11"],
            ["OK", "ERROR: process command,-11"],
        ),
        (
            "AT+Select=1,0,0,0",
            ["OK", "ERROR:process command +Select, -22"],
            ["OK", "ERROR: process command,-22"],
        ),
        (
            "AT+NetAPPGetHostByName=a.b,INET",
            ["OK", "+NetAPPGetHostByName: a.b,10.1.2.3"],
            ["+netappgethostbyname:a.b,10.1.2.3", "OK"],
        ),
        (
            "AT+NetAPPPing=INET,10.0.0.1,64,500,1000,2,1",
            ["OK", "+NetAPPPing: 1,1,20", "+NetAPPPing: 2,2,20"],
            ["OK", "+netappping:1,1,20", "+netappping:2,2,20"],
        ),
        ("AT+Recv=0,0,x", ["ERROR:parse parameters, -4"], ["ERROR: parse parameters,-4"]),
    ],
)
def test_late_lines(line, printed, wanted):
    assert "\r\n".join(ti(line, *printed)) == "\r\n".join(wanted)


def test_a_late_line_may_come_in_a_later_step():
    translator = Translator()
    assert translator.say(b"AT+Recv=3,0,10", b"OK\r\n") == b"OK\r\n"
    assert translator.say(b"AT+Test", b"OK\r\n") == b"OK\r\n"
    assert translator.say(None, b"+Recv: 3,0,1,x\r\n") == b"+recv:3,0,1,x\r\nOK\r\n"
    with pytest.raises(NotGuide, match="waits"):
        translator.say(None, b"+Recv: 3,0,1,x\r\n")


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("AT+Test", "ok"),
        ("AT+Test", "ERROR: parse parameters,-4"),
        ("AT+Test", "ERROR:parse parameters,-4"),
        ("AT+Test", "ERROR:something else, -4"),
        ("AT+Test", "> OK"),
        ("AT+Test", ""),
        ("AT+Socket=INET,STREAM,TCP", "+socket: 0"),
        ("AT+Socket=INET,STREAM,TCP", "+Socket:0"),
        ("AT+Socket=INET,STREAM,TCP", "+Socket : 0"),
        ("AT+Socket=INET,STREAM,TCP", "+Socket: 0,1"),
        ("AT+Socket=INET,STREAM,TCP", "+Socket: 00"),
        ("AT+Socket=INET,STREAM,TCP", "+Socket: -1"),
        ("AT+Socket=INET,STREAM,TCP", "+Socket: "),
        ("AT+Close=0", "+Socket: 0"),
        ("AT+Get=Status,WLAN", "+Get: sta_connected"),
        ("AT+Get=Status,WLAN", "+Get: RX_FILTERS|STA_CONNECTED"),  # descending
        ("AT+Get=Status,WLAN", "+Get: STA_CONNECTED|"),
        ("AT+Get=Status,WLAN", "+Get: |STA_CONNECTED"),
        ("AT+Get=Status,WLAN", "+Get: STA_CONNECTEDRX_FILTERS"),
        ("AT+Get=Status,WLAN", "+Get: 0x100|STA_CONNECTED"),
        ("AT+Get=Status,WLAN", "+Get: STA_CONNECTED|0x0100"),
        ("AT+Get=General,Version", "+Get: 0x3110000A,3.7.0.0,2.0.0.0,4.0.0.0,8738"),
        ("AT+Get=General,Version", "+Get: 0x31100000, 3.7.0.0,2.0.0.0,4.0.0.0,8738"),
        ("AT+WlanGet=GENERAL,SCAN_PARAMS", "+WlanGet: 0x1fff,0xffffffba"),
        ("AT+WlanGet=Connection,", "+WlanGet: sta,disconnected,,,"),  # five fields
        ("AT+WlanGet=AP,SSID", '+WlanGet: "plain"'),
        ("AT+WlanGet=AP,SSID", "+WlanGet: a,b"),
        ("AT+WlanGet=AP,SSID", "+WlanGet: a "),
        ("AT+WlanGet=AP,SSID", '+WlanGet: "a,\x01"'),
        ("AT+WlanPolicyGet=PM", "+WlanPolicyGet: Normal"),
        ("AT+WlanPolicyGet=PM", "+WlanPolicyGet: NORMAL,"),
        ("AT+NetCfgGet=GET_MAC_ADDR", "+NetCfgGet: 08:00:28:ab:cd:ef"),
        ("AT+NetCfgGet=IPV6_ADDR_LOCAL", "+NetCfgGet: stateless,fe80::1"),
        ("AT+WlanScan=0,1", "+WlanScan: N,0xaa:0x0:0x0:0x0:0x0:0x6,-1,3,WPA,0,TKIP,PSK"),
        ("AT+Recv=0,0,9", "+Recv: 0,0,5,hello"),  # before its OK
        ("AT+Recv=0,0,9", "ERROR:process command +Recv 0, -11"),
        ("AT+Accept=0,INET", "OK\r\nERROR:process command +Accept, -11"),
        ("AT+Select=1,0,0,0", "OK\r\nERROR:process command +Select 1, -11"),
        ("AT+Recv=0,0,9", "OK\r\nERROR:process command +Recv 1, -11"),
        ("AT+Recv=0,0,9", "OK\r\n+Recv: 0,0,4,hello"),
        ("AT+Recv=0,0,9", "OK\r\n+Recv: 1,0,5,hello"),
        (None, "+EventWlan: connect,MyAP,0xaa:0xbb:0xcc:0x1:0x2:0x3"),
        (None, "+EventWlan: CONNECT,MyAP"),
        (None, "+EventFatalError: SYNC_LOSS,"),
        (None, "+EventGeneral: ERROR,-6"),
        (None, "+EventGeneral: ERROR,-6,wlan"),
        (None, "+EventNothing: X"),
    ],
)
def test_what_is_not_style_guide(line, printed):
    with pytest.raises(NotGuide):
        ti(line, printed)


def test_a_missing_line_end():
    with pytest.raises(NotGuide, match="line end"):
        Translator().say(b"AT+Test", b"OK")


def test_style_guide_has_no_second_ok():
    assert printed_lines((b"OK", b"+connect:80,10.0.0.1", b"OK")) == 2
    assert printed_lines((b"+get:1", b"OK")) == 2
    assert printed_lines((b"OK", b"ERROR: process command,-11")) == 2


def test_every_command_and_event_with_a_value_line_has_its_fields():
    """Rules O2, O3 and chapter 8 of guide-style.md."""
    names = """
        Get Socket Close GetSockOpt WlanProfileAdd WlanProfileGet WlanPolicyGet WlanScan WlanGet
        FileOpen FileCtl FileGetFileList FileGetInfo FileRead FileWrite NetAPPGet
        NetAPPGetServiceList NetCfgGet NetUtilGet NetUtilCmd MqttCreate HttpCreate HttpSendReq
        HttpReadResBody HttpGetHeader Accept Connect Select Recv RecvFrom NetAPPGetHostByName
        NetAPPGetHostByService NetAPPRecv NetAPPPing EventFatalError EventGeneral EventWlan
        EventNetApp EventSock EventMqtt
    """
    assert set(rows()) == set(names.split())
