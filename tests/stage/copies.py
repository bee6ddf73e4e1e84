"""Copies of the bot's data as the stage sees them: jobs that end as it is chosen, and nights that pass."""

from __future__ import annotations

from datetime import timedelta

from bot.backups.jobs import Job, Result, ended
from bot.backups.nightly import NightlyBackups
from bot.settings import Backups, Secret
from tests.stage.stage import Stage

PLACE = Backups("s3://copies/bot?endpoint=https://s3.example.org", ("age1",), "key", Secret("hunter2"))
HOUR = timedelta(hours=1)
WELL = ended("done", bytes=9)
# What befalls them, as transcripts say it.
FATES: dict[str, dict[str, Result]] = {
    "sont bonnes": {"send": WELL, "prove": WELL},
    "ne partent pas": {"send": ended("failed", "credentials"), "prove": WELL},
    "sont abîmées": {"send": WELL, "prove": ended("failed", "altered")},
}


class Copies:
    """What becomes of the jobs, as it is chosen: how they end, by what is done."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.jobs: list[Job] = []
        self.ends = dict(FATES["sont bonnes"])
        self.begin()

    def begin(self, place: Backups | None = PLACE) -> None:
        """The process begins (anew), with what its settings say now."""
        bot = self.stage.bot
        parts = (bot.database, bot.engine, bot.lieux, bot.operators, bot.clock.now, self.work)
        self.nightly = NightlyBackups(bot.me, place, "Europe/Paris", *parts)
        bot.backups = bot._capabilities[NightlyBackups] = self.nightly

    async def work(self, job: Job) -> Result:
        self.jobs.append(job)
        return self.ends[job["act"]]

    async def pass_by(self, whole: timedelta, step: timedelta = HOUR) -> list[str]:
        """What is done meanwhile, by looks every hour."""
        clock, self.jobs = self.stage.clock, []
        until = clock.at + whole / timedelta(milliseconds=1)
        while clock.at < until:
            clock.at += round(step / timedelta(milliseconds=1))
            await self.nightly.look()
            await self.stage.settle()
        return [job["act"] for job in self.jobs]
