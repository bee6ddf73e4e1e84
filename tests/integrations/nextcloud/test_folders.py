"""Folders are made once, with their parents, and only with names that every client can show."""

from __future__ import annotations

import pytest

from integrations.errors import Conflict, Refused, Rejected
from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import StandIn

from .conftest import BOT, GROUP


async def test_a_folder_and_its_parents_are_made_once(cloud: Nextcloud, server: StandIn) -> None:
    assert await cloud.folders.ensure("/Accueil/Été à la Forge — projet") == {"created": True}
    assert await cloud.folders.ensure("Accueil/Été à la Forge — projet/") == {"created": False}
    assert server.folders(BOT) == ["/Accueil", "/Accueil/Été à la Forge — projet"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "folder-name-empty"),
        ("deux: points", "folder-name-characters"),
        ("quoi ?", "folder-name-characters"),
        ("a\\b", "folder-name-characters"),
        ('"guillemets"', "folder-name-characters"),
        ("a<b", "folder-name-characters"),
        ("a>b", "folder-name-characters"),
        ("a|b", "folder-name-characters"),
        ("étoile*", "folder-name-characters"),
        ("ligne\nsuivante", "folder-name-characters"),
        ("é" * 126, "folder-name-long"),
        ("Accueil/.htaccess", "folder-name-reserved"),
        ("../carol", "folder-name-characters"),
        ("archive.part", "folder-name-reserved"),
        ("point.", "folder-name-edges"),
        (" espace", "folder-name-edges"),
        ("Accueil/CON", "folder-name-unseen"),
        ("aux.été", "folder-name-unseen"),
        ("Nul .txt", "folder-name-unseen"),
        ("COM¹", "folder-name-unseen"),
        ("lpt9", "folder-name-unseen"),
        ("desktop.ini", "folder-name-unseen"),
        ("brouillon~", "folder-name-unseen"),
        (".caché", "folder-name-hidden"),
        ("à l’envers \u202etxt", "folder-name-characters"),
        ("in\u200bvisible", "folder-name-characters"),
        ("\u3164", "folder-name-empty"),
        ("\u2800 \u2800", "folder-name-empty"),
        ("\u0301", "folder-name-empty"),
    ],
)
async def test_a_name_that_some_client_hides_is_refused(
    cloud: Nextcloud, server: StandIn, path: str, code: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        await cloud.folders.ensure(path)
    assert refusal.value.code == code
    assert not [asked for asked in server.asked if asked[0] == "MKCOL"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("🌻 Jardin", "🌻 Jardin"),
        ("Familles 👨\u200d👩\u200d👧", "Familles 👨\u200d👩\u200d👧"),
        ("Fatigue \U0001fae9", "Fatigue \U0001fae9"),
        ("Écosse 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", None),
        ("Réunion\u00a0n°\u202f3", "Réunion n° 3"),
        ("Comité", "Comité"),
        ("Contes", "Contes"),
        ("Auxerre", "Auxerre"),
        ("e\u0301te\u0301", "été"),
    ],
)
async def test_what_every_client_shows_is_made(cloud: Nextcloud, server: StandIn, name: str, kept: str | None) -> None:
    assert await cloud.folders.ensure(f"Accueil/{name}") == {"created": True}
    assert server.folders(BOT) == ["/Accueil", f"/Accueil/{kept or name}"]


async def test_names_that_differ_only_by_their_capitals_are_one(cloud: Nextcloud, server: StandIn) -> None:
    await cloud.folders.ensure("Accueil/Été")
    for path in ("Accueil/été", "accueil/Hiver", "Accueil/E\u0301TE\u0301"):
        with pytest.raises(Rejected) as refusal:
            await cloud.folders.ensure(path)
        assert refusal.value.code == "folder-name-capitals"
    await cloud.folders.ensure("Accueil/Étés")
    found = await cloud.files.entry("Accueil/Étés")
    assert found is not None
    with pytest.raises(Rejected):
        await cloud.files.move("Accueil/Étés", "Accueil/ÉTÉ", id=found["id"])
    assert await cloud.files.move("Accueil/Étés", "Accueil/étés", id=found["id"]) == {"moved": True}
    assert server.folders(BOT) == ["/Accueil", "/Accueil/Été", "/Accueil/étés"]


async def test_what_people_called_otherwise_is_shared_and_filled_all_the_same(
    cloud: Nextcloud, server: StandIn
) -> None:
    for name in ("Atelier\u202f: couture", "CON", "point.", ".caché", "\u202eenvers"):
        server.add_folder(BOT, name)
        await cloud.shares.ensure(name, group=GROUP)
        assert await cloud.folders.ensure(f"{name}/Dedans") == {"created": True}
    assert len(server.shares()) == 5


async def test_a_file_in_the_way_is_told(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.homes[BOT]["Accueil"] = server.memory.node(b"texte", "text/plain")
    with pytest.raises(Conflict) as refusal:
        await cloud.folders.ensure("Accueil")
    assert refusal.value.code == "folder-taken"


async def test_a_full_server_is_told(cloud: Nextcloud, server: StandIn) -> None:
    server.weather.full = True
    with pytest.raises(Refused) as refusal:
        await cloud.folders.ensure("Accueil")
    assert refusal.value.code == "nextcloud-full"
