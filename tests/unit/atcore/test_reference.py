"""The command reference says of a declaration what who uses the command must know."""

from cc32at.gen import forms, reference


def argument(name, kind, flags="", *limits):
    return {"name": name, "kind": kind, "flags": flags, "limits": list(limits)}


def told(**other):
    return {
        "name": "Trial",
        "typed": "at+trial",
        "about": "Try\nit (tables 7, 8); or not.",
        "table": 7,
        "arguments": [],
        "ok": "answer",
        "ok_ti": "answer",
        "values": "once",
        "reply": None,
        "late_name": "alone",
        "guide_only": False,
        "offline": None,
    } | other


def test_a_command_without_parameters():
    wanted = "\n### AT+Trial\n\nTry it (table 7); or not.\n\n- `AT+Trial`\n"
    assert reference.command(told()) == wanted


def test_parameters_have_their_ranges_sizes_and_keywords():
    arguments = [
        argument("sd", "u8"),
        argument("Family", "family"),
        argument("Role", "key", "?", "wlan_role"),
        argument("Security", "key", "", "wlan_security"),
        argument("Key", "str", "?!", 64),
        argument("Country", "str", "", 2, 2),
        argument("SSID", "str", "", 32, 1),
        argument("Count", "few", "", 30, 0),
        argument("Policy", "mask", "", "wlan_policy_connection"),
        argument("Filter", "array", "", 16, ":"),
    ]
    assert reference.command(told(arguments=arguments)).partition("- ")[2].splitlines() == [
        "`AT+Trial=[sd],INET|INET6,sta|ap|p2p,[Security],[Key],[Country],[SSID],[Count],"
        "Auto|Fast|P2P|Auto_Provisioning,[Filter]`",
        "  - sd: 0 to 255",
        "  - Role: may be empty",
        "  - Security: `OPEN`, `WEP`, `WPA_WPA2`, `WPS_PBC`, `WPS_PIN`, `WPA_ENT`, `WEP_SHARED`, "
        "`WPA2_PLUS`, `WPA3`",
        "  - Key: up to 64 bytes, a secret, may be empty",
        "  - Country: 2 bytes",
        "  - SSID: 1 to 32 bytes",
        "  - Count: 0 to 30",
        "  - Policy: several with `|` between",
        "  - Filter: 16 numbers with `:` between",
    ]


def test_how_it_answers():
    late = told(ok="at once", ok_ti="answer", late_name="first", guide_only=True, offline=True)
    assert reference.command(late).splitlines()[-1] == (
        "`OK` at once, the result later; in style `ti` `OK` behind the result; an error behind"
        " `OK` names the command and its first parameter; needs no network processor; unknown in"
        " style `ti`."
    )
    many = reference.command(told(ok="accepted", ok_ti="accepted", values="repeated"))
    assert "`OK` when the network processor has accepted, results later; any number of" in many


def test_what_the_value_line_has_in_style_guide():
    spec = [
        ["u8", 0],
        ["i32", 1],
        ["guide", ["str", 3], ["hex", 4]],
        ["ti", ["none"]],
        ["key", 2, "wlan_role"],
        ["mask", 5, "device_status_device"],
        ["of", 6, ["ip4", 0], ["given", 1, ["mac", 1]]],
        ["key", 7, "wlan_security"],
        ["end", 59],
    ]
    assert reference.command(told(reply=spec)).splitlines()[-1] == (
        "Value line: number, number, text, number with `0x`, keyword (`sta`, `ap`, `p2p`),"
        " keywords with `|` between (`GENERAL_ERROR`), IPv4 address, MAC address,"
        " keyword (`OPEN`, `WEP`, `WPA_WPA2`, `WPS_PBC`, `WPS_PIN` ...)."
    )
    stations = [["list", 44, ["ip4", 0], ["str", 4]]]
    assert "Value line: any number, with `;` between, of: IPv4 address, text." in (
        reference.command(told(reply=stations))
    )
    assert "A value line that differs" in reference.command(told(reply=[]))


