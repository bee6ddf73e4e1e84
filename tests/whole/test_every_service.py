"""An arrival and a departure through every service that the lieux name: Keycloak, Nextcloud and Odoo stand in, Matrix
and the WordPress are real. After each step every server is asked what is so, with its own API: that table, and what was
said, are in `arrivee-et-depart.txt`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.demo.actor import Actor
from tests.demo.newcomers import ByMail
from tests.demo.place import GARDEN, HALL, NAME, Place
from tests.demo.read_back import ocs
from tests.servers.accounts import KeycloakAccounts
from tests.servers.keycloak_house import KeycloakHouse
from tests.servers.lieu import CLOUD_PASSWORD, ODOO_KEY, Lieu
from tests.servers.nextcloud import StandIn
from tests.servers.odoo import Odoo
from tests.servers.plain_http import plain_http
from tests.servers.wordpress import WordPress
from tests.servers.wordpress_visitor import WordPressVisitor

from .conftest import Open, untold
from .test_departure import anne_sees, is_agreed, time_passes, write_a_file
from .transcript import BOT, read_aloud
from .writer import Writer, asks_for_writers

TRANSCRIPT = Path(__file__).with_name("arrivee-et-depart.txt")
ROOMS = (NAME, HALL, GARDEN)
NOTHING, CONCIERGERIE = "—", "Conciergerie"
DAY = re.compile(r"(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) \d+(er)? \w+( \d{4})?( à \d+\sh(\s\d+)?)?")


@dataclass
class Servers:
    """Each asked for itself what is so of somebody; the bot is asked nothing. `article` is one that they wrote."""

    lieu: Lieu
    accounts: KeycloakAccounts
    somebody: Writer
    article: str = ""

    async def told(self) -> dict[str, str]:
        return {
            **await self.keycloak(),
            **await self.nextcloud(),
            **await self.site(),
            **await self.odoo(),
            **await self.matrix(),
        }

    async def keycloak(self) -> dict[str, str]:
        zoe = self.somebody.newcomer
        found = await self.accounts.with_email(zoe.email)
        return {
            "Keycloak, compte": NOTHING if not found else "ouvert" if found[0].active else "suspendu",
            "Keycloak, groupes": ", ".join(group for one in found for group in one.groups) or NOTHING,
            "Keycloak, sessions": str(await self.accounts.sessions(zoe.email)),
            "Keycloak, son mot de passe": await self.accounts.tries(zoe.login, zoe.password),
        }

    async def nextcloud(self) -> dict[str, str]:
        login, lieu = self.somebody.newcomer.login, self.lieu
        whole = await ocs(lieu, "admin", "admin", f"cloud/users/{login}")  # an empty list for nobody
        groups = whole["groups"] if whole else []
        assert lieu.cloud
        home = lieu.cloud.memory.homes.get(login, {})  # nobody else may look
        given = await ocs(lieu, lieu.bot_name, CLOUD_PASSWORD, "apps/files_sharing/api/v1/shares")
        folders = [share["path"].strip("/") for share in given if share["share_with"] in (*groups, login)]
        return {
            "Nextcloud, compte": NOTHING if not whole else "ouvert" if whole["enabled"] else "suspendu",
            "Nextcloud, groupes": ", ".join(groups) or NOTHING,
            "Nextcloud, dossiers du lieu": ", ".join(folders) or NOTHING,
            "Nextcloud, ses fichiers": ", ".join(filter(None, home)) or NOTHING,
        }

    async def site(self) -> dict[str, str]:
        zoe, site = self.somebody, self.lieu.site
        assert site
        found = await site.accounts(zoe.newcomer.email)
        wrote = NOTHING
        if self.article:
            article = await site.written(self.article)
            async with site.client() as http:
                author = (await http.get(f"/wp-json/wp/v2/users/{article.author}", params={"context": "edit"})).json()
            wrote = f"de {author['username']}, {article.status}"
        return {
            "Site, compte": " / ".join(", ".join(one["roles"]) or "aucun rôle" for one in found) or NOTHING,
            "Site, son article": wrote,
            "Site, son application": await zoe.browser.program(),
        }

    async def odoo(self) -> dict[str, str]:
        email = self.somebody.newcomer.email
        found = await self._of_odoo("res.partner", [["email", "=", email]], ["active", "category_id"])
        tags = {row["id"]: row["name"] for row in await self._of_odoo("res.partner.category", [], ["name"])}
        told = [
            ", ".join(["ouverte" if row["active"] else "archivée", *(tags[tag] for tag in row["category_id"])])
            for row in found
        ]
        return {"Odoo, fiche": " / ".join(told) or NOTHING}

    async def _of_odoo(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        odoo = self.lieu.odoo
        assert odoo
        body = {"domain": domain, "fields": fields, "context": {"active_test": False}}
        headers = {"Authorization": f"Bearer {ODOO_KEY}", "X-Odoo-Database": odoo.database}
        async with plain_http(base_url=odoo.url, headers=headers) as http:
            answer = (await http.post(f"/json/2/{model}/search_read", json=body)).raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    async def matrix(self) -> dict[str, str]:
        place = self.somebody.place
        rooms = {NAME: place.space, **place.rooms}
        return {
            "Matrix, compte": await self._account(),
            "Matrix, son téléphone": await self._session(),
            **{f"Matrix, {name}": await self._membership(room) for name, room in rooms.items()},
        }

    async def _account(self) -> str:
        path = f"/_synapse/admin/v2/users/{self.somebody.newcomer.user_id}"
        try:
            told = await self.lieu.synapse.call("GET", path, token=self.lieu.administrator)
        except RuntimeError as refusal:
            return _refused(refusal)
        return "fermé" if told["deactivated"] else "suspendu" if told["locked"] else "ouvert"

    async def _session(self) -> str:
        """Of the token that her client has."""
        if not hasattr(self.somebody, "zoe"):
            return NOTHING
        try:
            await self.somebody.zoe.person.call("GET", "/_matrix/client/v3/account/whoami")
        except RuntimeError as refusal:
            return _refused(refusal)
        return "entre"

    async def _membership(self, room: str) -> str:
        """As the homeserver tells it to Anne."""
        path = f"/_matrix/client/v3/rooms/{room}/state/m.room.member/{self.somebody.newcomer.user_id}"
        try:
            return str((await self.somebody.place.anne.person.call("GET", path))["membership"])
        except RuntimeError as refusal:
            return _refused(refusal)


def _refused(refusal: RuntimeError) -> str:
    """What a homeserver says, in its own word."""
    word = next(word for word in str(refusal).split('"') if word.startswith("M_"))
    return NOTHING if word == "M_NOT_FOUND" else word


class Story:
    """What was said in each room, part after part, and what the servers told after each; without what is another at
    each run."""

    def __init__(self, place: Place, *people: Writer) -> None:
        self.lines = [
            "Une arrivée et un départ par tous les services : ce qui s’est dit, et ce que chaque serveur en tient."
        ]
        self._place, self._people, self._after = place, people, dict[str, set[str]]()
        self._read: set[int] = set()
        self.told: dict[str, dict[str, str]] = {}

    async def part(self, title: str, *rooms: tuple[str, Actor, str]) -> None:
        self.lines.append(f"\n== {title}")
        for name, actor, room in rooms:
            after = self._after.setdefault(room, set())
            if said := await read_aloud(actor, room, self._called(), after):
                self.lines += [f"\n[{name}]", *said]

    def mails(self, who: Writer) -> None:
        """What they were sent since the last time, by the lieu and by its site."""
        site = self._place.lieu.site
        assert site
        assert self._place.lieu.mails
        every = [*self._place.lieu.mails.messages, *site.mails.messages]
        news = [mail for mail in every if who.newcomer.email in mail.to and id(mail) not in self._read]
        self._read |= {id(mail) for mail in news}
        self.lines += ["", *(f"(un e-mail à {who.newcomer.email} : « {mail.subject} »)" for mail in news)]

    def _called(self) -> dict[str, str]:
        lieu = self._place.lieu
        called = {lieu.account.user_id: BOT, self._place.anne.person.user_id: "Anne"}
        return called | {one.newcomer.user_id: one.newcomer.name.partition(" ")[0] for one in self._people}

    def text(self) -> str:
        text = "\n".join([*self.lines, "", *_table(self.told)]) + "\n"
        lieu = self._place.lieu
        own = {lieu.account.user_id: "@conciergerie:lieu.fr", lieu.bot.url: "https://bienvenue.lieu.fr"}
        own |= {lieu.synapse.base_url: "https://matrix.lieu.fr", lieu.synapse.server_name: "lieu.fr"}
        own |= {quote(self._place.space): "%21lieu", quote(lieu.synapse.server_name): "lieu.fr"}
        own |= {lieu.cloud_url: "https://nuage.lieu.fr", lieu.site_url: "https://site.lieu.fr"}
        for one, other in own.items():
            text = text.replace(one, other)
        return DAY.sub("tel jour", text)


def _table(told: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A column for each moment."""
    rows = [["", *told], *([what, *(one[what] for one in told.values())] for what in next(iter(told.values())))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


async def test_one_arrival_and_one_departure(
    keycloak_house: KeycloakHouse, wordpress: WordPress, open_lieu: Open, tmp_path: Path
) -> None:
    house, accounts = keycloak_house, KeycloakAccounts(keycloak_house.sso)
    services = {"cloud": StandIn("34.0.1"), "accounts": accounts, "mails": house.mails, "site": wordpress}
    lieu = await open_lieu(house.synapse, **services, odoo=Odoo(), administers=True)
    async with AsyncExitStack() as stack:
        place = Place(lieu, untold, "anne")
        stack.push_async_callback(place.end)
        bob, zoe = [
            Writer(place, ByMail(house, name, login, f"{login}@exemple.fr"), await stack.enter_async_context(browser))
            for name, login, browser in (
                ("Bob Roux", "bob.roux", WordPressVisitor(wordpress)),
                ("Zoé Martin", "zoe.martin", WordPressVisitor(wordpress)),
            )
        ]
        story, servers = Story(place, bob, zoe), Servers(lieu, accounts, zoe)
        await place.prepare()
        await place.install()
        anne, office = place.anne, place.office
        await asks_for_writers(place)
        await bob.comes()
        await bob.opens_the_site()
        await story.part("Avant : le lieu s’installe, et Bob arrive", (CONCIERGERIE, anne, office))
        story.told["avant"] = await servers.told()

        await zoe.comes()
        await zoe.opens_the_site()
        write_a_file(lieu, zoe.newcomer.login)
        servers.article = await zoe.browser.publishes("Le jardin en novembre")
        story.told["arrivée"] = await servers.told()
        await anne.says(office, "!membres zoé")
        await anne_sees(place, "Le site du lieu : à son nom")
        office_then_zoe = (CONCIERGERIE, anne, office), ("Zoé en privé", zoe.zoe, zoe.direct)
        await story.part("Zoé arrive", *office_then_zoe)
        story.mails(zoe)

        await anne.says(office, "!départ zoé tout de suite")
        await anne.converses(office, (("departure.heir", "bob"), ("departure.sure-account", "✅")))
        await anne.hears(office, "departure.locked-account")
        story.told["départ"] = await servers.told()
        await story.part("Zoé s’en va", (CONCIERGERIE, anne, office))  # she is locked out, and reads her mail
        story.mails(zoe)

        await time_passes(lieu, 29)
        await anne.converses(office, (("departure.ready", "✅"),))
        await is_agreed(place, zoe.newcomer.login)
        await time_passes(lieu, 31)
        await anne_sees(place, "est fermé pour de bon, et c’est relu")
        story.told["un mois après"] = await servers.told()
        await story.part("Un mois après", (CONCIERGERIE, anne, office))
        story.mails(zoe)
    played = tmp_path / TRANSCRIPT.name
    played.write_text(story.text())
    assert story.text() == TRANSCRIPT.read_text(), f"what was played is in {played}"
