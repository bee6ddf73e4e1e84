"""What the server refused, and when it may be asked again: not never, since people mend things while the bot runs."""

from __future__ import annotations

from collections.abc import Callable

FIRST, GROWTH, LONGEST = 60.0, 4.0, 1800.0  # seconds


class Circuit:
    """A refusal opens it; then one try is let through after a pause that grows, until one is accepted.

    The server shuts an address out after ten wrong tries in half an hour: two of these make eight at most.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pause = 0.0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        return self._pause > 0

    def lets_through(self) -> bool:
        """Whether to try now. While one tries, others do not; that it is never answered counts as a refusal."""
        if self.is_open and self._clock() < self._until:
            return False
        if self.is_open:
            self._lengthen()
        return True

    def refused(self) -> None:
        """Those that were under way together are one refusal."""
        if not self.is_open:
            self._lengthen()

    def accepted(self) -> None:
        self._pause = 0.0

    def _lengthen(self) -> None:
        self._pause = min(self._pause * GROWTH, LONGEST) or FIRST
        self._until = self._clock() + self._pause
