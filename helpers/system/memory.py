"""How much memory this process has held; light, so that importing it adds next to nothing."""

import contextlib
import sys
from pathlib import Path


def peak_bytes() -> int:
    """Return the most memory that this process has had resident, in bytes.

    Linux says it in /proc. `ru_maxrss` is for the other systems only: it starts at the size of
    the *parent* that started us, and counts in bytes on macOS, in KB elsewhere.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset
    import resource  # Windows has no such module

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
