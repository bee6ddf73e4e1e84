"""Domains of e-mail addresses that look mistyped: « gmial.com », « orange.f », « wanadoo.com », and what was meant.

It is only ever a question to whoever typed it: a domain that looks wrong may be somebody's own.
"""

from __future__ import annotations

from collections.abc import Collection

# The providers that people of our lieux have, the most likely first.
PROVIDERS = (
    *("gmail.com", "orange.fr", "hotmail.fr", "hotmail.com", "yahoo.fr", "free.fr", "wanadoo.fr", "laposte.net"),
    *("outlook.fr", "outlook.com", "live.fr", "sfr.fr", "icloud.com", "yahoo.com", "bbox.fr", "neuf.fr"),
    *("club-internet.fr", "numericable.fr", "aliceadsl.fr", "protonmail.com", "proton.me", "mailo.com", "riseup.net"),
    *("posteo.net", "disroot.org", "zaclys.net", "tutanota.com", "gmx.fr", "gmx.com", "aol.com"),
    *("msn.com", "live.com", "me.com", "gmx.net", "skynet.be", "bluewin.ch", "ik.me", "infomaniak.com"),
)
# Real ones that resemble these; a provider in many countries has an ending for each.
OTHERS = frozenset(
    [
        *("ymail.com", "mail.com", "email.com", "gmx.de", "gmx.at", "gmx.ch", "mac.com", "pm.me", "googlemail.com"),
        *("rocketmail.com", "orange.com", "orange.net", "sfr.net", "sfr.com", "free.org", "orange.be", "tele2.fr"),
        *("tiscali.fr", "noos.fr", "cegetel.net", "9online.fr", "voila.fr", "caramail.com", "mailo.fr", "mailo.eu"),
        *("proton.ch", "protonmail.ch", "tutamail.com", "tuta.com"),
    ]
)
EVERYWHERE = frozenset({"yahoo", "hotmail", "live", "outlook", "gmx", "posteo"})
COUNTRIES = frozenset(
    ["fr", "be", "ch", "de", "it", "es", "pt", "nl", "uk", "eu", "ca", "lu", "at", "pl", "se", "dk", "no", "fi", "ie"]
)
# Endings that no domain has, and that hasty fingers make.
ENDINGS = dict.fromkeys(("con", "cmo", "ocm", "vom", "xom", "comm", "coom", "cim", "cpm"), "com")
ENDINGS |= dict.fromkeys(("f", "rf", "ft", "frr", "ffr", "fe", "fer", "ff"), "fr")
ENDINGS |= dict.fromkeys(("ogr", "orgg", "rog", "ort", "or", "og", "orf", "irg", "prg"), "org")
ENDINGS |= dict.fromkeys(("ner", "nte", "nett", "met"), "net")
SHORTEST_KNOWN = 6  # letters of a name near which, where somebody has it already, another one is asked about
SHORT = 4  # letters of a name in which one wrong letter makes another word


def resembles(domain: str, known: Collection[str] = ()) -> str:
    """The domain that was probably meant; empty where nothing seems wrong. `known`: those that people around have, of
    which none is wrong."""
    domain = domain.lower().rstrip(".")
    if not domain.isascii() or {domain} & {*PROVIDERS, *OTHERS, *known} or _is_of_a_country(domain):
        return ""
    near = (one for one in sorted(known) if _is_a_slip_of(domain, one))
    far = (provider for provider in PROVIDERS if _is_near(domain, provider))
    return next(near, "") or next(far, "") or _with_an_ending(domain)


def _is_a_slip_of(domain: str, known: str) -> bool:
    """One slip in the name, or an ending that no domain has: « exemple.fr » and « exemple.org » are two."""
    name, _, ending = domain.rpartition(".")
    meant, _, right = known.rpartition(".")
    if name == meant:
        return ENDINGS.get(ending) == right
    return len(meant) >= SHORTEST_KNOWN and _slips(name, meant) == 1 and right in (ending, ENDINGS.get(ending))


def _is_of_a_country(domain: str) -> bool:
    name, _, ending = domain.partition(".")
    return name in EVERYWHERE and (ending in COUNTRIES or ending.removeprefix("co.") in COUNTRIES)


def _is_near(domain: str, known: str) -> bool:
    name, _, ending = domain.rpartition(".")
    meant, _, right = known.rpartition(".")
    if name == meant:
        return True  # « wanadoo.com », « orange.f »: the provider has no such ending
    if domain.replace(".", "") == known.replace(".", ""):
        return True  # « gmailcom.com » is none, « g.mail.com » is
    near = _slips(name, meant)
    far = 1 if len(meant) <= 2 * SHORT else 2
    return near <= far and not (len(meant) <= SHORT and len(name) == len(meant) and near) and _is_ending(ending, right)


def _is_ending(ending: str, right: str) -> bool:
    return ending == right or ENDINGS.get(ending) == right or _slips(ending, right) == 1


def _with_an_ending(domain: str) -> str:
    name, _, ending = domain.rpartition(".")
    return f"{name}.{ENDINGS[ending]}" if name and ending in ENDINGS else ""


def _slips(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many, or have changed places with the one beside."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before, row = list[int](), list(range(len(other) + 1))
    for n, char in enumerate(one, 1):
        earlier, before, row = before, row, [n] + [0] * len(other)
        for m, letter in enumerate(other, 1):
            row[m] = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (char != letter))
            if n > 1 and m > 1 and char == other[m - 2] and one[n - 2] == letter:
                row[m] = min(row[m], earlier[m - 2] + 1)
    return row[-1]
