"""`python -m bot.backups.worker`: a job comes in as JSON, how it ended goes out. Nothing of it is an argument:
everybody on the machine can see those."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout

from bot.backups.jobs import Job, Result
from bot.backups.proving import prove
from bot.backups.sending import send


def worked(job: Job) -> Result:
    return send(job) if job["act"] == "send" else prove(job)


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # what is logged meanwhile
        result = worked(json.load(sys.stdin))
    sys.stdout.write(json.dumps(result))
