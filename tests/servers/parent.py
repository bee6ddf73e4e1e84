"""Servers end with whoever started them, also when that one is killed."""

from __future__ import annotations

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def ends_with_parent() -> None:
    """For `preexec_fn`. Linux alone knows how: elsewhere a killed parent leaves its servers running."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
