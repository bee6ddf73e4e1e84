"""Plays a transcript: what people do is read from the file, what the bot answers is written between.

`python -m tests.talk.transcript FILE…` writes the answers into the files; the tests compare them.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.talk.scenery import BOT as CLOUD_BOT
from tests.talk.scenery import Scenery, scenery
from tests.talk.stage import ME, FakeRoom

FOLDER = Path(__file__).parent.parent / "conversations"
UNITS = {"minute": 1 / 1440, "heure": 1 / 24, "jour": 1.0}
BOT = "Conciergerie"
SENT = {"m.image": "une image", "m.file": "un fichier"}


def parse(text: str) -> tuple[str, dict[str, str], list[list[str]]]:
    """The title, the header and the acts; an act is a line, and those below it that begin with "|"."""
    head, _, body = text.partition("\n---\n")
    title, *lines = head.splitlines()
    header = dict(line.split(" : ", 1) for line in lines if line.strip())
    acts: list[list[str]] = []
    for line in body.splitlines():
        if line.startswith("|"):
            acts[-1].append(line.removeprefix("|").removeprefix(" "))
        elif line.strip() and not line.startswith(" "):
            acts.append([line])
    return title, header, acts


@dataclass
class Player:
    """`here` is the room in which people act; `seen` how much of each room was written down."""

    scene: Scenery
    here: str = ""
    told: str = ""
    lines: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    mails: int = 0

    # -- rooms

    def room(self) -> FakeRoom:
        private = re.fullmatch(r"(.+) en privé", self.here)
        if private is None:
            return self.scene.rooms[self.here]
        return self.scene.stage.matrix.rooms[self.scene.stage.matrix.directs[self.scene.people[private[1]]]]

    def name(self, room: FakeRoom) -> str:
        directs = {id: person for person, id in self.scene.stage.matrix.directs.items()}
        if room.room_id in directs:
            return f"{self.scene.stage.matrix.names.get(directs[room.room_id], directs[room.room_id])} en privé"
        return room.name

    def person(self, name: str) -> str:
        return ME if name == BOT else self.scene.people[name]

    # -- acts

    async def act(self, first: str, below: list[str]) -> None:
        for pattern, play in self.ACTS.items():
            if found := re.fullmatch(pattern, first):
                return await play(self, *found.groups(), *([below] if play in (Player.say, Player.say_at_once) else []))
        raise ValueError(f"not understood: {first!r}")

    async def go(self, here: str) -> None:
        self.here = self.told = here

    async def say(self, name: str, text: str, below: list[str]) -> None:
        await self.scene.stage.write(self.person(name), self.room().room_id, "\n".join([text, *below]).strip("\n"))

    async def say_at_once(self, name: str, below: list[str]) -> None:
        said = [{"msgtype": "m.text", "body": line} for line in below]
        await self.at_once([(name, "m.room.message", content) for content in said])

    async def click(self, names: str, key: str, on: str | None) -> None:
        relation = {"rel_type": "m.annotation", "event_id": self.target(on), "key": key}
        await self.at_once([(name, "m.reaction", {"m.relates_to": relation}) for name in names.split(" et ")])

    async def at_once(self, what: list[tuple[str, str, dict[str, Any]]]) -> None:
        stage, room = self.scene.stage, self.room()
        events = [stage.happens(room.room_id, self.person(name), type, content) for name, type, content in what]
        await stage.hear(*events)

    async def send_photo(self, name: str) -> None:
        await self.send(name, {"msgtype": "m.image", "body": "IMG_2041.jpg", "url": "mxc://lieu.fr/photo"})

    async def send(self, name: str, content: dict[str, Any]) -> None:
        await self.scene.stage.event(self.room().room_id, self.person(name), "m.room.message", content)

    async def edit(self, name: str, text: str) -> None:
        mine = [e for e in self.room().events if e["sender"] == self.person(name) and e["type"] == "m.room.message"]
        relation = {"rel_type": "m.replace", "event_id": mine[-1]["event_id"]}
        new = {"msgtype": "m.text", "body": text}
        await self.send(
            name, {"msgtype": "m.text", "body": f"* {text}", "m.new_content": new, "m.relates_to": relation}
        )

    async def thread(self, name: str, text: str) -> None:
        relation = {"rel_type": "m.thread", "event_id": self.target(None)}
        await self.send(name, {"msgtype": "m.text", "body": text, "m.relates_to": relation})

    async def reply(self, name: str, on: str, text: str) -> None:
        relation = {"m.in_reply_to": {"event_id": self.message(on)}}
        await self.send(name, {"msgtype": "m.text", "body": text, "m.relates_to": relation})

    async def enter(self, name: str) -> None:
        await self.scene.stage.enter(self.person(name), self.room().room_id)

    async def knock(self, name: str, reason: str | None) -> None:
        room, person = self.room(), self.person(name)
        assert room.join in ("knock", "knock_restricted"), "nobody can knock here"
        room.members[person] = "knock"
        content = {"membership": "knock"} | ({"reason": reason} if reason else {})
        await self.scene.stage.event(room.room_id, person, "m.room.member", content, state_key=person)

    async def knock_no_more(self, name: str) -> None:
        room, person = self.room(), self.person(name)
        room.members[person] = "leave"
        await self.scene.stage.event(room.room_id, person, "m.room.member", {"membership": "leave"}, state_key=person)

    async def leave(self, name: str) -> None:
        room, person = self.room(), self.person(name)
        room.members[person] = "leave"
        event = {"membership": "leave"}
        await self.scene.stage.event(
            room.room_id, self.scene.ids("concierges")[0], "m.room.member", event, state_key=person
        )

    async def bring(self, name: str) -> None:
        await self.scene.stage.bring_bot(self.person(name), self.room().room_id)

    async def wait(self, count: str, unit: str) -> None:
        await self.scene.stage.wait(int(count) * UNITS[unit])

    async def monday(self) -> None:
        await self.scene.stage.monday()

    async def weather(self, service: str, how: str) -> None:
        self.scene.weather(service, how != "est en panne")

    async def drop_file(self, size: str, path: str) -> None:
        assert self.scene.nextcloud
        memory = self.scene.nextcloud.memory
        memory.homes[CLOUD_BOT][path] = memory.node(b"x" * int(size), "text/plain")

    async def throw(self, path: str) -> None:
        assert self.scene.nextcloud
        home = self.scene.nextcloud.memory.homes[CLOUD_BOT]
        for each in [each for each in home if f"{each}/".startswith(f"{path}/")]:
            del home[each]

    async def look_around(self) -> None:
        await self.scene.stage.bot.stand()
        await self.scene.stage.settle()

    async def choose_password(self, name: str) -> None:
        assert self.scene.directory
        self.scene.directory.passwords.add(self.person(name)[1:].partition(":")[0])

    async def open_nextcloud(self, name: str) -> None:
        """With the newest account of the directory: Nextcloud makes its own of it at the first sign-in."""
        assert self.scene.directory
        assert self.scene.nextcloud
        account = list(self.scene.directory.accounts.values())[-1]
        self.scene.nextcloud.add_account(account.login, name=account.name, backend="user_oidc")

    async def list_adds(self, entity: str, reason: str) -> None:
        """A new rule in the ban list of the header."""
        stage, kind = self.scene.stage, "user" if entity.startswith("@") else "server"
        room = stage.matrix.rooms[stage.matrix.aliases[self.scene.header["liste"]]]
        room.rules[entity] = {"kind": kind, "entity": entity, "reason": reason}
        content = {"entity": entity, "reason": reason, "recommendation": "m.ban"}
        await stage.event(room.room_id, "@veille:veille.example", f"m.policy.rule.{kind}", content, state_key=entity)

    ACTS = {
        r"\(la liste ajoute « (.+) » : (.+)\)": list_adds,
        r"\[(.+)\]": go,
        r"([^,]+), d’un coup :": say_at_once,
        r"(.+) clique(?:nt)? (\S+)(?: sur « (.+) »)?": click,
        r"(.+) envoie une photo": send_photo,
        r"(.+) modifie son message : (.+)": edit,
        r"(.+) répond dans le fil : (.+)": thread,
        r"(.+) répond à « (.+) » : (.+)": reply,
        r"(.+) entre": enter,
        r"(.+) frappe(?: : « (.+) »)?": knock,
        r"(.+) ne frappe plus": knock_no_more,
        r"(.+) sort": leave,
        rf"(.+) invite la {BOT}": bring,
        r"(.+) choisit son mot de passe": choose_password,
        r"(.+) ouvre Nextcloud": open_nextcloud,
        r"\((\d+) (jour|heure|minute)s? passe(?:nt)?\)": wait,
        r"\(lundi matin\)": monday,
        r"\((l’annuaire|Nextcloud|la messagerie) (est en panne|est de retour)\)": weather,
        r"\(quelqu’un dépose (\d+) octets dans Nextcloud : (.+)\)": drop_file,
        r"\(quelqu’un jette dans Nextcloud : (.+)\)": throw,
        rf"\(la {BOT} commence sa journée\)": look_around,
        r"([^:]+?) :(?: (.*))?": say,
    }

    def target(self, words: str | None) -> str:
        """The bot's message that has these words, or the last one that can be clicked on."""
        if words is None:
            return self.scene.stage.last_question(self.room().room_id)
        said = [e for e in self.room().events if e["sender"] == ME and e["type"] == "m.room.message"]
        return next(
            str(e["event_id"])
            for e in reversed(said)
            if words in e["content"]["body"] and "m.new_content" not in e["content"]
        )

    def message(self, words: str) -> str:
        """Anybody's message that has these words."""
        said = [e for e in self.room().events if e["type"] == "m.room.message" and "m.new_content" not in e["content"]]
        return next(str(e["event_id"]) for e in reversed(said) if words in e["content"]["body"])

    # -- what the bot answers

    async def check_journal(self) -> None:
        """Every act that was written down has its words, for `!journal`."""
        codes = await self.scene.stage.database.read(
            lambda tx: [row["what"] for row in tx.execute("SELECT DISTINCT what FROM acts")]
        )
        assert [code for code in codes if not self.scene.stage.bot.words.has(f"journal.act.{code}")] == []

    def write_answers(self) -> None:
        for room in self.scene.stage.matrix.rooms.values():
            events = room.events[self.seen.get(room.room_id, 0) :]
            self.seen[room.room_id] = len(room.events)
            spoken = [line for event in events if event["sender"] == ME for line in self.shown(event, room)]
            if spoken and self.name(room) != self.told:
                self.told = self.name(room)
                self.lines.append(f"  [{self.told}]")
            self.lines += spoken
        self.write_mails()

    def write_mails(self) -> None:
        if self.scene.directory:
            sent, self.mails = self.scene.directory.mails[self.mails :], len(self.scene.directory.mails)
            self.lines += [f"  (un e-mail part à {address})" for address in sent]

    def shown(self, event: Mapping[str, Any], room: FakeRoom) -> list[str]:
        content = event["content"]
        if event["type"] != "m.room.message":
            return []
        if content["msgtype"] in SENT:
            under = [] if content["body"] == content["filename"] else content["body"].splitlines()
            sent = f"  {BOT} envoie {SENT[content['msgtype']]} : {content['filename']}"
            return [sent, *(f"    {line}" for line in under)]
        edited = "m.new_content" in content
        said = content["m.new_content"]["body"] if edited else content["body"]
        first, *more = said.splitlines()
        keys = "" if edited else self.keys(event["event_id"], room)
        verb = " (corrige)" if edited else " (note)" if content["msgtype"] == "m.notice" else ""
        lines = [f"  {BOT}{verb} : {first}", *(f"    {line}".rstrip() for line in more)]
        return [*lines, f"    {keys}"] if keys else lines

    def keys(self, event_id: str, room: FakeRoom) -> str:
        """What can be clicked on under a message of the bot, as it was posed."""
        relations = [
            e["content"]["m.relates_to"] for e in room.events if e["type"] == "m.reaction" and e["sender"] == ME
        ]
        return " ".join(each["key"] for each in relations if each["event_id"] == event_id)


async def play(file: Path) -> str:
    """The transcript as the bot plays it today."""
    text = file.read_text()
    head, _, _ = text.partition("\n---\n")
    _, header, acts = parse(text)
    with tempfile.TemporaryDirectory() as folder:
        async with scenery(header, Path(folder)) as scene:
            player = Player(scene)
            for first, *below in acts:
                player.lines += ["", first] if first.startswith("[") else [first]
                player.lines += [f"| {line}".rstrip() for line in below]
                await player.act(first, below)
                player.write_answers()
            await player.check_journal()
    return "\n".join([head, "---", *player.lines, ""])


def main() -> None:
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(asyncio.run(play(file)))


if __name__ == "__main__":
    main()
