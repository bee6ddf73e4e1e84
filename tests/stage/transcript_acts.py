"""What people do in a transcript, line by line: the first pattern that fits plays it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from integrations.directory import login_from
from tests.stage.copies import FATES
from tests.stage.lieu_services import BOT as CLOUD_BOT
from tests.stage.people_act import in_thread
from tests.stage.transcript_play import BOT, Playing
from tests.stage.upgrades import relinked, upgrade
from tests.stage.visitor import Seen, Visitor
from tests.stage.world import server

SERVICES = (
    "l’annuaire des CHATONS",
    "l’annuaire",
    "Nextcloud",
    "Odoo",
    "HelloAsso",
    "la messagerie",
    "le serveur des e-mails",
    "le site",
)
PASSWORD = "trois chats dorment"  # whoever chooses one here
HOUR, DAY = 3_600_000, 86_400_000
UNITS = {"minute": 1 / 1440, "heure": 1 / 24, "jour": 1.0}


class Player(Playing):
    async def play(self, first: str, below: list[str]) -> None:
        """An act, and what bots answer."""
        lieu = re.fullmatch(r"\((.+?) : (.+)\)", first)
        self.named = next((one for one in self.scenes if lieu and self.federation and one.lieu == lieu[1]), None)
        self.write_act(first, below)
        await self.act(f"({lieu[2]})" if lieu and self.named else first, below)
        self.write_answers()

    async def act(self, first: str, below: list[str]) -> None:
        for pattern, play in self.ACTS.items():
            if found := re.fullmatch(pattern, first):
                takes_more = play in (Player.say, Player.say_at_once, Player.drop_list)
                return await play(self, *found.groups(), *([below] if takes_more else []))
        raise ValueError(f"not understood: {first!r}")

    async def go(self, here: str) -> None:
        self.here = here

    # -- messages

    async def say(self, name: str, text: str, below: list[str]) -> None:
        await self.doors.write(self.person(name), self.room().room_id, "\n".join([text, *below]).strip("\n"))

    async def say_at_once(self, name: str, below: list[str]) -> None:
        said = [{"msgtype": "m.text", "body": line} for line in below]
        await self.at_once([(name, "m.room.message", content) for content in said])

    async def click(self, names: str, key: str, on: str | None) -> None:
        relation = {"rel_type": "m.annotation", "event_id": self.target(on), "key": key}
        await self.at_once([(name, "m.reaction", {"m.relates_to": relation}) for name in names.split(" et ")])

    async def at_once(self, what: list[tuple[str, str, dict[str, Any]]]) -> None:
        room = self.room().room_id
        await self.doors.hear(
            *[self.doors.happens(room, self.person(name), type, content) for name, type, content in what]
        )

    async def send_photo(self, name: str, on: str | None) -> None:
        thread = in_thread(self.root(on)) if on else {}
        await self.doors.photo(self.person(name), self.room().room_id, **thread)

    async def drop_list(self, name: str, file: str, caption: str | None, below: list[str]) -> None:
        """A file of these lines, as Windows writes it where it may be one of Excel's."""
        data = "\n".join(below).encode("cp1252" if file.endswith(".csv") else "utf-8", "xmlcharrefreplace")
        await self.doors.drop(self.person(name), self.room().room_id, file, data, caption or "")

    async def edit(self, name: str, on: str | None, text: str) -> None:
        """A message of one's own: the one with these words, or the last."""
        person, room = self.person(name), self.room()
        await self.doors.edit(person, room.room_id, self.message(on or "", person), text)

    async def delete(self, name: str, on: str) -> None:
        """A message of one's own with these words, or anybody's."""
        person, room = self.person(name), self.room()
        await self.doors.delete(person, room.room_id, self.message(on))

    async def take_back(self, name: str, key: str) -> None:
        """One's last click on this picture."""
        person, room = self.person(name), self.room()
        clicked = [e for e in room.events if (e["sender"], e["type"]) == (person, "m.reaction") and not e["redacted"]]
        ids = [e["event_id"] for e in clicked if e["content"]["m.relates_to"]["key"] == key]
        await self.doors.delete(person, room.room_id, ids[-1])

    async def thread(self, name: str, on: str | None, text: str) -> None:
        root = self.root(on) if on else self.target(None)
        await self.doors.thread(self.person(name), self.room().room_id, root, text)

    async def reply(self, name: str, on: str, text: str) -> None:
        await self.doors.reply(self.person(name), self.room().room_id, self.message(on), text)

    def root(self, words: str) -> str:
        """Where the thread of the message with these words begins."""
        id = self.message(words)
        event = next(e for e in self.room().events if e["event_id"] == id)
        relation = event["content"].get("m.relates_to", {})
        return str(relation["event_id"]) if relation.get("rel_type") == "m.thread" else id

    # -- coming and going

    async def enter(self, name: str) -> None:
        await self.doors.enter(self.person(name), self.room().room_id)

    async def knock(self, name: str, reason: str | None) -> None:
        room = self.room()
        assert room.join in ("knock", "knock_restricted"), "nobody can knock here"
        more = {"reason": reason} if reason else {}
        await self.doors.becomes(self.person(name), room.room_id, "knock", **more)

    async def knock_no_more(self, name: str) -> None:
        await self.doors.becomes(self.person(name), self.room().room_id, "leave")

    async def leave(self, name: str) -> None:
        concierge = self.scene.ids("concierges")[0]
        await self.doors.becomes(self.person(name), self.room().room_id, "leave", by=concierge)

    async def walk_out(self, name: str) -> None:
        """Of themselves: from where they are, or from an invitation."""
        await self.doors.becomes(self.person(name), self.room().room_id, "leave")

    async def bring(self, name: str, lieu: str | None) -> None:
        bot = self.person(f"{BOT} ({lieu})" if lieu else BOT)
        await self.doors.becomes(bot, self.room().room_id, "invite", by=self.person(name))

    async def put_out(self, name: str) -> None:
        """The bot, of the room in which they act."""
        room, me = self.room(), self.scene.stage.me
        await self.doors.becomes(me, room.room_id, "leave", by=self.person(name))

    async def give_power(self, name: str, place: str) -> None:
        """In the settings of the space, or of a room."""
        room = self.scene.rooms[place]
        room.levels[self.scene.stage.me] = 100
        await self.doors.event(room.room_id, self.person(name), "m.room.power_levels", {"users": room.levels})

    async def upgrade(self, name: str, place: str, alone: str | None) -> None:
        """As in Element's settings of a room: whoever was in the old one is invited, and the space shows the new one;
        or nothing of it."""
        old, person = self.scene.rooms[place], self.person(name)
        new = self.scene.rooms[place] = upgrade(self.doors.world, old.room_id, person)
        for other, membership in [] if alone else list(old.members.items()):
            if other != person and membership in ("join", "invite"):
                self.doors.world.moves(new.room_id, person, other, "invite")
        if old.parent and not alone:
            relinked(self.doors.world, old.room_id, new.room_id)
        await self.doors.hear()
        old.name = f"{old.name} (avant)"

    # -- time, and the weather

    async def wait(self, count: str, unit: str) -> None:
        await self.doors.wait(int(count) * UNITS[unit])

    async def watch(self, count: str, unit: str) -> None:
        """The bot looks at its services meanwhile."""
        await self.scene.stage.watch(int(count) * UNITS[unit] * 1440)

    async def monday(self) -> None:
        await self.doors.monday()

    async def night(self) -> None:
        """Until three in the morning, and what the bot forgets then."""
        stage = self.scene.stage
        await stage.bot.nights.look()  # the first one that it sees only begins
        stage.clock.at += DAY - (stage.clock.at - 2 * HOUR) % DAY  # in the winter of Paris
        await stage.bot.nights.look()
        await stage.settle()

    async def last_seen(self, name: str, years: str, service: str) -> None:
        """As the service tells it."""
        person, at = self.person(name), self.scene.stage.clock.at - int(years) * 365 * DAY
        if service == "Nextcloud":
            assert self.scene.nextcloud
            self.scene.nextcloud.memory.accounts[person[1:].partition(":")[0]].last_login = at // 1000
        else:
            assert self.scene.synapse
            self.scene.synapse.visits[person] = at

    async def weather(self, service: str, how: str) -> None:
        self.scene.weather(service, how != "en panne")

    async def way(self, how: str) -> None:
        """Between this lieu's homeserver and all others."""
        assert self.federation
        if how == "coupé":
            self.federation.cut.add(server(self.scene.stage.me))
        else:
            await self.federation.mend(server(self.scene.stage.me))

    async def server(self, name: str, how: str) -> None:
        """Of somebody elsewhere."""
        world = self.doors.world
        (world.cut.add if how == "ne répond plus" else world.cut.discard)(name)

    async def block(self, name: str) -> None:
        self.doors.world.wanting_none[self.person(name)] = "invitations-blocked"

    async def bot(self, how: str) -> None:
        """Every lieu of this bot has it back."""
        assert self.federation
        me = self.scene.stage.me
        if how == "s’arrête":
            await self.federation.stop(me)
        else:
            await self.federation.start(me)
        for scene in self.scenes:
            scene.stage = self.federation.stages.get(scene.stage.me, scene.stage)

    async def look_around(self) -> None:
        for name in ("pauses", "quota", "memberships", "looks"):  # Monday comes where the page says so
            await self.scene.stage.bot.start_standing(name)
        await self.scene.stage.settle()

    async def read_chatons(self) -> None:
        """As every night."""
        await self.scene.stage.bot.chaton_register.refresh()

    # -- on the pages

    async def open_page(self) -> None:
        """The lieu's."""
        lieu = (await self.scene.stage.bot.lieux.all())[0]
        self.tell_page(await self.visitor().open(await self.scene.stage.bot.page_addresses.of_lieu(lieu)))

    async def ask_to_come(self, name: str, email: str, word: str | None) -> None:
        lieu = (await self.scene.stage.bot.lieux.all())[0]
        await self.visitor().open(await self.scene.stage.bot.page_addresses.of_lieu(lieu))
        self.tell_page(await self.visitor().press(name=name, email=email, word=word or ""))

    async def all_ask_to_come(self, names: str) -> None:
        """One after the other, and each confirms; what they see of it is told elsewhere."""
        lieu = (await self.scene.stage.bot.lieux.all())[0]
        assert self.scene.mail_server
        for name in names.split(", "):
            email = f"{login_from(name)}@exemple.fr"
            await self.visitor().open(await self.scene.stage.bot.page_addresses.of_lieu(lieu))
            await self.visitor().press(name=name, email=email)
            await self.visitor().open(self.scene.mail_server.mails[-1].link("/demande/"))
            await self.visitor().press()

    async def send_again(self) -> None:
        self.tell_page(await self.visitor().send_again())

    async def open_mail(self, email: str) -> None:
        """The last one, and the page that it leads to."""
        assert self.scene.mail_server
        mail = [mail for mail in self.scene.mail_server.mails if email in mail.to][-1]
        self.page.answer([f"  (l’e-mail) {line}".rstrip() for line in mail.text.strip().splitlines()], None, 0)
        if self.scene.header["pages"] in mail.text:
            self.tell_page(await self.visitor().open(mail.link(self.scene.header["pages"])))

    async def press(self, button: str, answer: str | None) -> None:
        filled = {"answer": answer} if answer else {}
        self.tell_page(await self.visitor().press(button, **filled))

    def visitor(self) -> Visitor:
        assert self.scene.visitor
        return self.scene.visitor

    def tell_page(self, page: Seen) -> None:
        lines = [*page.told, *(f"[ {button} ]" for button in page.buttons)]
        self.page.answer([f"  (la page) {line}" for line in lines], None, 0)

    # -- in the services

    async def drop_file(self, size: str, path: str) -> None:
        assert self.scene.nextcloud
        memory = self.scene.nextcloud.memory
        memory.homes[CLOUD_BOT][path] = memory.node(b"x" * int(size), "text/plain")

    async def throw(self, path: str) -> None:
        assert self.scene.nextcloud
        self.scene.nextcloud.memory.throw_away(CLOUD_BOT, path)

    async def move(self, path: str, to: str) -> None:
        assert self.scene.nextcloud
        self.scene.nextcloud.memory.move(CLOUD_BOT, path, to)

    async def refuse_mails(self, address: str, words: str | None) -> None:
        """The mail server refuses one address, in these words; or takes it again."""
        server = self.scene.mail_server
        assert server
        server.answers.pop(address, None)
        if words:
            server.answers[address] = f"550 5.1.1 {words}"

    async def choose_password(self, name: str) -> None:
        person = self.person(name)
        scene = self.home(person)
        if scene.directory is None:  # on the page that is open, and signs in with it
            assert scene.synapse
            self.tell_page(await self.visitor().press(**dict.fromkeys(("password", "again"), PASSWORD)))
            assert scene.synapse.chosen[person] == PASSWORD
            scene.synapse.sessions[person] = {"téléphone"}
        else:
            scene.directory.choose_password(person[1:].partition(":")[0])

    async def mistake_password(self, name: str, minutes: str | None) -> None:
        """Until the SSO keeps them out, for a while or for good."""
        person = self.person(name)
        home = self.home(person)
        assert home.directory
        until = home.stage.clock.now() // 1000 + int(minutes) * 60 if minutes else None
        home.directory.bars[person[1:].partition(":")[0]] = until

    async def open_nextcloud(self, name: str) -> None:
        """With the newest account of the directory: Nextcloud makes its own of it at the first sign-in. Without one,
        with their account there, if that is open; and they say what they find."""
        assert self.scene.nextcloud
        if self.scene.directory is None:
            memory = self.scene.nextcloud.memory
            account = memory.accounts[self.person(name)[1:].partition(":")[0]]
            account.last_login = account.last_login or account.enabled
            shared = [share.path for share in memory.shares.values() if share.to in (account.id, *account.groups)]
            seen = f"trouve : {', '.join(shared)}" if account.enabled else "ne peut pas entrer"
            self.page.answer([f"  ({name} {seen})"], None, 0)
            return
        newest = list(self.scene.directory.accounts.values())[-1]
        self.scene.nextcloud.add_account(newest.login, name=newest.name, backend="user_oidc")

    async def open_odoo(self) -> None:
        """The contacts that people see there, but the bot's own; and those that are archived."""
        server = self.scene.odoo
        assert server
        own = {row["partner_id"] for id, row in server.users.items() if id in server.accounts}
        rows = [(id, row) for id, row in server.contacts.items() if id not in own]
        self.page.answer(
            [f"  (dans Odoo : {server.described(id)})" for id, _ in rows] or ["  (dans Odoo : rien)"], None, 0
        )

    async def write_articles(self, login: str, count: str) -> None:
        site = self.scene.equipment.wordpress
        assert site
        for _ in range(int(count)):
            site.write(site.named(login))

    async def lose_answer(self) -> None:
        """What it is asked next is carried out, and nobody hears of it."""
        assert self.scene.equipment.wordpress
        self.scene.equipment.wordpress.forgets = 1

    async def promote(self, login: str, role: str) -> None:
        """By whoever administers the site."""
        site = self.scene.equipment.wordpress
        assert site
        site.named(login).roles = [role]

    async def join(self, names: str, payer: str | None, email: str | None) -> None:
        """At HelloAsso, each by themselves; or somebody else pays, and the address is theirs."""
        assert self.scene.equipment.helloasso
        for name in names.split(", "):
            first, _, last = name.partition(" ")
            paid = tuple(payer.split(" ", 1)) if payer else None
            own = email or f"{login_from(first)}@exemple.fr"
            self.scene.equipment.helloasso.joins(first, last, own, payer=paid)  # type: ignore[arg-type]

    async def cancel_membership(self, first: str) -> None:
        assert self.scene.equipment.helloasso
        self.scene.equipment.helloasso.cancel(first)

    async def list_adds(self, entity: str, reason: str) -> None:
        """A new rule in the ban list of the header."""
        kind = "user" if entity.startswith("@") else "server"
        room = self.rooms[self.doors.world.aliases[self.scene.header["liste"]]]
        room.rules[entity] = {"kind": kind, "entity": entity, "reason": reason}
        content = {"entity": entity, "reason": reason, "recommendation": "m.ban"}
        await self.doors.event(
            room.room_id, "@veille:veille.example", f"m.policy.rule.{kind}", content, state_key=entity
        )

    async def keep_copies(self, days: str, fate: str) -> None:
        assert self.scene.copies
        self.scene.copies.ends.update(FATES[fate])
        await self.scene.copies.pass_by(timedelta(days=int(days)))

    ACTS = {
        r"\(la liste ajoute « (.+) » : (.+)\)": list_adds,
        r"\[(.+)\]": go,
        r"([^,]+), d’un coup :": say_at_once,
        r"(.+) clique(?:nt)? (\S+)(?: sur « (.+) »)?": click,
        r"(.+) retire son (\S+)": take_back,
        r"(.+) dépose le fichier (\S+)(?: en écrivant « (.+) »)? :": drop_list,
        r"(.+) envoie une photo(?: dans le fil de « (.+) »)?": send_photo,
        r"(.+) modifie (?:son message|« (.+) ») : (.+)": edit,
        r"(.+) supprime « (.+) »": delete,
        r"(.+) répond dans le fil(?: de « (.+) »)? : (.+)": thread,
        r"(.+) répond à « (.+) » : (.+)": reply,
        r"(.+) entre": enter,
        r"(.+) frappe(?: : « (.+) »)?": knock,
        r"(.+) ne frappe plus": knock_no_more,
        r"(.+) (?:s’en va|refuse l’invitation)": walk_out,
        r"(.+) sort": leave,
        rf"(.+) invite la {BOT}(?: \((.+)\))?": bring,
        rf"(.+) met la {BOT} dehors": put_out,
        rf"(.+) nomme la {BOT} « Administrateur » dans (.+)": give_power,
        r"(.+?) met à niveau (.+?)(, sans inviter personne)?": upgrade,
        r"(.+) choisit son mot de passe": choose_password,
        r"(.+) se trompe de mot de passe(?:, et attend (\d+) minutes)?": mistake_password,
        r"(.+?) demande à venir sur la page, (\S*)(?: : « (.+) »)?": ask_to_come,
        r"\((.+) demandent à venir sur la page, et confirment\)": all_ask_to_come,
        r"\(le même formulaire part une seconde fois\)": send_again,
        r"\(quelqu’un ouvre la page du lieu\)": open_page,
        r"\((\S+@\S+) ouvre son e-mail\)": open_mail,
        r"\(sur la page, « (.+?) »(?:, avec « (.+) »)?\)": press,
        r"(.+) ouvre Nextcloud": open_nextcloud,
        r"\(quelqu’un ouvre Odoo\)": open_odoo,
        r"\((\d+) (jour|heure|minute)s? passe(?:nt)?\)": wait,
        rf"\((\d+) jours? passe(?:nt)?, et les copies ({'|'.join(FATES)})\)": keep_copies,
        rf"\(la {BOT} regarde pendant (\d+) (jour|heure|minute)s?\)": watch,
        r"\(lundi matin\)": monday,
        r"\(une nuit passe\)": night,
        r"\((.+) n’est pas venue? depuis (\d+) ans? dans (Nextcloud|la messagerie)\)": last_seen,
        rf"\(({'|'.join(SERVICES)}) est (en panne|de retour)\)": weather,
        rf"\(la {BOT} lit l’annuaire des CHATONS\)": read_chatons,
        r"\(sur le site, (\S+) a écrit (\d+) articles?\)": write_articles,
        r"\(le site perd une réponse\)": lose_answer,
        r"\(sur le site, (\S+) devient (\S+)\)": promote,
        r"\(le réseau est (coupé|rétabli)\)": way,
        r"\(le serveur (\S+) (ne répond plus|répond de nouveau)\)": server,
        r"\((.+) bloque les invitations\)": block,
        rf"\(la {BOT} (s’arrête|redémarre)\)": bot,
        r"\(quelqu’un dépose (\d+) octets dans Nextcloud : (.+)\)": drop_file,
        r"\(le serveur des e-mails refuse (\S+) : « (.+) »\)": refuse_mails,
        r"\(quelqu’un jette dans Nextcloud : (.+)\)": throw,
        r"\(quelqu’un renomme dans Nextcloud : (.+) en (.+)\)": move,
        rf"\(la {BOT} commence sa journée\)": look_around,
        r"\((.+?) adhère(?:nt)?(?:, (.+?) paie)?(?:, (\S+@\S+))?\)": join,
        r"\(l’adhésion de (.+) est annulée\)": cancel_membership,
        r"([^:]+?) :(?: (.*))?": say,
    }
