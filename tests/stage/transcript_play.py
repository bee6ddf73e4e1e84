"""A transcript being played: rooms, people and messages by what it calls them, and what is written down of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tests.stage.people_act import Acting
from tests.stage.several_bots import Federation
from tests.stage.transcript_header import Scenery
from tests.stage.transcript_lines import shown, taken_back
from tests.stage.transcript_pages import WIDE, Columns, Page
from tests.stage.world import FakeRoom, server

BOT = "Conciergerie"


class Playing:
    """`here` is the room in which people act; `seen` how much of each room was written down."""

    def __init__(self, scenes: Sequence[Scenery], federation: Federation | None = None) -> None:
        self.scenes, self.federation = scenes, federation
        self.doors: Acting = federation or scenes[0].stage
        self.rooms = self.doors.world.rooms
        self.here = ""
        self.named: Scenery | None = None  # the lieu that an act names
        self.page: Page | Columns = Columns([one.lieu for one in scenes]) if len(scenes) in WIDE else Page()
        self.seen = {id: len(room.events) for id, room in self.rooms.items()}
        self.mails: dict[tuple[int, str], int] = {}

    # -- lieux

    @property
    def scene(self) -> Scenery:
        """The lieu that is meant: the one that is named, or whose room this is, or the first."""
        return self.named or (self.here and self.lieu_of(self.room())) or self.scenes[0]

    def lieu_of(self, room: FakeRoom) -> Scenery | None:
        """The lieu whose room this is, unless it is one of several."""
        for scene in self.scenes:
            if scene.space.room_id in (room.room_id, room.parent, room.archived):
                return scene
        return next((self.home(person) for person in self.directs(room).values()), None)

    def directs(self, room: FakeRoom) -> dict[str, str]:
        """Of a room for two: the bot and the person."""
        found = {one.stage.me: one.stage.matrix.directs.items() for one in self.scenes}
        return {me: person for me, directs in found.items() for person, id in directs if id == room.room_id}

    def home(self, person: str) -> Scenery:
        """The lieu of a person, the first that names them, or of a bot."""
        named = [one for one in self.scenes if person in one.ids("concierges", "membres", "autres")]
        own = [one for one in self.scenes if one.stage.me == person]
        near = [one for one in self.scenes if server(one.stage.me) == server(person)]
        return (*named, *own, *near, *self.scenes)[0]

    # -- rooms

    def room(self) -> FakeRoom:
        private = re.fullmatch(rf"(.+?) en privé(?: avec la {BOT} \((.+)\))?", self.here)
        if private is None:
            made = [room for room in self.rooms.values() if room.name == self.here]
            return self.scenes[0].rooms.get(self.here) or made[-1]
        person = self.scenes[0].people[private[1]]
        scene = next((one for one in self.scenes if one.lieu == private[2]), self.home(person))
        return self.rooms[scene.stage.matrix.directs[person]]

    def name(self, room: FakeRoom) -> str:
        for me, person in self.directs(room).items():
            other = "" if self.home(person).stage.me == me else f" avec la {BOT} ({self.home(me).lieu})"
            return f"{self.doors.world.names.get(person, person)} en privé{other}"
        return room.name

    def person(self, name: str) -> str:
        bot = re.fullmatch(rf"{BOT}(?: \((.+)\))?", name)
        if bot is None:
            return self.scenes[0].people[name]
        return next((one for one in self.scenes if one.lieu == bot[1]), self.scene).stage.me

    # -- messages

    def target(self, words: str | None) -> str:
        """What is clicked on: a message with these words, rather a bot's; or the last that asks for a click."""
        if words is None:
            return self.doors.last_question(self.room().room_id)
        return next(self.messages(words, *self.doors.bots), "") or self.message(words)

    def message(self, words: str, *senders: str) -> str:
        """The last message that has these words, of anybody or of these."""
        found = next(self.messages(words, *senders), "")
        assert found, f"nobody wrote « {words} » in {self.here}"
        return found

    def messages(self, words: str, *senders: str) -> Iterator[str]:
        for event in reversed(self.room().events):
            original = event["type"] == "m.room.message" and "m.new_content" not in event["content"]
            if original and words in event["content"]["body"] and event["sender"] in (senders or (event["sender"],)):
                yield str(event["event_id"])

    # -- what is written down

    def write_act(self, first: str, below: Sequence[str]) -> None:
        self.page.act(first, below, self.here, self.column(first) if self.federation else None)

    def column(self, act: str) -> int | None:
        """An act is seen in the lieu whose room it is, or that it names, or whose person acts."""
        if act.startswith(("(", "[")):
            return self.scenes.index(self.named) if self.named else None
        name = max((name for name in self.scenes[0].people if act.startswith(name)), key=len, default=None)
        lieu = self.lieu_of(self.room()) or (self.home(self.scenes[0].people[name]) if name else self.scenes[0])
        return self.scenes.index(lieu)

    def write_answers(self) -> None:
        for room in self.rooms.values():
            events = room.events[self.seen.get(room.room_id, 0) :]
            self.seen[room.room_id] = len(room.events)
            for event in (each for each in events if each["sender"] in self.doors.bots):
                if room.name not in self.scenes[0].listed("hors champ"):
                    self.write_answer(event, room)
        self.write_mails()

    def write_answer(self, event: dict[str, Any], room: FakeRoom) -> None:
        bot = self.called(event["sender"], room)
        lines = taken_back(event, room, bot) if self.federation else []
        lines += shown(event, room, bot)
        if lines:
            scene = self.home(event["sender"])
            lieu = self.lieu_of(room)
            scene = lieu if lieu and lieu.stage is scene.stage else scene
            self.page.answer(lines, self.name(room), self.scenes.index(scene))

    def called(self, bot: str, room: FakeRoom) -> str:
        """Where several bots are, each is called after its lieu."""
        there = [me for me in self.doors.bots if room.members.get(me) == "join"]
        return BOT if len(there) < 2 else f"{BOT} ({self.home(bot).lieu})"

    def write_mails(self) -> None:
        for n, scene in enumerate(self.scenes):
            if all(scene.equipment is not one.equipment for one in self.scenes[:n]):
                lines = [f"  (un e-mail part à {address})" for address in self.unwritten(n, "sso", scene.sso_mails)]
                lines += [f"  (Nextcloud écrit à {mail})" for mail in self.unwritten(n, "cloud", scene.cloud_mails)]
                lines += [
                    f"  (un e-mail part à {mail})" for mail in sorted(self.unwritten(n, "own", scene.mails), key=_read)
                ]
                lines += [f"  (sur le site) {one}" for one in self.unwritten(n, "site", scene.site_changes)]
                if lines:
                    self.page.answer(lines, None, n)

    def unwritten(self, n: int, whose: str, mails: Sequence[str]) -> Sequence[str]:
        written = self.mails.get((n, whose), 0)
        self.mails[n, whose] = len(mails)
        return mails[written:]


def _read(mail: str) -> list[int | str]:
    """As people order them, whichever of several reached the server first."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", mail)]
