"""Folders are made once, with their parents, and only with names that every client can show."""

from __future__ import annotations

import pytest

from integrations.errors import Conflict, Refused, Rejected
from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import StandIn

from .conftest import BOT


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
        ("../carol", "folder-name-reserved"),
        ("archive.part", "folder-name-reserved"),
        ("point.", "folder-name-edges"),
        (" espace", "folder-name-edges"),
    ],
)
async def test_a_name_that_some_client_hides_is_refused(
    cloud: Nextcloud, server: StandIn, path: str, code: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        await cloud.folders.ensure(path)
    assert refusal.value.code == code
    assert server.asked == []


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
