"""A lieu's members among the contacts of its Odoo: each found or made, and all that was done to it written down, so
that a departure undoes that and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from bot.lieux import Lieu
from bot.matrix.markup import one_line
from bot.services.account_matching import may_be_one
from bot.services.odoo import LIEU, LONGEST_TAG, ODOO
from bot.services.ownership import Ownership
from bot.services.service import DONE, NONE
from bot.talk.ports import Tenancy
from integrations.errors import Conflict, NotFound, Unsupported
from integrations.odoo import Odoo

if TYPE_CHECKING:  # loaded with the first Odoo
    from integrations.odoo import Contact

SERVICE = ODOO.name
# Kinds of what is written down: whose contact it is · it was made here · « contact/tag », the tag was put on · it was
# archived before · whatever portal account it has is of our making.
CONTACT, MADE, TAGGED, WOKEN, USER = "contact", "made", "tagged", "woken", "user"
MARK = 20  # characters
LONGEST_NAME = 80  # of a contact, as it is shown


class Seen(TypedDict):
    """A contact, as concierges tell it from others."""

    id: int
    name: str
    archived: bool


class Sight(TypedDict):
    """`how`: one is surely theirs, none is there, or a human says which `among` these is, if any. `earlier`: the first
    is that of whoever had their Matrix address once, be it they or not."""

    how: Literal["sure", "none", "unsure"]
    among: list[Seen]
    earlier: NotRequired[bool]


class Entered(TypedDict):
    """`made`: it was not there before; `woken`: it was archived."""

    id: int
    made: bool
    woken: bool


Opened = Literal["mailed", "silent", "there"]
"""Odoo mails them what opens it · it does not, for the bot's own account has no address · they had one before."""


class Held(TypedDict):
    """What is somebody's there, and of it what the bot did: `made` it, unarchived it (`woken`), put `tags` on it (ids),
    made its portal account (`user`). `shared`: another lieu has a member in it too; what that one uses as well is then
    nobody's to undo: the account, a tag that both call alike, and the contact, which is not archived."""

    id: int
    made: bool
    woken: bool
    tags: list[int]
    user: bool
    shared: bool


class Standing(TypedDict):
    """How it is now: `state` is open, archived, or gone from Odoo; whether it has the tag of members."""

    state: Literal["open", "archived", "gone"]
    tagged: bool
    user: bool


