"""A disk without room: a small file system of its own, or where that is not allowed a file limit.

The first is the real thing (ENOSPC), but mounting it takes user namespaces. The second is the same
to the writer (a write that fails half way), but other files may still grow, up to the limit.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.league import Said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
_LIMITED = (
    "import resource, runpy, sys; size = int(sys.argv.pop(1)); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)); "
    "runpy.run_module('nba_local', run_name='__main__')"
)


def can_mount() -> bool:
    """Whether this machine lets us mount a file system of our own."""
    if not shutil.which("unshare"):
        return False
    tried = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return tried.returncode == 0


def on_full_disk(
    words: Sequence[str], data: Path, free: int, environment: Mapping[str, str]
) -> Said:
    """`nba-local` on the folder `data`, lying on a file system with `free` bytes left."""
    data.mkdir(exist_ok=True)
    stats = {f.stat().st_ino: f.stat() for f in data.rglob("*") if f.is_file()}  # of links, one
    held = sum(-(-stat.st_size // 4096) for stat in stats.values()) * 4096
    after = data.with_name(f"{data.name}-after")
    script = (
        f"mkdir {after} && cp -a {data}/. {after}/ && "
        f"mount -t tmpfs -o size={held + free} none {data} && cp -a {after}/. {data}/ && "
        f"{shlex.join(_command(words, data))}; code=$?; "
        f"rm -r {after} && mkdir {after} && cp -a {data}/. {after}/; exit $code"
    )
    done = _run(["unshare", "-rm", "sh", "-c", script], environment)
    shutil.rmtree(data)
    after.rename(data)
    return done


def with_short_files(
    words: Sequence[str], data: Path, longest: int, environment: Mapping[str, str]
) -> Said:
    """`nba-local` on the folder `data`, where no file may grow beyond `longest` bytes."""
    command = _command(words, data)[3:]
    return _run([sys.executable, "-c", _LIMITED, str(longest), *command], environment)


def _command(words: Sequence[str], data: Path) -> list[str]:
    return [sys.executable, "-m", "nba_local", *words, "--data", str(data)]


def _run(command: Sequence[str], environment: Mapping[str, str]) -> Said:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Said(done.returncode, done.stdout, done.stderr)
