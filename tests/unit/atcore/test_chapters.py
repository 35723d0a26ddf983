"""The chapters' table comes from the declarations: a chapter is there because its module is."""

import pytest

from atcore.apps.at_commands import load
from atcore.commands import ALL
from atcore.commands._chapters import CHAPTERS, EAGER
from cc32at.gen import commands as generator
from tests.unit.atcore import checkout
from tests.unit.atcore.checkout import ROOT

TRIAL = '''"""Trial commands: in no list."""

from ..dispatch import AT_ONCE
from . import command


@command(b"TrialAdd", (("Number", "u8", ""), ("More", "range", "", 1, 9)))
def add(cmd, number, more):
    """Add two numbers."""
    return cmd.value().num(number + more)


@command(b"TrialLate", ok=AT_ONCE)
async def late(cmd):
    """Answer later."""
'''


def test_generating_again_gives_the_same():
    for path, text in generator.outputs(ROOT).items():
        assert path.read_text() == text, f"{path.name}: run python -m cc32at.gen"


def test_every_module_of_the_folder_is_a_chapter():
    files = {path.stem for path in (ROOT / "atcore" / "commands").glob("[!_]*.py")}
    assert {row[0] for row in CHAPTERS} == files


def test_each_command_is_found_in_its_chapter():
    for _, _, names in CHAPTERS:
        for name in names.split():
            assert load(name) and name in ALL.table
    assert not load(b"at+foo") and not load(b"at+test at+get") and not load(b"")
    names = b"".join(row[2] for row in CHAPTERS).split()
    assert len(names) == len(set(names))


def test_those_imported_at_power_up_come_first():
    assert [row[1] is not None for row in CHAPTERS] == [n < EAGER for n in range(len(CHAPTERS))]


@pytest.fixture
def copied(tmp_path):
    """A copy of what the commands are told from."""
    return checkout.copy(tmp_path)


def answers(folder, *lines: str) -> list[str]:
    """What the core of a copy says to these lines."""
    return checkout.run(folder, "for line in sys.argv[1:]: print(*talk(line), sep='\\n')", *lines)


def test_a_new_module_is_a_chapter_and_is_listed_nowhere(copied):
    assert answers(copied, "AT+TrialAdd=2,3") == ["ERROR:command not exist, 0"]
    (copied / "atcore" / "commands" / "trial.py").write_text(TRIAL)
    checkout.generate(copied)
    said = answers(copied, "AT+TrialAdd=2,3", "AT+TrialAdd=?", "at+trialadd=2,10", "AT+Test")
    assert said == ["+TrialAdd: 5", "OK", "+TrialAdd: [Number],[More]", "OK"] + [
        "ERROR:parse parameters, -4",
        "OK",
    ]


def test_a_chapter_that_python_refuses_is_told(copied):
    (copied / "atcore" / "commands" / "trial.py").write_text("from . import commands\n")
    with pytest.raises(generator.Refused, match="cannot import name 'commands'"):
        generator.outputs(copied)


FORMS = '''"""Trial command with a payload in one of its forms."""

from . import command

_FORMS = (
    (0, (("Length", "size", ""), ("Format", "format", ""), ("Data", "data", ""))),
    (2, (("Number", "u8", ""), %s)),
)


@command(b"TrialForms", (("Role", "key", "", b"wlan_role"),), forms=_FORMS%s)
def forms(cmd, role, *values):
    """Do nothing."""
'''
MORE = '("More", "u8", ""), ("Most", "u8", "")'


def test_a_payload_in_a_form_is_none_of_a_line(copied):
    chapter = copied / "atcore" / "commands" / "trial.py"
    chapter.write_text(FORMS % (MORE, ", payload=True"))
    checkout.generate(copied)
    said = answers(copied, "AT+TrialForms=sta,9,0,AT+Stop=0", "AT+TrialForms=ap,1,2,3")
    assert said == ["OK", "OK"]


@pytest.mark.parametrize(
    ("more", "flags", "what"),
    [
        (MORE, "", "has a payload in a form: declare payload=True"),
        ("", ", payload=True", "different length: declare varies=True"),
    ],
)
def test_what_a_declaration_forgets_is_told(copied, more, flags, what):
    (copied / "atcore" / "commands" / "trial.py").write_text(FORMS % (more, flags))
    with pytest.raises(generator.Refused, match=what):
        generator.outputs(copied)


HTTP = '''"""HTTP client commands."""

from . import command


@command(b"HttpDestroy", (("index", "u16", ""), ("SecureToken", "u32", "!")))
def destroy(cmd, index, token):
    """Forget a client (table 77)."""
'''


def test_what_the_judge_knows_of_a_command_by_hand_goes_when_it_is_declared(copied):
    before = generator.outputs(copied)
    assert '"HttpDestroy"' in before[copied / generator.OTHERS]
    (copied / "atcore" / "commands" / "http.py").write_text(HTTP)
    after = generator.outputs(copied)
    assert '"HttpDestroy"' not in after[copied / generator.OTHERS]
    assert '"HttpConnect"' in after[copied / generator.OTHERS]
    row = '{"name": "HttpDestroy", "table": 77, "forms": [\n'
    row += '  [["index", "number"], ["SecureToken", "secret"]]]}'
    assert row in after[copied / generator.CLIENT]
    assert '"HttpDestroy": ["0..65535,0..4294967295"]' in after[copied / generator.PARAMETERS]
