"""The whole welcome, on each kind of lieu: every act does what it promises, and the servers tell what exists."""

from __future__ import annotations

import pytest

from tests.demo.newcomers import ByAddress, ByMail
from tests.demo.play import Play
from tests.demo.read_back import read_back
from tests.servers.accounts import LdapAccounts
from tests.servers.federation import Federation
from tests.servers.lieu import EmbeddedLieu
from tests.servers.nextcloud import StandIn
from tests.servers.slapd import Slapd
from tests.servers.synapse import Synapse

from .conftest import Begin, Open, unique


async def all_is_there(play: Play) -> None:
    rows = await read_back(play.welcome)
    assert all(row.is_there for row in rows), rows


async def known_at(synapse: Synapse, *, has_account: bool = False) -> ByAddress:
    """Somebody with an account on this homeserver."""
    login = unique("zoe")
    await synapse.register(login)
    return ByAddress(synapse, login, has_account)


@pytest.mark.quick
async def test_with_an_sso_and_a_bot_that_dies_between_the_acts(sso_lieu: EmbeddedLieu, begin: Begin) -> None:
    play = begin(sso_lieu, ByMail(sso_lieu.house))
    for act in play.acts():
        await play.play(act)
        await sso_lieu.bot.restart()
    await all_is_there(play)


async def test_with_openldap_and_an_older_nextcloud(
    synapse: Synapse, slapd: Slapd, open_lieu: Open, begin: Begin
) -> None:
    lieu = await open_lieu(synapse, cloud=StandIn("29.0.1"), accounts=LdapAccounts(slapd))
    play = begin(lieu, await known_at(synapse, has_account=True))
    for act in play.acts():
        await play.play(act)
    await all_is_there(play)


async def test_with_openldap_and_a_newcomer_from_another_server(
    federation: Federation, slapd: Slapd, open_lieu: Open, begin: Begin
) -> None:
    lieu = await open_lieu(federation.here, cloud=StandIn("34.0.1"), accounts=LdapAccounts(slapd))
    play = begin(lieu, await known_at(federation.there, has_account=True))
    for act in play.acts():
        await play.play(act)
    await all_is_there(play)


async def test_with_matrix_alone(synapse: Synapse, open_lieu: Open, begin: Begin) -> None:
    """Neither accounts to give nor folders: rooms, and somebody to show them."""
    lieu = await open_lieu(synapse)
    play = begin(lieu, await known_at(synapse))
    for act in play.acts():
        await play.play(act)
    await all_is_there(play)
