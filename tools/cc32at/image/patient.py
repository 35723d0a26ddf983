"""python -m cc32at.image.patient ...: run-tests.py of the current folder, but more patient.

The suite gives up when a test is silent for ten seconds. Its slowest takes the chip nine
(basics/builtin_pow3_intbig), which a busy PC needs more for.
"""

import runpy
import sys

TIMES = 6


def be_patient(pyboard) -> None:
    """Stretch the time-outs of MicroPython's pyboard.py."""
    read_until = pyboard.Pyboard.read_until

    def patient(self, min_num_bytes, ending, timeout=10, data_consumer=None):
        return read_until(self, min_num_bytes, ending, timeout and TIMES * timeout, data_consumer)

    pyboard.Pyboard.read_until = patient


def main() -> None:
    """Stand in for run-tests.py, which imports the pyboard that it finds imported."""
    sys.path.insert(0, "../tools")
    import pyboard

    be_patient(pyboard)
    sys.argv[0] = "run-tests.py"
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
