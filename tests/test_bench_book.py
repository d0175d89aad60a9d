"""Figures of a bench are kept by name and held against a saved run."""

from __future__ import annotations

from tests import bench_book


def test_a_saved_run_is_what_the_next_one_is_held_against(tmp_path, monkeypatch):
    monkeypatch.setattr(bench_book, "MEASURED", {})
    monkeypatch.setattr(bench_book, "_SAVED", {})
    assert bench_book.note("pull", 2.0) == ""
    bench_book.save(tmp_path / "run.json")
    bench_book.compare_with(tmp_path / "run.json")
    assert bench_book.note("pull", 3.0) == "   1.50 x saved"
    assert bench_book.note("a new figure", 1.0) == ""
