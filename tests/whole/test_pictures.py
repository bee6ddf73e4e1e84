"""The poster, the week and a month of services on a real lieu: the bot as its own process draws, encrypts and sends; a
client opens."""

from __future__ import annotations

import io
from collections.abc import Callable

import pypdf
import zxingcpp
from PIL import Image

from tests.demo.place import Place
from tests.servers.person import Heard
from tests.servers.plain_http import plain_http


def sent(kind: str) -> Callable[[Heard], bool]:
    return lambda heard: heard.content.get("msgtype") == kind and heard.type == "m.room.message"


async def test_what_is_drawn_arrives_where_it_is_read_by_nobody_else(place: Place) -> None:
    anne, private = place.anne.person, place.private
    await anne.say(private, "!affiche")
    png, pdf = [await anne.next(private, sent(kind)) for kind in ("m.image", "m.file")]
    assert "file" in png.content, "the private discussion is encrypted"
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(await anne.opened(png.content))))
    async with plain_http() as phone:
        assert "<h1>La Rosée</h1>" in (await phone.get(code.text)).text
    (sheet,) = pypdf.PdfReader(io.BytesIO(await anne.opened(pdf.content))).pages
    assert "La Rosée" in sheet.extract_text()


async def test_the_week_is_shown_with_its_words(place: Place) -> None:
    anne, office = place.anne.person, place.office
    await anne.say(office, "!semaine")
    heard: Heard = await anne.next(office, sent("m.image"))
    assert heard.body.startswith("Du ")
    assert (heard.content["info"]["w"], heard.content["info"]["h"]) == (1200, 800)
    assert Image.open(io.BytesIO(await anne.opened(heard.content))).size == (1200, 800)


async def test_a_month_of_services_is_shown_with_its_words(place: Place) -> None:
    """What the process has seen of each by then is in the picture; nothing, in its first minutes."""
    anne, office = place.anne.person, place.office
    await anne.say(office, "!garanties")
    heard: Heard = await anne.next(office, sent("m.image"))
    first, *_ = heard.body.splitlines()
    assert "La messagerie" in first or first.startswith("Je n’ai encore rien mesuré")
    size = Image.open(io.BytesIO(await anne.opened(heard.content))).size
    assert size == (heard.content["info"]["w"], heard.content["info"]["h"])
    assert size[0] == 1200