@dataclass(frozen=True, slots=True)
class MemberContacts:
    lieu: Lieu
    odoo: Odoo | None
    ownership: Ownership
    tenancy: Tenancy

    @property
    def there(self) -> Odoo:
        """Raises `Unsupported("odoo-none")`."""
        if self.odoo is None:
            raise Unsupported("odoo-none")
        return self.odoo

    @property
    def tag(self) -> str:
        """How the tag of this lieu's members is called."""
        return self.there.tag.replace(LIEU, self.lieu.name)[:LONGEST_TAG].strip()

    # -- somebody comes

    async def sight(self, person: str, name: str, email: str) -> Sight:
        """Which contact is theirs. One that has their address and another name may be that of somebody with whom they
        share it, and is for a human to tell; so is one that is somebody else's of the lieu, or a company. One that was
        written down, or marked, as that of this `person` may be that of somebody who was called so before them: it is
        theirs if it has their e-mail address too."""
        held = await self._contact_of(person)
        kept = [held] if held else await self.there.contacts.with_mark(self._mark(person))
        mailed = await self.there.contacts.with_email(email)
        earlier = bool(kept) and not any(one["id"] == kept[0]["id"] for one in mailed)
        found = kept + [one for one in mailed if one["id"] not in {each["id"] for each in kept}] if earlier else kept
        found = found or mailed
        if not found:
            return {"how": "none", "among": []}
        is_sure = not earlier and len(found) == 1 and await self._is_theirs(found[0], person, name)
        return {"how": "sure" if is_sure else "unsure", "among": _seen(found), "earlier": earlier}

    async def enter(self, person: str, name: str, email: str, chosen: int = 0) -> Entered:
        """Among the members: their contact, which is unarchived and tagged. `chosen`: a human said which it is.

        Raises `Conflict("contact")` where it is not sure any more whose it is, `NotFound("odoo-gone")`.
        """
        contact, made = await self._theirs(person, name, email, chosen)
        id = contact["id"]
        await self.forget(person, but=id)
        await self._own(CONTACT, f"{id}", person)
        if made:
            await self._own(MADE, f"{id}", person)
        woken = not contact["active"]
        if woken:
            await self._own(WOKEN, f"{id}", person)
            await self.there.contacts.set_active(id, True)
        tag = await self.there.tags.ensure(self.tag)
        if tag not in contact["tags"]:
            await self._own(TAGGED, f"{id}/{tag}", person)
            await self.there.contacts.set_tag(id, tag, True)
        return {"id": id, "made": made, "woken": woken}

    async def _theirs(self, person: str, name: str, email: str, chosen: int) -> tuple[Contact, bool]:
        """And whether it is of our making."""
        if chosen:
            return await self._get(chosen), False
        sight = await self.sight(person, name, email)
        if sight["how"] == "unsure":
            raise Conflict("contact")
        if sight["how"] == "none":
            return await self.there.contacts.make(name, email, self._mark(person)), True
        contact = await self._get(sight["among"][0]["id"])
        return contact, contact["mark"] == self._mark(person)

    async def open_account(self, person: str, contact: int, email: str) -> Opened:
        """A portal account beside their contact, unless they had one before. Raises `Conflict("login")`,
        `NotPermitted`."""
        users = await self.there.users.of_contact(contact)
        if not any(user["active"] for user in users):
            await self._own(USER, f"{contact}", person)
        elif not await self._owns(USER, f"{contact}"):
            return "there"
        await self.there.users.ensure(contact, email)
        return "mailed" if await self.there.users.mails_invitations() else "silent"

    # -- somebody goes, and comes back

    async def held(self, person: str) -> Held | None:
        """None for whoever has none that the bot knows of."""
        id = await self._id_of(person)
        if not id:
            return None
        tagged, shared = await self.ownership.owned(self.lieu.id, SERVICE, TAGGED), await self._is_shared(id)
        in_common = shared and LIEU not in self.there.tag
        put_on = [int(tag) for contact, _, tag in (ref.partition("/") for ref in tagged) if contact == f"{id}"]
        return {
            "id": id,
            "made": await self._owns(MADE, f"{id}"),
            "woken": await self._owns(WOKEN, f"{id}"),
            "tags": [] if in_common else put_on,
            "user": not shared and await self._owns(USER, f"{id}"),
            "shared": shared,
        }

    async def standing(self, held: Held) -> Standing:
        contact = await self.there.contacts.get(held["id"])
        if contact is None:
            return {"state": "gone", "tagged": False, "user": False}
        users = await self.there.users.of_contact(held["id"]) if held["user"] else []
        return {
            "state": "open" if contact["active"] else "archived",
            "tagged": bool({*held["tags"]} & {*contact["tags"]}),
            "user": any(user["active"] for user in users),
        }

    async def set_account(self, held: Held, is_open: bool) -> str:
        """The portal account of our making: before the contact where it shuts, which Odoo wants, after it where it
        opens. "done", or "none" where it is gone."""
        theirs = [user for user in await self.there.users.of_contact(held["id"]) if not user["inside"]]
        for user in theirs:
            await self.there.users.set_active(user["id"], is_open)
        return DONE if theirs else NONE

    async def set_tags(self, held: Held, has_them: bool) -> None:
        for tag in held["tags"]:
            await self.there.contacts.set_tag(held["id"], tag, has_them)

    async def set_active(self, held: Held, active: bool) -> None:
        await self.there.contacts.set_active(held["id"], active)

    async def forget(self, person: str, but: int = 0) -> None:
        """It is ours no more; made here, it is known again by its mark. `but`: the one that is theirs."""
        for kind in (CONTACT, MADE, TAGGED, WOKEN, USER):
            for ref, row in (await self.ownership.owned(self.lieu.id, SERVICE, kind)).items():
                if row["person"] == person and ref.partition("/")[0] != f"{but}":
                    await self.ownership.disown(self.lieu.id, SERVICE, kind, ref)

    # -- what is written down

    def _mark(self, person: str) -> str:
        """The same each time, so that what was made before a crash is found; it tells nobody who they are."""
        whose = f"{self.lieu.origin or self.lieu.space}\n{person}"
        return sha256(whose.encode()).hexdigest()[:MARK]

    async def _own(self, kind: str, ref: str, person: str) -> None:
        await self.ownership.own(self.lieu.id, SERVICE, kind, ref, person)

    async def _owns(self, kind: str, ref: str) -> bool:
        return await self.ownership.owns(self.lieu.id, SERVICE, kind, ref)

    async def _id_of(self, person: str) -> int:
        """The last that was theirs; 0 for none."""
        rows = await self.ownership.owned(self.lieu.id, SERVICE, CONTACT)
        return next((int(ref) for ref, row in reversed(rows.items()) if row["person"] == person), 0)

    async def _contact_of(self, person: str) -> Contact | None:
        id = await self._id_of(person)
        return await self.there.contacts.get(id) if id else None

    async def _get(self, id: int) -> Contact:
        found = await self.there.contacts.get(id)
        if found is None:
            raise NotFound("odoo-gone")
        return found

    async def _is_theirs(self, found: Contact, person: str, name: str) -> bool:
        row = (await self.ownership.owned(self.lieu.id, SERVICE, CONTACT)).get(f"{found['id']}")
        another = row is not None and row["person"] != person
        return not another and not found["company"] and may_be_one(name, found["name"])

    async def _is_shared(self, id: int) -> bool:
        """By a lieu that has the same Odoo: elsewhere, the same number is another contact."""
        others = await self.tenancy.sharing(self.lieu.id, SERVICE)
        return any([await self.ownership.owns(one.id, SERVICE, CONTACT, f"{id}") for one in others])


def _seen(found: Iterable[Contact]) -> list[Seen]:
    return [
        {"id": one["id"], "name": one_line(one["name"], LONGEST_NAME), "archived": not one["active"]} for one in found
    ]
