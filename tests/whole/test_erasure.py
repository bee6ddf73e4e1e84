"""Somebody asks to be forgotten: each server tells that they are gone, and the bot's own file names them no more."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from bot.operator.audit_check import verify
from bot.store.data_folder import DATABASE
from bot.store.erasures import FILE, read
from tests.demo.newcomers import ByMail
from tests.demo.play import Play
from tests.servers.accounts import SsoAccounts
from tests.servers.house import House
from tests.servers.lieu import Lieu
from tests.servers.nextcloud import StandIn

from .conftest import Begin, Open, unique
from .test_departure import CLOSED, DAY, MEMBER, read_back, reads_the_word, write_a_file

ROWS = "SELECT 'arrivals', person FROM arrivals UNION SELECT 'members', person FROM members UNION"
ROWS += " SELECT 'owned', coalesce(person, '') || ' ' || ref FROM owned"


async def two_days_pass(lieu: Lieu) -> None:
    """Since Anne has had the keys."""
    await lieu.bot.stop()
    with closing(sqlite3.connect(lieu.bot.data / "bot.sqlite")) as file:
        file.execute("UPDATE keepers SET since = since - ?", (2 * DAY,))
        file.commit()
    await lieu.bot.start()


async def is_forgotten(play: Play) -> None:
    zoe, direct, anne, office = play.welcome.zoe, play.welcome.direct, play.place.anne, play.place.office
    await zoe.says(direct, "supprimez tout ce que vous avez sur moi")
    await zoe.converses(direct, [("erasure.sure", "✅")])
    await anne.hears(office, "erasure.card")
    await anne.clicks(office, "✅")
    await zoe.hears(direct, "erasure.begins")
    await reads_the_word(play)
    assert play.lieu.mails
    mail = await play.lieu.mails.next_mail(play.welcome.newcomer.email, containing="")
    while "effac" not in mail.text:
        mail = await play.lieu.mails.next_mail(play.welcome.newcomer.email, containing="")


async def test_whoever_asks_for_it_is_forgotten(house: House, open_lieu: Open, begin: Begin) -> None:
    sso, login = SsoAccounts(house.sso), unique("zoe")
    lieu = await open_lieu(house.synapse, cloud=StandIn("34.0.1"), accounts=sso, mails=house.mails, administers=True)
    play = begin(lieu, ByMail(house, login.title(), login, f"{login}@example.org"))
    for act in play.acts()[:-1]:
        await play.play(act)
    await play.place.entrust_rooms()
    write_a_file(lieu, login)
    assert await read_back(play) == MEMBER
    await two_days_pass(lieu)
    await is_forgotten(play)
    assert await read_back(play) == CLOSED
    await lieu.bot.stop()
    with closing(sqlite3.connect(lieu.bot.data / "bot.sqlite")) as file:
        assert [row for row in file.execute(ROWS) if login in row[1]] == []
        journal = file.execute("SELECT by, about, words FROM acts").fetchall()
    assert journal
    assert login not in str(journal).lower()
    (line,), well = await verify(lieu.bot.data)
    assert well
    assert "names are erased" in line
    assert len(read(lieu.bot.data / FILE)) == 1
    named = {file.name for file in lieu.bot.data.rglob("*") if login.encode() in file.read_bytes().lower()}
    assert named == {DATABASE}, "the log of this erasure, for a month, and that they left"
