"""What a newcomer's answers open in a service that has accounts for it: one conversation for each, which waits for that
service alone. What cannot be done becomes a task for a human."""

from __future__ import annotations

from bot.arrivals.arrivals import Arrivals
from bot.errors import Refused
from bot.lieux import Lieu
from bot.services import opened_words
from bot.services.opened_accounts import OpenedAccounts
from bot.services.service import Guest
from bot.talk import Email, Link, dialogue
from bot.talk.talk import Talk


@dialogue("opened-account", action="be-welcomed")
async def opened_account(
    talk: Talk,
    lieu: Lieu,
    arrivals: Arrivals,
    opened_accounts: OpenedAccounts,
    guest: dict[str, str],
    service: str,
    choice: str,
) -> None:
    account, what = opened_words.account(talk, service), opened_words.what(talk, service, choice)
    email = guest["email"] or await talk.ask("email", Email(arrivals.domains), account=account, what=what)
    whom = Guest(guest["name"], guest["login"], email)
    try:
        seen = await talk.do("open", opened_accounts.open, service, [talk.person], whom, choice)
    except Refused as no:
        if lieu.office:
            to_do = talk.phrase("left", account=account, what=what, why=talk.because(no))
            await talk.begin("task", talk.person, lieu.office, name=guest["name"], what=to_do)
        return
    talk.note("opened", talk.person, account=account, what=what)
    await talk.say(f"talk.opening.{service}", what=what, email=email, login=seen["login"], link=Link(seen["link"]))
