"""The accounts of elsewhere (a university's, FranceConnect, ProConnect…) with which a lieu's SSO lets people in: its
settings, and what the operator is asked and told about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.services.directory import DIRECTORY, is_nextcloud
from bot.services.environment import Sources
from bot.services.service import Question, Section, Sentence, Service
from integrations.directory import Directory
from integrations.identity_providers import PROVIDER, SERVICE, IdentityProvider, IdentityProviders
from integrations.outbound import Outside

ONE = re.compile(r"(?P<alias>[^\s,]{0,199}[^\s,:])(?::\s+(?P<label>[^\x00-\x1f]{1,60}))?")
LIKE = "renater, or renater: my university account, franceconnect"


@dataclass(frozen=True, slots=True)
class InstitutionalSettings:
    """`address` leads to a provider, and back to a page below `pages`, which is empty where there are none."""

    providers: tuple[IdentityProvider, ...]
    address: str
    pages: str


def _read(sources: Sources) -> InstitutionalSettings | None:
    if not sources.any_of("SIGN_IN_"):
        return None
    providers = tuple(_providers(sources, sources.required("SIGN_IN_PROVIDERS")))
    address = sources.url("SIGN_IN_URL") if sources.text("SIGN_IN_URL") else ""
    if address and PROVIDER not in address:
        sources.wrong(f"{sources.whole('SIGN_IN_URL')} must have {PROVIDER} in it, where the provider is named")
    return InstitutionalSettings(providers, address, sources.within("").text("PUBLIC_URL"))


def _providers(sources: Sources, written: str) -> list[IdentityProvider]:
    found = []
    for each in filter(None, map(str.strip, written.split(","))):
        if read := ONE.fullmatch(each):
            found.append(IdentityProvider.called(read["alias"], read["label"] or ""))
        else:
            sources.wrong(f"{sources.whole('SIGN_IN_PROVIDERS')}: {each!r} must be written like {LIKE}")
    return found


def _build(chosen: InstitutionalSettings, _: Outside | None) -> IdentityProviders:
    return IdentityProviders(chosen.providers, chosen.address, chosen.pages)


def ways_in(providers: IdentityProviders, directory: Directory, back: str) -> list[tuple[str, str]]:
    """The label and the address of each, as in `IdentityProviders.ways`; none beside accounts that are in Nextcloud."""
    return [] if is_nextcloud(directory) else providers.ways(back)


# -- what the operator is asked and told

SECTION = Section(
    "Accounts of elsewhere",
    (
        Question(
            "SIGN_IN_PROVIDERS",
            "What the SSO calls them, and what people do, unless it is known (renater, franceconnect, proconnect…)",
        ),
        Question(
            "SIGN_IN_URL",
            "The SSO's address that leads there, with {provider} and {back} in it (see bot.example.env); empty: the"
            " homeserver has a button for each",
        ),
    ),
    unless=("DIRECTORY", "none"),
    invitation="\nDoes the SSO also take accounts of elsewhere (RENATER, FranceConnect, ProConnect…)?",
)

SENTENCES: Mapping[str, Sentence] = {
    f"{SERVICE}-none": (
        "accounts of elsewhere",
        "none are named (SIGN_IN_PROVIDERS): the pages offer the account of the lieu, and what the homeserver says",
        "",
    ),
    f"{SERVICE}-unreachable": (
        "accounts of elsewhere",
        "",
        "no answer at SIGN_IN_URL: is the SSO up, is the address right?",
    ),
    SERVICE: ("account of elsewhere", "{provider}: the SSO leads on from SIGN_IN_URL", ""),
    f"{SERVICE}-page": (
        "account of elsewhere",
        "{provider}: the SSO shows a page of its own first; open SIGN_IN_URL once, to see whether it knows that name",
        "",
    ),
    f"{SERVICE}-refused": (
        "account of elsewhere",
        "",
        "{provider}: the SSO refuses SIGN_IN_URL (an error {status}): is the client there, and may it come back to"
        " PUBLIC_URL/*?",
    ),
    f"{SERVICE}-buttons": (
        "accounts of elsewhere",
        "the pages name the homeserver's buttons for them: each must open the same Matrix account as the lieu's own",
        "",
    ),
    f"{SERVICE}-later": (
        "accounts of elsewhere",
        "people come back from them to a page of the lieu: they are offered once there are pages (PUBLIC_URL)",
        "",
    ),
}

INSTITUTIONAL_SIGN_IN: Service[InstitutionalSettings, IdentityProviders] = Service(
    SERVICE,
    names=("SIGN_IN_PROVIDERS", "SIGN_IN_URL"),
    secrets=(),
    starts=("SIGN_IN_",),
    read=_read,
    build=_build,
    absent=IdentityProviders(),
    handed=lambda providers: {IdentityProviders: providers},
    sentences=SENTENCES,
    where="SIGN_IN_URL",
    hints=(f"{SERVICE}-none", f"{SERVICE}-page", f"{SERVICE}-later", f"{SERVICE}-buttons"),
    sections=(SECTION,),
    addresses=lambda chosen: {"SIGN_IN_URL": chosen.address},
    part_of=DIRECTORY,
)
