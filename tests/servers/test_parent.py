"""A server does not outlive the tests, or the demo, that were killed."""

from __future__ import annotations

import os
import select
import subprocess
import sys

import pytest

PARENT = """
import subprocess, sys
from tests.servers.parent import ends_with_parent
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], preexec_fn=ends_with_parent)
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_killed_parent_takes_its_servers_along() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = os.pidfd_open(int(parent.stdout.readline()))
        try:
            parent.kill()
            ended = select.poll()  # unlike `select`, of any number of files that a whole run has open
            ended.register(child, select.POLLIN)
            assert ended.poll(30_000)
        finally:
            os.close(child)
