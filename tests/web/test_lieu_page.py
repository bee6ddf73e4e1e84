"""The page of a lieu: how one comes in, true for this lieu."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.settings import CENTRAL_ELEMENT
from tests.web.door import Door

OpenDoor = Callable[..., Awaitable[Door]]


async def test_it_says_what_the_lieu_is_and_when_it_is_open(door: Door) -> None:
    door.scene.space.topic = "Un atelier, un café"
    await door.scene.stage.bot.lieux.choose((await door.lieu()).id, hours="lundi 9 h\nmardi 10 h", hours_note="Sonnez")
    page = await door.read(await door.lieu_path())
    assert "<h1>La Rosée</h1>" in page
    for told in ("Un atelier, un café", "<li>lundi 9 h</li><li>mardi 10 h</li>", "Sonnez"):
        assert told in page


async def test_where_the_lieu_gives_accounts_nobody_is_sent_elsewhere_for_one(door: Door) -> None:
    page = await door.read(await door.lieu_path())
    assert "avec ton adresse e-mail" in page
    assert "matrix.org" not in page
    assert "matrix.to" not in page
    assert f'href="{CENTRAL_ELEMENT}/"' in page


async def test_a_directory_that_is_away_gives_accounts_all_the_same(door: Door) -> None:
    assert door.scene.directory
    door.scene.directory.down = True
    assert "avec ton adresse e-mail" in await door.read(await door.lieu_path())


async def test_without_accounts_matrix_is_explained_with_the_spaces_address(open_door: OpenDoor) -> None:
    door = await open_door(comptes="non", adresse="#rosee:lieu.fr", on_frappe="oui")
    page = await door.read(await door.lieu_path())
    assert "<code>#rosee:lieu.fr</code>" in page
    assert "demande à entrer" in page


async def test_a_space_that_is_shut_is_not_knocked_at(open_door: OpenDoor) -> None:
    door = await open_door(comptes="non")
    page = await door.read(await door.lieu_path())
    assert "demande à entrer" not in page
    assert "on t’envoie une invitation" in page


async def test_a_name_copied_by_hand_leads_there(door: Door) -> None:
    await door.lieu_path()
    for typed in ("/la-rosee/", "/La-Rosee", "/La%20Ros%C3%A9e", "/la_rosée"):
        response = await door.http.get(typed, allow_redirects=False)
        assert (response.status, response.headers["Location"]) == (301, "https://bienvenue.lieu.fr/la-rosee")


async def test_the_pages_may_be_below_a_path(open_door: OpenDoor) -> None:
    door = await open_door(pages="https://lieu.fr/accueil")
    path = await door.invite()
    assert path.startswith("/accueil/la-rosee/bienvenue/")
    page = await door.read(path)
    assert 'href="/accueil/style.css"' in page
    assert f'href="{path}"' in page
    assert "card" in await door.read("/accueil/style.css")
    assert (await door.press(path)).status == 200
    assert (await door.http.get(path.removeprefix("/accueil"))).status == 404
    moved = await door.http.get("/accueil/La-Rosee", allow_redirects=False)
    assert moved.headers["Location"] == "https://lieu.fr/accueil/la-rosee"


async def test_the_first_page_lists_no_lieu(door: Door) -> None:
    await door.lieu_path()
    page = await door.read("/")
    assert "Rosée" not in page
    assert "rosee" not in page


async def test_a_lieu_that_was_ended_has_no_page(door: Door) -> None:
    path = await door.lieu_path()
    lieu = await door.lieu()
    await door.scene.stage.database.write(
        lambda tx: tx.execute("UPDATE lieux SET left_at = 1 WHERE id = ?", (lieu.id,))
    )
    response = await door.http.get(path)
    assert response.status == 404
    assert "Rosée" not in await response.text()
