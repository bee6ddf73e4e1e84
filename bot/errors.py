"""Errors of the bot itself, beside those of the services (`integrations.errors`).

Exception
├── Refused (integrations.errors)      tell the person
│   ├── MatrixRefused                  the homeserver said no             (errcode, status, room_id, act)
│   │   └── NotInvited                 to an invitation, and why
│   └── MissingRight                   somebody in a room can let the bot (rooms, able, outside)
├── Unavailable (integrations.errors)  try again by itself
│   ├── ServerAway                     ours answers, somebody's does not  (server)
│   └── NobodyReads                    in an encrypted room, so far       (news)
├── Fatal                              the process stops, with its own exit code
│   ├── BadSettings          78        the settings are wrong             (problems)
│   ├── CredentialsRefused   77        a token or password is not valid   (service)
│   ├── AlreadyRunning       75        another process holds the data
│   ├── DataUnusable         73        the data are lost, damaged, another's, or shut to us
│   ├── FromTheFuture        76        the database is newer than the program
│   └── NotMigrated          76        it is older, and cannot be brought up to date
└── Diverged                           a script no longer visits what its log holds (step, expected, recorded)
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from integrations.errors import Moved, NotPermitted, Protected, Refused, Unavailable

__all__ = [
    "AlreadyRunning",
    "BadSettings",
    "CredentialsRefused",
    "DataUnusable",
    "Diverged",
    "Fatal",
    "FromTheFuture",
    "MatrixRefused",
    "MissingRight",
    "Moved",
    "NobodyReads",
    "NotInvited",
    "NotMigrated",
    "NotPermitted",
    "Protected",
    "Refused",
    "ServerAway",
    "Unavailable",
]


class MatrixRefused(Refused):
    """The homeserver answered with an error that will stay. `errcode` as in the Matrix specification; `act` is what was
    asked of the room `room_id`, where it was one: `invite`, `kick`, `join`… or the type of an event."""

    def __init__(self, errcode: str, status: int = 0, room_id: str = "", act: str = "") -> None:
        self.errcode, self.status = errcode, status
        self.room_id, self.act = room_id, act
        super().__init__("matrix-refused", errcode=errcode)


NAMED = 3  # of those who could give a right


class MissingRight(Refused):
    """The bot has not the power in these `rooms` (id → name), or is not in them (`outside`). Those who are `able` can
    mend it, as far as the bot can see; in a `space` otherwise than in a room, for it has no messages. `creators`: who
    stands above all levels there, to whom older clients do not show how."""

    def __init__(
        self,
        rooms: Mapping[str, str],
        able: Mapping[str, str] | None = None,
        *,
        outside: bool = False,
        space: bool = False,
        creators: Collection[str] = (),
    ) -> None:
        self.rooms, self.able, self.outside, self.space = dict(rooms), dict(able or {}), outside, space
        self.creators = frozenset(creators)
        names = [*self.able.values()]
        who = ", ".join([*names[:NAMED], *(["…"] if names[NAMED:] else [])])
        super().__init__("room-outside" if outside else "room-right", room=", ".join(rooms.values()), who=who)


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


class NobodyReads(Unavailable):
    """Nobody is there for whom this could be encrypted, or nobody with a device: whoever comes could never read it.
    `news` is set when somebody came, or has another device."""

    def __init__(self, news: asyncio.Event) -> None:
        self.news = news
        super().__init__(service="matrix")


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


class DataUnusable(Fatal):
    """A sentence for the operator, with the way out: trying again is of no use until somebody has acted."""

    exit_code = 73


class FromTheFuture(Fatal):
    exit_code = 76


class NotMigrated(Fatal):
    """The data are as they were: the program of before goes on with them. Trying again is of no use."""

    exit_code = 76


class Diverged(Exception):
    """The replay log holds an effect that the script no longer visits: a human must look."""

    def __init__(self, step: str, expected: str, recorded: str) -> None:
        self.step, self.expected, self.recorded = step, expected, recorded
        super().__init__(f"step {step!r}: the script does {expected}, the replay log recorded {recorded}")
