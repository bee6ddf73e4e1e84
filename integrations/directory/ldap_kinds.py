"""How software that speaks LDAP furnishes its tree, and what of it is anybody's to write: one row each.

Read in their sources: YunoHost 12 (its slapd's configuration, `user.py`), LLDAP 0.6 (`crates/ldap`), Guichet over
Bottin (`invite.go`). LemonLDAP::NG has no tree of its own: its accounts are those of an OpenLDAP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from . import Capability

EVERYTHING: frozenset[Capability] = frozenset({"accounts", "change", "delete", "groups", "lock"})


@dataclass(frozen=True, slots=True)
class Kind:
    """`users` and `groups` are branches below the base, empty where each installation has its own; `rdn` is the
    attribute that names a person, who is made of the classes `person`, with `whole_name` for the attributes that hold
    all of the name; groups are of the class `group`.

    `can` is the most that the bot does there. `answers_controls`: a sign-in may ask for what the policy of passwords
    says; others hang up on that. `dates`: it can be set up to note when somebody signed in.
    """

    users: str
    groups: str
    rdn: str = "uid"
    person: tuple[str, ...] = ("inetOrgPerson",)
    whole_name: tuple[str, ...] = ("cn", "displayName")
    group: str = "groupOfNames"
    can: frozenset[Capability] = EVERYTHING
    answers_controls: bool = True
    dates: bool = True


KINDS: Mapping[str, Kind] = {
    "openldap": Kind("", ""),
    "lemonldap": Kind("ou=users", "ou=groups"),
    # An account there is a Unix account too, with its home, its own group and hooks of the applications; who is in a
    # group is told to them by YunoHost alone. What is written past it is half an account: it is looked up only.
    "yunohost": Kind("ou=users", "ou=groups", group="groupOfNamesYnh", can=frozenset({"lookup"})),
    # Takes additions and deletions; of what is there, passwords alone. Who is in a group is its own GraphQL's affair.
    "lldap": Kind(
        "ou=people",
        "ou=groups",
        whole_name=("cn",),  # a second name for the same is refused
        can=frozenset({"accounts", "delete"}),
        answers_controls=False,
        dates=False,
    ),
    # Knows no classes above others, and has no policy of passwords.
    "guichet": Kind(
        "ou=users",
        "ou=groups",
        rdn="cn",
        person=("inetOrgPerson", "organizationalPerson", "person", "top"),
        can=frozenset({"accounts", "change", "delete", "groups"}),
        dates=False,
    ),
}


def below_base(branch: str, bind_dn: str) -> str:
    """A branch of the tree in which the bot's own entry is; empty where that is not to be seen from its name."""
    steps = bind_dn.split(",")
    base = [*takewhile(_is_domain, reversed(steps))][::-1]
    return ",".join([branch, base[0].lstrip(), *base[1:]]) if branch and base else ""


def _is_domain(step: str) -> bool:
    name, _, value = step.strip().partition("=")
    return name.casefold() == "dc" and bool(value)
