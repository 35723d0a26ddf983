"""Random and mutated input under the address and undefined-behaviour sanitizers (fuzz.c)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cc32at
from cc32at.hostlink import asan_environment

RUNNER = Path(__file__).with_name("run_fuzz.py")


def run(what: str, seed: int, count: int) -> dict:
    environment = asan_environment()
    environment["ASAN_OPTIONS"] += ":quarantine_size_mb=8:malloc_context_size=4"
    environment["PYTHONPATH"] = os.fspath(Path(cc32at.__file__).parents[1])
    command = [sys.executable, str(RUNNER), what, str(seed), str(count), "asan"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=110)
    assert result.returncode == 0, result.stdout + result.stderr[-4000:]
    return json.loads(result.stdout)


def check_link(report: dict, count: int) -> None:
    assert report["frames"] == count
    # Each way through the code was taken many times.
    for name in ("answers", "events", "data"):
        assert report[name] > count / 100, name
    assert report["queued"] > count / 1000
    assert all(report["fatals"][kind] > 0 for kind in (1, 3, 4))
    for name, value in report["counters"].items():
        assert value > count / 1000, name
    # The longest body in words, or 50 ms of searching, and not a word more.
    assert report["most_words"] <= 16400


def test_random_frames_short(tmp_path):
    check_link(run("link", 20, 50_000), 50_000)


@pytest.mark.slow
def test_one_million_random_frames():
    check_link(run("link", 2024, 1_000_000), 1_000_000)


def test_random_lines():
    run("text", 7, 100_000)


def test_random_input_of_the_line_discipline():
    run("line", 11, 400_000)
