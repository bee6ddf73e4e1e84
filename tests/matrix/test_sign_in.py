"""A newcomer's first sign-in, from the mail to the invitations that have been waiting for them."""

from __future__ import annotations

from integrations.directory.scim import connect
from tests.matrix.conftest import Open
from tests.matrix.ear import Ear
from tests.matrix.test_client_encryption import ENCRYPTED, text
from tests.servers.house import House

PASSWORD = "un-long-mot-de-passe-de-newcomer"


async def test_invitations_wait_for_somebody_who_has_never_signed_in(house: House, client: Open) -> None:
    bot = await client(at=house.synapse)
    newcomer = house.synapse.user_id("camille.e")
    body = {"preset": "private_chat", "is_direct": True, "invite": [newcomer], "initial_state": [ENCRYPTED]}
    room = (await bot.call("POST", "/_matrix/client/v3/createRoom", body))["room_id"]

    sso = house.sso
    directory = connect(sso.scim_url, token_url=sso.token_url, client_id=sso.bot.id, client_secret=sso.bot.secret)
    await directory.ensure_account("camille.e", "Camille Étienne", "camille@example.org")
    await directory.start_first_login("camille.e")
    await directory.close()
    await house.choose_password("camille@example.org", PASSWORD)

    async with await house.sign_in("camille.e", PASSWORD) as camille:
        assert camille.user_id == newcomer
        invitation = await camille.invited()
        assert (invitation.room_id, invitation.sender, invitation.is_direct) == (room, bot.user_id, True)
        await camille.join(room)
        await text(bot, room, "Bienvenue !")
        await camille.next(room, "Bienvenue !")
        await camille.say(room, "Merci !")
        await Ear(bot).message("Merci !")


async def test_a_newcomer_who_got_two_mails_follows_the_newer_one(house: House) -> None:
    sso = house.sso
    directory = connect(sso.scim_url, token_url=sso.token_url, client_id=sso.bot.id, client_secret=sso.bot.secret)
    await directory.ensure_account("awa.d", "Awa Diop", "awa@example.org")
    for _ in range(2):
        await directory.start_first_login("awa.d")
    await directory.close()
    await house.choose_password("awa@example.org", PASSWORD)
    async with await house.sign_in("awa.d", PASSWORD) as awa:
        assert awa.user_id == house.synapse.user_id("awa.d")
