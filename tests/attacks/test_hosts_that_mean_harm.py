"""Who: whoever may write a file that the register of hosts names: a member of the federation, or who took over its
machine. What: they name what only the bot can reach, or write what would be said in the bot's own voice. Why it must
fail: a register is there to be read, by people who trust the bot."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from integrations.chatons import client, read
from integrations.errors import Refused, Unavailable
from integrations.outbound import Outside
from tests.attacks.elsewhere import Elsewhere, moved
from tests.servers.chatons import ChatonsFiles, service
from tests.stage.transcript_header import Scenery, scenery

INSIDE = (
    "127.0.0.1",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "::1",
    "fd00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What each name leads to: they keep their own name server."""
    book: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def told(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return [row for address in book.get(host, [host]) for row in real(address, port, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", told)
    return book


@pytest.mark.parametrize("leads_to", [*([one] for one in INSIDE), ["8.8.8.8", "10.0.0.1"]])
async def test_a_name_that_leads_inside(names: dict[str, list[str]], leads_to: list[str]) -> None:
    names["chaton.eve.example"] = leads_to
    with pytest.raises(Refused) as no:
        await read("https://chaton.eve.example/a.properties", Outside())
    assert no.value.code == "cloud-not-public"


async def test_a_name_that_leads_inside_the_second_time(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked up once, and asked where that was: what it says later is nobody's to hear."""
    asked: list[str | None] = []
    http = client.Http

    class Noted(http):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **named: Any) -> None:
            asked.append(named["at"])
            names["chaton.eve.example"] = ["127.0.0.1"]
            super().__init__(*args, **named | {"at": "127.0.0.1"})  # there, nobody speaks TLS

    names["chaton.eve.example"] = ["8.8.8.8"]
    monkeypatch.setattr(client, "Http", Noted)
    with pytest.raises(Unavailable):
        await read("https://chaton.eve.example/a.properties", Outside())
    assert asked == ["8.8.8.8"]


@pytest.mark.parametrize("to", ["http://127.0.0.1:{port}/a", "https://chaton.eve.example/a", "//chaton.eve.example/a"])
async def test_a_redirect_inside(names: dict[str, list[str]], to: str) -> None:
    names["chaton.eve.example"] = ["127.0.0.1"]
    async with Elsewhere() as inside, Elsewhere(says=lambda _: moved(to.format(port=inside.port))) as eve:
        with pytest.raises((Refused, Unavailable)):
            await read(f"{eve.url}/a.properties", Outside([eve.url]))
        assert inside.heard == []
        assert len(eve.heard) == 1


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    header = {"lieu": "La Rosée", "concierges": "Anne", "chatons": "oui"}
    async with scenery(header, tmp_path) as found:
        yield found


async def read_and_ask(scene: Scenery, files: ChatonsFiles, *lines: str) -> list[str]:
    assert await scene.stage.bot.chaton_register.refresh()
    return await scene.answers_to("Anne", *lines)


async def test_names_that_say_what_the_bot_says(scene: Scenery) -> None:
    """On one line, of which nothing is a mark; a copy of somebody's name stands beside another address."""
    files = scene.chatons
    assert files
    name = "Chaton**\n\nClique ici : [ok](https://evil.example) <b>x</b> @room {n} ✅ \u202enoissim\x1b[1m"
    files.chaton("eve", name, {"odoo": service("Odoo", "Odoo {lieu}", "javascript:alert(1)", "Free")})
    files.federation("eve")
    (asked,) = await read_and_ask(scene, files, "!chatons odoo")
    line = next(line for line in asked.splitlines() if line.startswith("1. "))
    assert line == "1. Chaton** · Odoo {lieu} · ouvert à tout le monde"
    assert "evil" not in asked
    event = next(e for e in reversed(scene.stage.world.rooms[scene.rooms["Conciergerie"].room_id].events)
                 if e["type"] == "m.room.message" and e["sender"] == scene.stage.me)  # fmt: skip
    assert event["content"]["m.mentions"] == {}
    assert "evil" not in event["content"]["formatted_body"]


async def test_who_calls_themselves_like_another(scene: Scenery) -> None:
    """By the name alone nobody is written to; the number says which, and its address is shown."""
    files = scene.chatons
    assert files
    for folder, place in (("petit", "petit-chaton.example"), ("eve", "evil.example")):
        odoo = service("Odoo", "Odoo", f"https://{place}/", "Free")
        files.chaton(folder, "Le Petit Chaton", {"odoo": odoo}, contact__email=f"contact@{place}")
    files.federation("eve", "petit")
    said = await read_and_ask(scene, files, "!chatons odoo", "Le Petit Chaton")
    assert said[-1].startswith("Pour ")  # the question is still there
    said = await scene.answers_to("Anne", "2", "passer")
    assert "contact@petit-chaton.example" in said[-2]


async def test_a_software_that_takes_the_name_of_a_need(scene: Scenery) -> None:
    """« visio » means video calls, whatever somebody calls theirs; and « annuler » ends the conversation."""
    files = scene.chatons
    assert files
    odd = ("Visio", "annuler", "pourquoi", "2", "oui", "!chatons", "un", "<b>", "é" * 100)
    services = {f"s{n}": service(name, name, "https://evil.example/", "Free") for n, name in enumerate(odd)}
    files.chaton("eve", "Eve", services)
    files.chaton("petit", "Le Petit Chaton", {"a": service("Salle", "Jitsi Meet", "https://a.example/", "Free")})
    files.federation("petit", "eve")
    found = await read_and_ask(scene, files, "!chatons visio")
    assert "Le Petit Chaton" in found[-1]
    assert "C’est annulé" in (await scene.answers_to("Anne", "annuler"))[-1]
    assert "C’est annulé" in (await scene.answers_to("Anne", "!chatons", "annuler"))[-1]
    assert "Le Petit Chaton" in (await scene.answers_to("Anne", "!chatons un truc de visio"))[-1]
    assert "C’est annulé" in (await scene.answers_to("Anne", "annuler"))[-1]
    said = await scene.answers_to("Anne", "!chatons", "2")
    assert "\u202fpad\u202f" in said[-1]


async def test_hundreds_of_hosts_are_told_a_few_at_a_time(scene: Scenery) -> None:
    files = scene.chatons
    assert files
    folders = [f"c{n:03}" for n in range(120)]
    for folder in folders:
        files.chaton(folder, f"Chaton {folder}", {"odoo": service("Odoo", "Odoo", "https://x.example/", "Free")})
    files.federation(*folders)
    first = (await read_and_ask(scene, files, "!chatons odoo"))[-1]
    assert "120 hébergeurs" in first
    assert len([line for line in first.splitlines() if "Chaton c" in line]) == 8
    second = (await scene.answers_to("Anne", "la suite"))[-1]
    assert "Chaton c008" in second
    assert len(second) < 3000
    assert "Chaton c030" in (await scene.answers_to("Anne", "Chaton c030", "passer"))[-2]


async def test_one_lieu_asks_and_none_other_hears(tmp_path: Path) -> None:
    """The copy is of all lieux; who looked for what is of nobody but them."""
    header = {"lieu": "La Rosée", "concierges": "Anne", "chatons": "oui", "autre lieu": "Le Phare"}
    async with scenery(header, tmp_path) as scene:
        assert await scene.stage.bot.chaton_register.refresh()
        other = scene.rooms["Conciergerie · Le Phare"].room_id
        before = scene.stage.said(other)
        assert "Odoo" in (await scene.answers_to("Anne", "!chatons odoo"))[-1]
        assert scene.stage.said(other) == before
        assert "La Rosée" not in "".join(
            await scene.answers_to("Anne", "!chatons odoo", room="Conciergerie · Le Phare")
        )
