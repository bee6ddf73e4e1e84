"""The page of one newcomer: what it shows of their way, and to whom."""

from __future__ import annotations

from tests.web.conftest import Door

ZOE = "@zoe.martin:lieu.fr"


async def invited(door: Door) -> str:
    scene = door.scene
    office = scene.rooms["Conciergerie"].room_id
    scene.stage.world.nobodys.add(ZOE)
    for line in ("!inviter Zoé Martin zoe@exemple.fr", "oui"):
        await scene.stage.write(scene.people["Anne"], office, line)
    return await door.newcomer(ZOE)


async def test_somebody_invited_by_mail_is_shown_the_way(door: Door) -> None:
    response = await door.http.get(await invited(door))
    page = await response.text()
    assert response.status == 200
    assert "Bienvenue Zoé ! Trois étapes, et te voilà à La Rosée." in page
    assert "mxid%3A%40zoe.martin%3Alieu.fr" in page  # Element X knows whom to sign in
    assert "Martin" not in page  # nothing personal but the first name
    assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_a_link_of_another_is_none(door: Door) -> None:
    path = await invited(door)
    other = path[:-1] + ("A" if path[-1] != "A" else "B")
    assert (await door.http.get(other)).status == 404


async def test_the_lieu_has_a_page(door: Door) -> None:
    address = await door.scene.stage.bot.page_addresses.of_lieu(await door.lieu())
    page = await (await door.http.get(address.removeprefix("https://bienvenue.lieu.fr"))).text()
    assert "<h1>La Rosée</h1>" in page
