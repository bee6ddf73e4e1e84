"""A newcomer among the contacts of the lieu's Odoo: found there or made. Whose one is, where that is not sure, a
concierge says."""

from __future__ import annotations

from bot.errors import Refused
from bot.services.member_contacts import MemberContacts, Sight
from bot.talk import Choice, Option, YesNo, days, dialogue
from bot.talk.talk import Silence, Talk

NONE = "none"


@dialogue("odoo-contact", action="be-welcomed")
async def odoo_contact(talk: Talk, contacts: MemberContacts, name: str, email: str, direct: str, portal: bool) -> None:
    """In the conciergerie: to the newcomer, whom it tells in their room (`direct`) of their access alone, what goes
    wrong is nothing. `portal`: they get one."""
    if not email:
        await talk.say("no-email", name=name)
        return
    try:
        sight = await talk.look("sight", contacts.sight, talk.person, name, email)
        chosen = await _chosen(talk, contacts, name, sight) if sight["how"] == "unsure" else 0
        if chosen is None:
            await talk.say("left", name=name)
            return
        entered = await talk.do("enter", contacts.enter, talk.person, name, email, chosen)
    except Refused as no:
        await talk.say("refused", name=name, why=talk.because(no))
        return
    talk.note("contact-made" if entered["made"] else "contact-found", talk.person)
    if portal:
        await _open_account(talk, contacts, entered["id"], name, email, direct)


async def _chosen(talk: Talk, contacts: MemberContacts, name: str, sight: Sight) -> int | None:
    """The contact that a concierge says is theirs; None for none. Whose it was who had their address before them is
    then theirs no more."""
    known = {
        f"{one['id']}": talk.phrase("archived" if one["archived"] else "known", contact=one["name"])
        for one in sight["among"]
    }
    earlier = bool(sight.get("earlier"))
    try:
        if len(known) == 1:
            (only,) = known
            said = only if await _is_it(talk, name, known[only], earlier=earlier) else NONE
        else:
            said = await _which(talk, name, known)
    except Silence:
        return None
    if said != NONE:
        return int(said)
    if earlier:
        await talk.do("not-theirs", contacts.forget, talk.person)
    return None


async def _is_it(talk: Talk, name: str, contact: str, *, earlier: bool) -> bool:
    step = "is-it-still" if earlier else "is-it"
    return await talk.ask(step, YesNo(), of="approve", remind=days(3), within=days(30), name=name, contact=contact)


async def _which(talk: Talk, name: str, known: dict[str, str]) -> str:
    options = [*(Option(id, label) for id, label in known.items()), Option(NONE, key="odoo_contact.none")]
    return await talk.ask("which", Choice(options), of="approve", remind=days(3), within=days(30), name=name)


async def _open_account(talk: Talk, contacts: MemberContacts, contact: int, name: str, email: str, direct: str) -> None:
    try:
        opened = await talk.do("account", contacts.open_account, talk.person, contact, email)
    except Refused as no:
        await talk.say("account-refused", name=name, why=talk.because(no))
        return
    if opened == "there":
        return
    talk.note("contact-account", talk.person)
    if opened == "mailed":
        await talk.say("account-mailed", to=direct, email=email)
    else:
        await talk.say("account-silent", name=name)
