"""A question of the lieu's own, on real servers: its answer opens a room, a group, a folder and a task."""

from __future__ import annotations

from tests.demo.place import GARDEN
from tests.servers.lieu import EmbeddedLieu
from tests.servers.person import Heard

from .conftest import Begin, somebody

QUESTION = (
    ("path.text", "Sais-tu bricoler ?"),
    ("path.label", "bricolage"),
    ("path.kind", "oui ou non"),
    ("path.optional", "❌"),
    ("path.opens-yes", "✅"),
    ("path.opens-rooms", GARDEN),
    ("path.group", "vélo"),
    ("path.right", "lire"),
    ("path.task", "préparer un badge"),
    ("path.summary", "✅"),
)


def asked(one: Heard) -> bool:
    return one.type == "m.room.message" and "Sais-tu bricoler" in one.body and not one.replaces


async def test_an_answer_opens_what_the_concierges_chose(sso_lieu: EmbeddedLieu, begin: Begin) -> None:
    play = begin(sso_lieu, somebody(sso_lieu))
    place, welcome = play.place, play.welcome
    await place.prepare()
    await place.install()
    await place.anne.says(place.office, "!parcours ajouter")
    await place.anne.converses(place.office, QUESTION)
    await place.anne.hears(place.office, "path.kept")
    await sso_lieu.bot.restart()
    await welcome.invite()
    await welcome.arrive()
    zoe, direct = welcome.zoe, welcome.direct
    await zoe.converses(direct, (*welcome.newcomer.named, ("welcome.charter", "✅"), ("welcome.wish", "passer")))
    question = await zoe.person.next(direct, asked)
    await zoe.person.react(direct, question.event_id, "✅")
    await zoe.converses(direct, (("welcome.introduced", "❌"), ("welcome.summary", "✅")))
    await place.anne.hears(place.office, "welcome.approve")
    await place.anne.clicks(place.office, "✅")
    await place.anne.hears(place.office, "task.todo")
    await place.anne.clicks(place.office, "✅")
    await place.anne.sees(place.office, "talk.chosen-by.done")
    await zoe.hears(direct, "path_effects.rooms")
    for room in (place.space, place.rooms[GARDEN]):
        await zoe.person.join(room, via=[sso_lieu.synapse.server_name])
    (account,) = await sso_lieu.accounts.with_email(welcome.newcomer.email)
    assert sorted(account.groups) == [place.group, f"{place.group}.velo"]
    assert sso_lieu.cloud
    cloud = sso_lieu.cloud
    given = await zoe.person.until(
        lambda: [share for share in cloud.shares() if share.to == account.login], what="the folder"
    )
    assert [(share.path, share.permissions) for share in given] == [(f"/{place.folder}", 1)]
