"""A figure that misses its budget is told, one that changes is kept."""

from cc32at.bench import figures
from cc32at.bench.figures import Figure


def test_instructions_may_be_fewer_and_per_cent_more():
    assert not Figure("AT+Test", 22_000, 22_000).missed
    assert Figure("AT+Test", 22_001, 22_000).missed
    assert not Figure("stream", 95.0, 95, percent=True).missed
    assert Figure("stream", 94.9, 95, percent=True).missed


def test_a_wrong_answer_is_missed_and_what_is_not_built_is_not():
    assert Figure("AT+Test", None, 22_000, why="wrong: ...", wrong=True).missed
    assert not Figure("AT+Test", None, 22_000, why="AT+Test is not built").missed


def test_the_table_shows_budget_and_vendor_beside_the_figure():
    assert Figure("AT+Test", 22_001, 22_000, 900, ms=0.5, slow=1.0).cells() == [
        "AT+Test", "22,001 MISSED", "22,000", "900", "0.50", "1.00 ms",
    ]  # fmt: skip
    assert Figure("stream", 97.25, 95, percent=True, slow=90.0).cells() == [
        "stream", "97.2 %", "95 %", "", "", "90.0 %",
    ]  # fmt: skip


def test_the_ledger_gets_what_has_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "_head", lambda: "abc1234")
    ledger = tmp_path / "ledger.tsv"
    ledger.write_text(
        "# commit\tfigure\tvalue\n0000000\tAT+Test\t12,000\n0000001\tAT+Test\t12,500\n"
    )
    before = ledger.read_text()
    same = Figure("AT+Test", 12_500, 22_000)
    assert figures.keep(ledger, [same]) == 0 and ledger.read_text() == before
    new = [same, Figure("stream", 97.0, percent=True), Figure("gone", None, why="not built")]
    assert figures.keep(ledger, new) == 1
    assert figures.keep(ledger, [Figure("AT+Test", 12_000, 22_000)]) == 1
    assert ledger.read_text() == before + "abc1234\tstream\t97.0 %\nabc1234\tAT+Test\t12,000\n"


def test_what_a_command_takes_at_each_speed_stands_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "_head", lambda: "abc1234")
    slow = Figure("AT+Test, all in 115,200", 17_001, 17_000)
    fast = Figure("AT+Test, all in 921,600", 16_000)
    figure = Figure("AT+Test", 12_500, 22_000, all_in=((115_200, slow), (921_600, fast)))
    assert figure.missed and not Figure("AT+Test", 12_500, all_in=((921_600, fast),)).missed
    assert figure.cells()[-2:] == ["17,001 MISSED 17,000", "16,000"]
    ledger = tmp_path / "ledger.tsv"
    assert figures.keep(ledger, [figure]) == 3
    names = [line.split("\t")[1] for line in ledger.read_text().splitlines()]
    assert names == ["AT+Test", slow.name, fast.name]
    shown = figures.table([figure, Figure("stream", 97.0, percent=True)])
    assert [str(column.header) for column in shown.columns][-2:] == [
        "all in 115,200",
        "all in 921,600",
    ]
