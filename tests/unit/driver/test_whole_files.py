"""load() and store() that are cancelled: no handle stays open, the old content stays."""

import pytest

from cc32at.nwp import NetworkProcessor
from simplelink.waiter import Completion
from tests.unit.driver.rig import Rig

OLD, NEW = b"o" * 4000, b"n" * 4000  # three pieces


@pytest.fixture
def real():
    """The driver with the model, a file in it. It takes its time: who asks is suspended."""
    rig = Rig(NetworkProcessor())
    rig.run(rig.sl.device.start())
    rig.run(rig.sl.fs.store(b"f", OLD))
    rig.model.control.call("fault", do="delay", to="*", seconds=0.007, count=-1)
    return rig


def under_way(rig, coro, answers: int):
    """The task of `coro`, suspended with so many of its commands answered."""
    task = rig.start(coro)
    for _ in range(answers):
        rig.sl.link.pump(10)
        rig.resume()
    assert not task.done
    return task


def check(rig) -> None:
    rig.pump(100)
    assert not rig.model.storage.handles and rig.sl.link.idle() and not rig.sl.link.jobs
    rig.run(rig.sl.fs.store(b"f", NEW))
    assert rig.run(rig.sl.fs.load(b"f", 5000)) == NEW


@pytest.mark.parametrize("answers", range(5))
def test_a_load_that_is_cancelled_closes_its_file(real, answers):
    under_way(real, real.sl.fs.load(b"f", len(OLD)), answers).cancel()
    check(real)


@pytest.mark.parametrize("answers", range(4))
def test_a_store_that_is_cancelled_leaves_the_old_content(real, answers):
    under_way(real, real.sl.fs.store(b"f", NEW), answers).cancel()
    real.pump(100)
    assert real.model.storage.content(b"f") == OLD
    check(real)


def test_a_store_that_is_cancelled_in_its_close_is_done(real):
    under_way(real, real.sl.fs.store(b"f", NEW), 4).cancel()
    real.pump(100)
    assert real.model.storage.content(b"f") == NEW
    check(real)


def test_an_answer_without_memory_leaves_no_handle_open(real, monkeypatch):
    task = real.start(real.sl.fs.load(b"f", len(OLD)))

    def none(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Completion, "complete", none)
        real.sl.link.pump(10)
    real.pump(100)
    assert isinstance(task.error, MemoryError)
    check(real)


def test_an_interrupt_from_the_keyboard_closes_the_file(real, monkeypatch):
    """Ctrl-C in the middle of sl.run()."""
    pump, pumped = real.sl.link.pump, []

    def interrupted(ms):
        if len(pumped) == 3:
            raise KeyboardInterrupt
        pumped.append(ms)
        return pump(ms)

    monkeypatch.setattr(real.sl.link, "pump", interrupted)
    with pytest.raises(KeyboardInterrupt):
        real.sl.run(real.sl.fs.load(b"f", len(OLD)))
    monkeypatch.undo()
    check(real)


def test_a_created_file_whose_open_was_cancelled_keeps_what_it_held(real):
    """An open for writing that nobody wants is given up, not closed like a file of no bytes."""
    fail_safe, overwrite, create = 0x20000, 0x20000000, 0x08000000
    mode = create | overwrite | fail_safe
    under_way(real, real.sl.fs.open(b"f", mode, 4096), 0).cancel()
    real.pump(100)
    assert real.model.storage.content(b"f") == OLD
    check(real)


def test_who_is_answered_at_once_is_not_suspended(real):
    real.model.control.call("clear_faults")
    task = real.start(real.sl.fs.load(b"f", len(OLD)))
    assert task.done and task.result == OLD and real.sl.link.idle()
