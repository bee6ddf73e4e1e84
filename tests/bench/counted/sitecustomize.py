"""What Python imports first where this folder is on its path: asked by SIGUSR1, it writes to the file MODULES how many
modules it has loaded."""

import os
import signal
import sys


def _tell(*_: object) -> None:
    with open(os.environ["MODULES"], "w") as file:
        file.write(str(len(sys.modules)))


signal.signal(signal.SIGUSR1, _tell)
