"""What works, what does not, and the sentence that mends it. Looks only, so that the bot may go on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.errors import CredentialsRefused, Fatal, MatrixRefused, Refused, Unavailable
from bot.operator.doctor.backup_checks import BACKUPS
from bot.operator.doctor.homeserver_checks import HOMESERVER, Patient, lift_limits
from bot.operator.doctor.instance import HOUSE
from bot.operator.doctor.lieu_rooms import LIEUX
from bot.operator.doctor.page_checks import PAGES
from bot.operator.doctor.sentences import Said, say
from bot.operator.doctor.service_checks import CHECKS as OF_SERVICES
from bot.settings import Settings
from bot.store.data_trouble import trouble
from integrations.findings import Finding, away

LIMIT = 20.0  # seconds for each check

Check = Callable[[Patient], Awaitable[Iterable[Finding]]]
FIXED = {"files", "disk", "limits", "restores"}  # of which `mending` mends something
CHECKS: Sequence[Check] = (*HOMESERVER, *HOUSE, *LIEUX, *PAGES, *BACKUPS, *OF_SERVICES)


async def examine(
    settings: Settings,
    console: Console | None = None,
    *,
    limit: float = LIMIT,
    lift: bool = False,
    env_file: Path | None = None,
) -> bool:
    """Show the table; False where something must be mended. `lift` mends the homeserver's limits first."""
    checks = (lift_limits, *CHECKS) if lift else CHECKS
    said = [say(finding) for finding in await findings(settings, limit, checks, env_file)]
    (console or Console()).print(table(said))
    return all(row.sign != "✗" for row in said)


async def findings(
    settings: Settings, limit: float = LIMIT, checks: Sequence[Check] = CHECKS, env_file: Path | None = None
) -> list[Finding]:
    """Every check at once, each on its own: what one of them waits for does not hold up the others."""
    async with Patient.of(settings, env_file) as patient:
        found = await asyncio.gather(*(_look(check, patient, limit) for check in checks))
    return [finding for some in found for finding in some]


def listed() -> list[str]:
    """A line for each check: its name, what it looks at, and whether `--fix` may mend what it finds."""
    told = {check.__name__: " ".join((check.__doc__ or "").split()) for check in CHECKS}
    width = max(map(len, told))
    return [
        f"{name.replace('_', ' '):<{width}}  {looks}{' (--fix)' if name in FIXED else ''}"
        for name, looks in told.items()
    ]


async def _look(check: Check, patient: Patient, limit: float) -> list[Finding]:
    about = check.__name__.replace("_", " ")
    try:
        async with asyncio.timeout(limit):
            return list(await check(patient))
    except CredentialsRefused:
        return [Finding("matrix-credentials", False, {"about": about})]
    except (MatrixRefused, Refused) as refusal:
        return [Finding("refused", False, {"about": about, "code": getattr(refusal, "errcode", refusal.code)})]
    except Unavailable as down:
        found = away(down.service, down) if down.cause else Finding("no-answer", False)
        return [replace(found, words={**found.words, "about": about})]
    except TimeoutError:
        return [Finding("no-answer", False, {"about": about})]
    except Exception as error:  # a check that breaks must not hide the others
        told = trouble(error) or isinstance(error, Fatal | PermissionError)  # once, by `data`
        return [] if told else [Finding("check-broken", False, {"about": about, "error": type(error).__name__})]


def table(said: Iterable[Said]) -> Table:
    drawn = Table(show_header=False, box=None, pad_edge=False)
    for _ in range(3):
        drawn.add_column(overflow="fold")  # else the end of a path, which says most, is not shown
    for row in said:
        drawn.add_row(row.sign, row.title, row.words, style={"✗": "red", "·": "dim"}.get(row.sign))
    return drawn
