"""Runs fuzz.c in a process of its own: run_fuzz.py link|text|line SEED COUNT [asan].

Prints one JSON object; exits 1 when a check failed, and as the sanitizer decides when it did.
"""

from __future__ import annotations

import ctypes as ct
import json
import sys
from pathlib import Path

from cc32at.hostlink import build
from cc32at.hostlink.nwp import COUNTERS

SOURCE = Path(__file__).with_name("fuzz.c")


class Stats(ct.Structure):
    """fuzz_stats_t"""

    _fields_ = [
        ("frames", ct.c_uint32),
        ("answers", ct.c_uint32),
        ("queued", ct.c_uint32),
        ("events", ct.c_uint32),
        ("data", ct.c_uint32),
        ("fatals", ct.c_uint32 * 6),
        ("counters", ct.c_uint32 * len(COUNTERS)),
        ("most_words", ct.c_uint32),
    ]


STATS = ("frames", "answers", "queued", "events", "data")


def main(what: str, seed: int, count: int, asan: bool) -> int:
    library = ct.CDLL(str(build(sanitize=asan, extra=(SOURCE,))))
    library.fuzz_link.argtypes = [ct.c_uint64, ct.c_uint32, ct.POINTER(Stats)]
    library.fuzz_text.argtypes = library.fuzz_line.argtypes = [ct.c_uint64, ct.c_uint32]
    stats = Stats()
    if what == "link":
        failed = library.fuzz_link(seed, count, ct.byref(stats))
    else:
        failed = getattr(library, f"fuzz_{what}")(seed, count)
    report = {name: getattr(stats, name) for name in STATS}
    report["fatals"] = list(stats.fatals)
    report["counters"] = dict(zip(COUNTERS, stats.counters, strict=True))
    report["most_words"] = stats.most_words
    report["failed_line"] = failed
    print(json.dumps(report))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "asan" in sys.argv[4:]))
