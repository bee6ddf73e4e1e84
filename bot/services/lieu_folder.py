"""Where the folders are that a lieu has: known by the number that Nextcloud gives each, which stays when people rename
or move it. A folder is never made anew beside one that somebody renamed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypedDict

from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.services.claims import FOLDER
from bot.services.folder_tree import others_folders, root_of
from bot.services.ownership import Ownership
from bot.store import folder_ids
from bot.store.database import Database
from bot.talk import Choice, Option, YesNo
from bot.talk.talk import Talk
from integrations.errors import Rejected, Unsupported
from integrations.nextcloud import Entry, Nextcloud, overlap

State = Literal["here", "moved", "followed", "two", "binned", "gone", "unseen"]
"""Where it was · elsewhere, which is news · elsewhere, as was told · elsewhere, and another one is called so · in the
bin · nowhere that the bot sees · nowhere yet."""


class Found(TypedDict):
    """`path`: where it is, or was when it was thrown away."""

    state: State
    path: str


class FolderIds:
    """Which folder was meant by a name, when it was last seen there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, lieu: int, path: str) -> str:
        return await self._database.read(folder_ids.known, lieu, path)

    async def keep(self, lieu: int, path: str, id: str) -> None:
        await self._database.write(folder_ids.keep, lieu, path, id)


@dataclass(frozen=True, slots=True)
class LieuFolder:
    """The folder of a lieu, and those in it that it names elsewhere."""

    lieu: Lieu
    lieux: Lieux
    ownership: Ownership
    ids: FolderIds
    cloud: Nextcloud | None

    @property
    def _nextcloud(self) -> Nextcloud:
        """Raises `Unsupported("nextcloud-none")`."""
        if self.cloud is None:
            raise Unsupported("nextcloud-none")
        return self.cloud

    async def find(self, path: str) -> Found:
        """Where what the lieu calls so is now; what is seen there for the first time is remembered."""
        if not path:
            raise Rejected("folder-name-empty")
        known, seen = await self.ids.known(self.lieu.id, path), await self._nextcloud.files.entry(path)
        if seen is not None and known in ("", seen["id"]):
            await self._remember(path, seen["id"], known)
            return {"state": "here", "path": path}
        there = await self._elsewhere(path, known, seen)
        if there is not None:
            if seen is not None:
                return {"state": "two", "path": there}
            told = await self.ids.known(self.lieu.id, there) == (known or "-") or there == await self._with_it(path)
            return {"state": "followed" if told else "moved", "path": there}
        if seen is not None:  # the other one is thrown away, and this one was made in its place
            await self._remember(path, seen["id"], known)
            return {"state": "here", "path": path}
        binned = await self._nextcloud.whereabouts.binned(known) if known else None
        if binned is not None:
            return {"state": "binned", "path": binned["path"]}
        return {"state": "gone" if known else "unseen", "path": path}

    async def follow(self, before: str, after: str) -> None:
        """What the lieu called `before` is `after` from now on. Raises `Refused("folder-of-another")`."""
        others = [*await others_folders(self.lieux, self.lieu), *map(root_of, await self.lieux.asleep())]
        if any(overlap(after, other) for other in others if other):
            raise Refused("folder-of-another", name=after)
        await self.know(after, before)
        if root_of(self.lieu) != before or before == after:
            return
        if await self.lieux.choose_over(self.lieu.id, {"folder": self.lieu.choices.folder}, {"folder": after}):
            await self.ownership.own(self.lieu.id, "nextcloud", FOLDER, after)
            await self.ownership.disown(self.lieu.id, "nextcloud", FOLDER, before)

    async def know(self, path: str, *names: str) -> None:
        """What is there now is what the lieu means by this path, and by these names. Raises
        `Refused("nextcloud-folder")`."""
        seen = await self._nextcloud.files.entry(path)
        if seen is None:
            raise Refused("nextcloud-folder", folder=path)
        for name in {path, *names}:
            await self.ids.keep(self.lieu.id, name, seen["id"])

    async def restore(self, path: str) -> str:
        """The path where it is again, shared with the lieu's group as it was."""
        there = await self._nextcloud.whereabouts.restore(await self.ids.known(self.lieu.id, path))
        if self.lieu.choices.group:
            await self._nextcloud.shares.ensure(there, group=self.lieu.choices.group)
        await self.follow(path, there)
        return there

    async def make(self, path: str) -> None:
        """It is there, and known from now on."""
        await self._nextcloud.folders.ensure(path)
        await self.know(path)

    async def _elsewhere(self, path: str, known: str, seen: Entry | None) -> str | None:
        """Where it is by its number; or, where that was never seen, as part of a folder that was, or by its share."""
        if known or seen is not None:
            return await self._nextcloud.whereabouts.path(known) if known else None
        there = await self._with_it(path)
        if there is not None and await self._nextcloud.files.entry(there) is not None:
            return there
        return await self._by_its_share() if path == root_of(self.lieu) else None

    async def _with_it(self, path: str) -> str | None:
        """Where it is if it went along with the folder around it that is known: it was not moved by itself."""
        above, _, name = path.rpartition("/")
        while above:
            if number := await self.ids.known(self.lieu.id, above):
                there = await self._nextcloud.whereabouts.path(number)
                return f"{there}/{name}" if there else None
            above, _, last = above.rpartition("/")
            name = f"{last}/{name}"
        return None

    async def _by_its_share(self) -> str | None:
        """Renamed before any number was known: the one folder that the bot shares with the lieu's group, beside what
        concierges shared."""
        group = self.lieu.choices.group
        with suppress(Refused):  # sharing may be switched off
            ids = await self._nextcloud.groups.called(group) if group else []
            others = await self.ownership.owned(self.lieu.id, "nextcloud", "share")
            shares = [one for one in await self._nextcloud.shares.all() if one["kind"] == "group" and one["to"] in ids]
            paths = {one["path"].strip("/") for one in shares if one["is_folder"] and one["id"] not in others}
            return next(iter(paths)) if len(paths) == 1 else None
        return None

    async def _remember(self, path: str, id: str, known: str) -> None:
        if id != known:
            await self.ids.keep(self.lieu.id, path, id)


