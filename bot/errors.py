"""Errors of the bot itself, beside those of the services (`integrations.errors`).

Exception
├── Refused (integrations.errors)      tell the person
│   └── MatrixRefused                  the homeserver said no             (errcode, status)
│       └── NotInvited                 to an invitation, and why
├── Unavailable (integrations.errors)  try again by itself
│   └── ServerAway                     ours answers, somebody's does not  (server)
├── Fatal                              the process stops, with its own exit code
│   ├── BadSettings          78        the settings are wrong             (problems)
│   ├── CredentialsRefused   77        a token or password is not valid   (service)
│   ├── AlreadyRunning       75        another process holds the data
│   └── FromTheFuture        76        the database is newer than the program
└── Diverged                           a script no longer visits what its journal holds (step, expected, recorded)
"""

from __future__ import annotations

from integrations.errors import Moved, Refused, Unavailable

__all__ = [
    "AlreadyRunning",
    "BadSettings",
    "CredentialsRefused",
    "Diverged",
    "Fatal",
    "FromTheFuture",
    "MatrixRefused",
    "Moved",
    "NotInvited",
    "Refused",
    "ServerAway",
    "Unavailable",
]


class MatrixRefused(Refused):
    """The homeserver answered with an error that will stay. `errcode` as in the Matrix specification."""

    def __init__(self, errcode: str, status: int = 0) -> None:
        self.errcode = errcode
        self.status = status
        super().__init__("matrix-refused", errcode=errcode)


class NotInvited(MatrixRefused):
    """Somebody could not be invited; `why` is the key of a sentence of its own."""

    def __init__(self, why: str, errcode: str = "M_FORBIDDEN", status: int = 403, **words: str) -> None:
        super().__init__(errcode, status)
        Refused.__init__(self, why, **words)


class ServerAway(Unavailable):
    """Our homeserver answers; that of somebody does not. Whoever has others to see goes on with them."""

    def __init__(self, server: str, retry_after: float) -> None:
        self.server = server
        super().__init__(service="matrix", retry_after=retry_after)


class Fatal(Exception):
    """The process cannot go on; `exit_code` tells a supervisor whether trying again is of any use."""

    exit_code = 1


class BadSettings(Fatal):
    exit_code = 78

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class CredentialsRefused(Fatal):
    exit_code = 77

    def __init__(self, service: str) -> None:
        self.service = service
        super().__init__(service)


class AlreadyRunning(Fatal):
    exit_code = 75


class FromTheFuture(Fatal):
    exit_code = 76


class Diverged(Exception):
    """The journal holds an effect that the script no longer visits: a human must look."""

    def __init__(self, step: str, expected: str, recorded: str) -> None:
        self.step, self.expected, self.recorded = step, expected, recorded
        super().__init__(f"step {step!r}: the script does {expected}, the journal recorded {recorded}")
