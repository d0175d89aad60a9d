"""The lab: an idea for a feature, judged on several seasons, with how far that can be believed.

`try_out()` from Python, `nba-local lab try` from a terminal. Needs the extra `lab`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nba_local.lab.opening import frame, try_out

__all__ = ["frame", "try_out"]


def __getattr__(name: str) -> Any:
    """Import what needs the extra on first use: the content declares its subject without it."""
    if name in __all__:
        from nba_local.lab import opening

        return getattr(opening, name)
    raise AttributeError(f"module `nba_local.lab` has no attribute `{name}`")