# -- what is said of it


async def found_by_name(talk: Talk, folder: LieuFolder, path: str) -> str | None:
    """The path at which the lieu has this folder, with a concierge who can say which of two it is, or have it taken out
    of the bin; None, and said, where it is not to be had."""
    found = await talk.look("whereabouts", folder.find, path)
    match found["state"]:
        case "moved":
            # No item: once it is followed, `path` is another one in the next replay.
            await talk.do("follow", folder.follow, path, found["path"])
            await talk.say("talk.folder-moved", before=path, after=found["path"])
            talk.note("folder-followed", before=path, folder=found["path"])
            return found["path"]
        case "two":
            known = Option(found["path"], talk.phrase("talk.folder-known", folder=found["path"]))
            new = Option(path, talk.phrase("talk.folder-new", folder=path))
            chosen = await talk.ask("talk.which-folder", Choice([known, new]), folder=path)
            await talk.do("follow", folder.follow, path, chosen)
            return chosen
        case "binned":
            if await talk.ask("talk.folder-restore", YesNo(), folder=path, place=found["path"]):
                there = await talk.do("restore", folder.restore, path)
                talk.note("folder-restored", folder=there)
                await talk.say("talk.folder-restored", folder=there)
                return there
            await talk.say("talk.folder-left", folder=path)
            return None
        case "gone" | "unseen":
            raise Refused("nextcloud-folder-gone", folder=path)
    return found["path"]


async def found_alone(talk: Talk, folder: LieuFolder, path: str, *, makes: bool = True) -> str:
    """The same where nobody is asked: the concierges are told what became of it. The lieu's own folder is made where it
    never was (`makes`). `path` is the same in each replay.

    Raises `Refused("nextcloud-folder-…" | "nextcloud-subfolder-…")`, of two, in the bin, or gone.
    """
    found, root = await talk.look("whereabouts", folder.find, path, item=path), root_of(folder.lieu)
    match found["state"], path == root:
        case "moved", _:
            await talk.do("follow", folder.follow, path, found["path"], item=path)
            office = folder.lieu.office or talk.room
            await talk.say("talk.folder-moved", item=path, to=office, before=path, after=found["path"])
        case "two", True:
            raise Refused("nextcloud-folder-two", folder=path, place=found["path"])
        case "two", False:
            raise Refused("nextcloud-subfolder-two", folder=path, place=found["path"])
        case "binned", True:
            raise Refused("nextcloud-folder-binned", folder=path)
        case "binned", False:
            raise Refused("nextcloud-subfolder-binned", folder=path)
        case "gone", True:
            raise Refused("nextcloud-folder-gone", folder=path)
        case (("gone" | "unseen"), False):
            raise Refused("nextcloud-subfolder-gone", folder=path)
        case "unseen", True if makes:
            await talk.do("make-folder", folder.make, path, item=path)
    return found["path"]
