"""The memberships of an association at HelloAsso: settings, and what the operator is asked and told about it. Nobody
has an account there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.services.environment import NONE, Secret, Sources
from bot.services.service import Question, Section, Sentence, Service, answers
from integrations.helloasso import API, HelloAsso
from integrations.outbound import Outside

SLUG = re.compile(r"[a-z0-9-]+")
BETWEEN = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class HelloAssoSettings:
    """`forms`: the membership forms that count, all of them where none is named."""

    url: str
    organization: str
    client_id: str
    client_secret: Secret
    forms: tuple[str, ...]


def _read(sources: Sources) -> HelloAssoSettings | None:
    if not sources.any_of("HELLOASSO_") or sources.text("HELLOASSO_ORGANIZATION") == NONE:
        return None
    organization = sources.required("HELLOASSO_ORGANIZATION")
    forms = tuple(filter(None, BETWEEN.split(sources.text("HELLOASSO_FORMS"))))
    for name, values in (("HELLOASSO_ORGANIZATION", (organization,)), ("HELLOASSO_FORMS", forms)):
        if not all(SLUG.fullmatch(value) for value in values if value):
            sources.wrong(
                f"{sources.whole(name)} must be as in HelloAsso's addresses, like la-rosee in"
                " helloasso.com/associations/la-rosee"
            )
    return HelloAssoSettings(
        url=sources.url("HELLOASSO_URL") if sources.text("HELLOASSO_URL") else API,
        organization=organization,
        client_id=sources.required("HELLOASSO_CLIENT_ID"),
        client_secret=sources.required_secret("HELLOASSO_CLIENT_SECRET"),
        forms=forms,
    )


def _build(chosen: HelloAssoSettings, _: Outside | None) -> HelloAsso:
    secret = chosen.client_secret.reveal()
    return HelloAsso(chosen.url, chosen.organization, chosen.client_id, secret, forms=chosen.forms)


# -- what the operator is asked and told

SECTION = Section(
    "HelloAsso",
    (
        Question("HELLOASSO_ORGANIZATION", "The association, as in helloasso.com/associations/…"),
        Question("HELLOASSO_CLIENT_ID", "The identifier of its key (clientId)"),
        Question("HELLOASSO_CLIENT_SECRET", "The secret of its key (clientSecret)"),
        Question("HELLOASSO_FORMS", "Which membership forms count, as in …/adhesions/… (empty: all of them)"),
    ),
    invitation="\nDoes the lieu take its memberships at HelloAsso? The bot then proposes to invite whoever joins. (The"
    " association finds its key in HelloAsso under « Mon compte », « Intégrations et API ».)",
    more=("HELLOASSO_URL",),
)

SENTENCES: Mapping[str, Sentence] = {
    "helloasso-none": ("memberships", "not set up: concierges invite those who join by themselves", ""),
    "helloasso-ready": ("memberships", "HelloAsso tells who joins, by these forms: {forms}", ""),
    "helloasso-unreachable": ("memberships", "", "no answer from HelloAsso: the bot tries again every hour"),
    "helloasso-credentials": (
        "memberships",
        "",
        "HelloAsso refuses HELLOASSO_CLIENT_ID or HELLOASSO_CLIENT_SECRET: copy both once more; a key of the sandbox"
        " needs HELLOASSO_URL=https://api.helloasso-sandbox.com",
    ),
    "helloasso-token-url": (
        "memberships",
        "",
        "HELLOASSO_URL gives no keys: leave it out, or write https://api.helloasso-sandbox.com for the sandbox",
    ),
    "helloasso-organization": (
        "memberships",
        "",
        "this key does not open {organization}: mend HELLOASSO_ORGANIZATION, or make a key in that association's own"
        " account, by somebody who administers it",
    ),
    "helloasso-not-found": (
        "memberships",
        "",
        "HelloAsso knows no association {organization}: HELLOASSO_ORGANIZATION is what follows associations/ in the"
        " address of its page",
    ),
    "helloasso-shared": (
        "memberships",
        "",
        "of nobody: there are several lieux, and an association is one's alone. Write its HELLOASSO settings once more"
        " after LIEU_<NAME>_, for the lieu whose it is",
    ),
    "helloasso-form": (
        "memberships",
        "",
        "there is no membership form {forms}: mend HELLOASSO_FORMS, or leave it out for all of them (there are:"
        " {there})",
    ),
    "helloasso-no-form": ("memberships", "", "{organization} has no membership form at HelloAsso: make one there"),
    "helloasso-too-many": ("memberships", "", "there are more than the bot reads: name some forms in HELLOASSO_FORMS"),
    "helloasso-rejected": ("memberships", "", "HelloAsso does not understand the bot: is there a newer version of it?"),
}

HELLOASSO: Service[HelloAssoSettings, HelloAsso | None] = Service(
    "helloasso",
    names=(
        "HELLOASSO_ORGANIZATION",
        "HELLOASSO_CLIENT_ID",
        "HELLOASSO_CLIENT_SECRET",
        "HELLOASSO_FORMS",
        "HELLOASSO_URL",
    ),
    secrets=("HELLOASSO_CLIENT_SECRET",),
    starts=("HELLOASSO_",),
    read=_read,
    build=_build,
    absent=None,
    answers=answers,
    handed=lambda helloasso: {HelloAsso: helloasso},
    sentences=SENTENCES,
    where="HELLOASSO_URL",
    hints=("helloasso-none",),
    sections=(SECTION,),
    addresses=lambda chosen: {"HELLOASSO_URL": chosen.url},
    is_one_lieus=True,
)
