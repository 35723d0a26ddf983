"""The texts of names that a frozen image does without."""

import sys

import pytest

from cc32at.image import names

FROZEN = """
const qstr_len_t mp_qstr_frozen_const_lengths[] = {
    5,
    1,
    6,
};
extern const qstr_pool_t mp_qstr_const_pool;
const qstr_pool_t mp_qstr_frozen_const_pool = {
    &mp_qstr_const_pool, // previous pool
    MP_QSTRnumber_of, // previous pool size
    true, // is_sorted
    10, // allocated entries
    3, // used entries
    (qstr_hash_t *)mp_qstr_frozen_const_hashes,
    (qstr_len_t *)mp_qstr_frozen_const_lengths,
    {
        "alpha",
        ",",
        "omega\\n",
    },
};
const int behind = 1;
"""


def test_what_is_kept_keeps_its_text_and_its_length():
    text = names.without(FROZEN, {"omega\n", ","})
    assert names.without(text, set()) == text
    assert text == (
        FROZEN.replace("    5,\n    1", "    0,\n    1")
        .replace('"alpha"', '""')
        .replace("true, // is_sorted", "false, // is_sorted")
    )


def test_what_has_no_names_is_refused():
    with pytest.raises(ValueError, match="no names"):
        names.without("int main;", set())


def test_strings_modules_and_classes_are_kept_and_names_are_not(tmp_path):
    source = tmp_path / "pack" / "sub" / "part.py"
    source.parent.mkdir(parents=True)
    source.write_text(
        "import io\nfrom .other import thing\n"
        "class Failure(Exception):\n    def method(self, argument=1):\n"
        "        return self.attribute + getattr(self, 'by_text') + fun(word='text')\n"
    )
    assert names.kept([tmp_path / "pack"]) == {
        *("pack", "sub", "part", "pack.sub.part", "pack/sub/part.py"),
        *("io", "other", "Failure", "by_text", "text"),
    }


def test_the_command_that_freezes_is_run_and_its_failure_told(tmp_path):
    (tmp_path / "pack").mkdir()
    written = tmp_path / "frozen.c"
    code = f"open({str(written)!r}, 'w').write({FROZEN!r})"
    run = [str(tmp_path / "pack"), "--", sys.executable, "-c", code, "-o", str(written)]
    assert names.main(run) == 0
    assert '"alpha"' not in written.read_text()
    failing = [str(tmp_path / "pack"), "--", sys.executable, "-c", "raise SystemExit(3)"]
    assert names.main([*failing, "-o", str(written)]) == 3
