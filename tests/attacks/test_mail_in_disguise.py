"""Eve has a lieu, or invites somebody: what she calls it, and herself, is no header, recipient or link in its mails.

The mails go to people who never heard of the lieu; what they read must be ours, with her words in their place.
"""

from __future__ import annotations

import re
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot.mail.mails import Mails
from bot.mail.way_in import WayIn
from tests.mail.test_invitation import HREF, LIEU, PAGES, ZOE, invite, page_of, part, server_of
from tests.stage.transcript_header import Scenery, scenery

NAMES = [
    "La Rosée\r\nBcc: tous@exemple.fr",
    "La Rosée\nSubject: Vous avez gagné\n\nCliquez",
    "La Rosée\u2028Bcc: tous@exemple.fr",
    '"><script>alert(1)</script>',
    "<a href='https://evil.example'>La Rosée</a>",
    "[La Rosée](https://evil.example)",
    "**La Rosée** {secret} {inviter.__class__} {{ 7 * 7 }} {% raw %}",
    "https://evil.example/login",
    "evil.example",
    "Banque <support@banque.example>",
    "\u202eeésoR aL\u2066",
    "=?utf-8?q?La_Ros=C3=A9e?= <eve@evil.example>",
    "R" * 5000,
    "é" * 5000,
    "😀" * 300,
    "\x00\x1b[31mRosée",
    " ",
]
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "X-Peer"),
    *("X-MailFrom", "X-RcptTo"),
}
LINKED = re.compile(r"https?://[^\s<>\"\u200c]+|\b[\w-]+(?:\.[\w-]+)*\.(?:example|fr)\b")  # as mail programs find links


async def mailed(scene: Scenery, lieu: str, inviter: str, guest: str) -> tuple[EmailMessage, str]:
    """The invitation of somebody, in a lieu and by somebody called so; and the address of its page."""
    await invite(scene)
    server_of(scene).mails.clear()
    stage, bot = scene.stage, scene.stage.bot
    stage.matrix.names[scene.people["Anne"]] = inviter
    (found,) = await bot.lieux.all()
    way_in = await bot.provide(WayIn, replace(found, name=lieu))
    assert isinstance(way_in, WayIn)
    assert isinstance(way_in.mails, Mails)
    arrival = await bot.arrivals.of_person(found.id, ZOE)
    assert arrival
    await bot.arrivals.change(arrival["id"], name=guest)
    assert await way_in.mail("zoe@exemple.fr", arrival["id"], "page", "cle") == "sent"
    (message,) = server_of(scene).messages
    return message, await page_of(scene)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
async def test_a_name_stays_a_name(tmp_path: Path, name: str) -> None:
    async with scenery(LIEU | {"pages": PAGES}, tmp_path) as scene:
        message, page = await mailed(scene, name, name, name)
        (mail,) = server_of(scene).mails
        assert mail.to == ("zoe@exemple.fr",)
        assert set(message.keys()) <= HEADERS
        assert len(message.keys()) == len(set(message.keys()))
        (sender,) = message["From"].addresses
        assert sender.addr_spec == "bot@lieu.fr"
        assert not set(sender.display_name) & set("<>@\r\n")
        for header in ("From", "To", "Subject"):
            assert "\n" not in str(message[header])
            assert len(str(message[header])) < 500
        html, text = part(message, "html"), part(message, "plain")
        assert set(HREF.findall(html)) == {page}
        assert not re.search(r"<(script|a href='|b>)", html)
        assert "49" not in html + text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", html + text)
        own = text.replace(page, "")
        assert LINKED.findall(own) == [], "nothing of hers becomes a link"
        assert len(text) < 3000


@pytest.mark.parametrize("said", ["zoe@exemple.fr\r\nRCPT TO:<tous@exemple.fr>", "zoe@exemple.fr> SIZE=1", "a b@c.fr"])
async def test_an_address_is_no_command(tmp_path: Path, said: str) -> None:
    async with scenery(LIEU | {"pages": PAGES}, tmp_path) as scene:
        await invite(scene)
        seen = len(server_of(scene).seen)
        (found,) = await scene.stage.bot.lieux.all()
        way_in = await scene.stage.bot.provide(WayIn, found)
        assert isinstance(way_in, WayIn)
        arrival = await scene.stage.bot.arrivals.of_person(found.id, ZOE)
        assert arrival
        with pytest.raises(Exception) as no:  # noqa: PT011 - of whichever kind
            await way_in.mail(said, arrival["id"], "page", "cle")
        assert getattr(no.value, "code", "") == "mail-address"
        assert len(server_of(scene).seen) == seen, "the server heard nothing"
