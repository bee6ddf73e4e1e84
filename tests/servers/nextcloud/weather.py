"""What befalls a server: the knobs of the outage tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

After = Literal["fails", "hangs"]


@dataclass
class Weather:
    """Fair by default.

    `slow` seconds before each answer; `maintenance`: 503 but for `/status.php`; `upgrade`: new files over an old
    database, 503 as well, or a page; `limited`: 429 without a word; `mail_down`: no mail leaves, and all is "OK";
    `full`: 507 on every file; `after_writing`: the next `writes` changes are made, then answered by a 500 ("fails")
    or by nothing ("hangs"); `half_creations`: the next accounts are left half made.
    """

    slow: float = 0.0
    maintenance: bool = False
    upgrade: bool = False
    limited: bool = False
    full: bool = False
    mail_down: bool = False
    after_writing: After | None = None
    writes: int = 1
    half_creations: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def strikes(self) -> After | None:
        """What befalls the change that was just made, if anything."""
        if self.after_writing is None or self.writes < 1:
            return None
        self.writes -= 1
        return self.after_writing

    def halves(self) -> bool:
        self.half_creations -= 1
        return self.half_creations >= 0

    def clear(self) -> None:
        fair = Weather(closing=self.closing)
        self.__dict__.update(fair.__dict__)
