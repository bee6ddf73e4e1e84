"""The contact of somebody who leaves, in the lieu's Odoo: what the bot did to it is undone, the account that lets in
first; what was there before stays."""

from __future__ import annotations

from functools import partial

from bot.services.member_contacts import Held, Standing

from .leaver import Leaving
from .lines import BEFORE, NONE, SHARED, Line, Outcome, as_wanted, made

ACCOUNT, TAG, CONTACT = "odoo-account", "odoo-tag", "odoo"


def ending_in_odoo(held: Held) -> list[str]:
    """What a departure undoes."""
    undone = {ACCOUNT: held["user"], TAG: bool(held["tags"]), CONTACT: _is_ours(held)}
    return [what for what, is_so in undone.items() if is_so]


def leaving_odoo(leaving: Leaving) -> list[Line]:
    if (held := leaving.contact) is None:
        return []
    lines = [Line(ACCOUNT, partial(_account, leaving, held, is_open=False))] if held["user"] else []
    lines += [Line(TAG, partial(_tag, leaving, held, has_it=False))] if held["tags"] else []
    return [*lines, Line(CONTACT, partial(_archive, leaving, held))]


def back_in_odoo(leaving: Leaving) -> list[Line]:
    """The contact first: an account of one that is archived would wake it by itself."""
    taken: dict[str, Held] = leaving.row["taken"].get("contact", {})
    lines: list[Line] = []
    for held in taken.values():
        lines += [Line(CONTACT, partial(_unarchive, leaving, held))] if _is_ours(held) else []
        lines += [Line(TAG, partial(_tag, leaving, held, has_it=True))] if held["tags"] else []
        lines += [Line(ACCOUNT, partial(_account, leaving, held, is_open=True))] if held["user"] else []
    return lines


async def _account(leaving: Leaving, held: Held, *, is_open: bool) -> Outcome:
    contacts = leaving.tools.contacts
    if await _standing(leaving, held) is None:
        return made(NONE)
    await contacts.set_account(held, is_open)
    return as_wanted((await contacts.standing(held))["user"] is is_open)


async def _tag(leaving: Leaving, held: Held, *, has_it: bool) -> Outcome:
    contacts = leaving.tools.contacts
    if await _standing(leaving, held) is None:
        return made(NONE)
    await contacts.set_tags(held, has_it)
    return as_wanted((await contacts.standing(held))["tagged"] is has_it)


async def _archive(leaving: Leaving, held: Held) -> Outcome:
    if await _standing(leaving, held) is None:
        return made(NONE)
    if not _is_ours(held):
        return made(SHARED if held["shared"] else BEFORE)
    await leaving.tools.contacts.set_active(held, False)
    return as_wanted((await leaving.tools.contacts.standing(held))["state"] == "archived")


async def _unarchive(leaving: Leaving, held: Held) -> Outcome:
    if await _standing(leaving, held) is None:
        return as_wanted(False)
    await leaving.tools.contacts.set_active(held, True)
    return as_wanted((await leaving.tools.contacts.standing(held))["state"] == "open")


def _is_ours(held: Held) -> bool:
    """To archive: made here, or woken here, and no other lieu has a member in it."""
    return (held["made"] or held["woken"]) and not held["shared"]


async def _standing(leaving: Leaving, held: Held) -> Standing | None:
    """None where it is gone; else it is noted, before anything of it is taken."""
    now = await leaving.tools.contacts.standing(held)
    if now["state"] == "gone":
        return None
    await leaving.take("contact", {f"{held['id']}": held})
    return now
