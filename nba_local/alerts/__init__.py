"""Alerts: what went wrong in a run, grouped by cause, to whom it concerns, and not too often."""

from __future__ import annotations
