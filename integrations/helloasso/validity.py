"""How long the memberships of a form last: a year from the day of each, until a day that the form says, or for ever."""

from __future__ import annotations

from collections.abc import Callable

from integrations.errors import NotFound

from .client import Client, segment
from .items import Validity, day_of

YEAR = Validity(year=True)
REMEMBER = 86_400.0  # seconds


class Validities:
    """A form that is no more, or says nothing that we know, is taken for one of a year: what is over must not pass for
    what never ends. `clock` in seconds."""

    def __init__(self, client: Client, clock: Callable[[], float]) -> None:
        self._client, self._clock = client, clock
        self._known: dict[str, tuple[float, Validity]] = {}

    async def of(self, form: str) -> Validity:
        if not form:
            return YEAR
        until, known = self._known.get(form, (float("-inf"), YEAR))
        if self._clock() >= until:
            known = await self._read(form)
            self._known[form] = (self._clock() + REMEMBER, known)
        return known

    async def _read(self, form: str) -> Validity:
        try:
            told = await self._client.get(self._client.of_organization(f"forms/Membership/{segment(form)}/public"))
        except NotFound:
            return YEAR
        start, end = day_of(told.get("startDate")), day_of(told.get("endDate"))
        match told.get("validityType"):
            case "Illimited":
                return Validity(year=False)
            case "Custom" if end is not None:
                return Validity(year=False, end=end, start=start)
        return YEAR