def ways(*arguments):
    """The names and keywords of the forms."""
    found = forms.forms(list(arguments))
    return [[place["words"] or place["name"] for place in form] for form in found]


def test_an_option_has_the_keywords_of_what_stands_before_it():
    pairs = [[2, "wlan_policy_pm"], [1, "wlan_policy_p2p_role"], [None, None]]
    role, option = argument("Mode", "key", "", "wlan_role"), argument("Option", "sub", "", pairs)
    assert ways(role, option) == [
        [["ap"], ["Normal", "Low_Latency", "Low_Power", "Always_On", "Long_Sleep"]],
        [["sta", "p2p"], "Option"],
    ]


def test_what_follows_is_told_by_the_row_that_fits_first():
    role = argument("Mode", "key", "", "wlan_role")
    number, name = argument("Value1", "u8"), argument("Value1", "str", "", 8)
    both = [argument("Value1", "u8"), argument("Value2", "u8")]
    rows = [[2, [number]], [0, both], [None, [name]]]
    assert ways(role, argument("Values", "forms", "", rows)) == [
        [["ap"], "Value1"],
        [["sta"], "Value1", "Value2"],
        [["p2p"], "Value1"],
    ]
    assert ways(role, argument("Values", "forms", "?", rows[:1])) == [[["ap"], "Value1"]]


def test_a_row_may_be_chosen_by_several_values():
    role, other = argument("A", "key", "", "wlan_role"), argument("B", "key", "", "wlan_role")
    rows = [[[0, 0], []], [[2, 3], [argument("C", "u8")]], [[2, None], []]]
    assert ways(role, other, argument("Values", "forms", "", rows)) == [
        [["sta"], ["sta"]],
        [["ap"], ["p2p"], "C"],
    ]
    ignored = argument("B", "any", "?")  # it has no value
    assert ways(role, ignored, argument("Values", "forms", "", rows)) == [[["ap"], "B"]]


def test_a_row_may_be_chosen_by_a_number():
    count, topic = argument("Count", "u8"), argument("Topic", "str", "", 8)
    rows = [[1, [topic]], [2, [topic, topic]], [None, []]]
    values = argument("Values", "forms", "", rows)
    assert ways(argument("Index", "u8"), count, values) == [
        ["Index", ["1"], "Topic"],
        ["Index", ["2"], "Topic", "Topic"],
        ["Index", "Count"],
    ]
    further = argument("Values", "forms", "", [[[2, 0], [topic]]])  # by both, behind that
    more = [argument("More", "u8"), further]
    assert ways(count, argument("Values", "forms", "", [[1, more], [2, more]])) == [
        [["2"], ["0"], "Topic"]
    ]
    lines = reference.command(told(arguments=[count, values])).splitlines()
    assert {"- `AT+Trial=1,[Topic]`", "- `AT+Trial=2,[Topic],[Topic]`"} <= set(lines)
    assert ways(topic, values) == [["Topic"]]  # no number


def test_forms_that_go_on_in_the_same_way_are_one():
    role = argument("A", "key", "", "wlan_role")
    rows = [[0, [argument("B", "u8")]], [2, []], [3, [argument("B", "u8")]]]
    assert ways(role, argument("Values", "forms", "", rows)) == [[["sta", "p2p"], "B"], [["ap"]]]


def test_a_length_says_of_what_it_is():
    size, data = argument("Size", "size"), argument("Data", "data")
    more, format = argument("More", "size"), argument("Format", "format")

    def said(*arguments):
        lines = reference.command(told(arguments=list(arguments))).splitlines()
        return next(line for line in lines if line.startswith("  - Size: "))[10:]

    assert said(size, data) == "bytes of the payload, at most 4096"
    whole = "at most 4096 binary or 5464 Base64"
    assert said(format, size, data) == f"bytes of the payload, {whole}"
    assert said(format, more, size, data) == f"bytes of a part of the payload, all parts {whole}"
