"""Names that mean something: of those who administer, of the house itself; and which names are taken for one another.

Each service compares names in its own way: capitals and spaces do not count in LDAP, capitals alone in SCIM, everything
counts in Nextcloud. Nobody must get from one service what is another's in the next one, nor by its look what is not
theirs by its letters: here two names are one as soon as a service, or a hurried reader, may take them for one.
"""

from __future__ import annotations

import re
import unicodedata

# Letters of other alphabets that are drawn like Latin ones; then what is mistaken for something else in any hand.
LATIN = str.maketrans(
    {
        **dict(zip("аеорсухіјԁѕһԛԝқкмнтвгпӏ", "aeopcyxijdshqwkkmhtbrnl", strict=True)),
        **dict(zip("αεικνορτυχγωаβηժոսց", "aeiknoptuxywabndnug", strict=True)),
        **dict(zip("ɑɡıɩſƒłøđð", "agiisflodd", strict=True)),
        **{"œ": "oe", "æ": "ae", "ß": "ss", "þ": "th"},
    }
)
MISTAKEN = str.maketrans({"0": "o", "1": "l", "i": "l"})
TOGETHER = (("rn", "m"), ("vv", "w"))
UNSEEN = str.maketrans(dict.fromkeys("\u115f\u1160"))  # letters, says Unicode, that nobody sees
SIGNS = re.compile(r"[\W_]+")
DIGITS = "0123456789"

ADMINISTER = """
admin admins administrator administrators administrateur administrateurs administratrice administratrices
administration sysadmin sysadmins sysop superadmin superuser superusers root wheel sudo sudoers staff
operator operators moderator moderators moderateur moderateurs moderatrices domain.admins enterprise.admins
synapse.admin synapse.admins matrix.admin matrix.admins nextcloud.admin nextcloud.admins keycloak.admin
keycloak.admins authentik.admins canaille.admin canaille.admins ldap.admin ldap.admins lldap.admin
lldap.password.manager idm.admins system.admins realm.admin directory.manager
"""
# Who speaks under such a name, speaks for the house: RFC 2142, what servers keep for themselves, and what we are.
HOUSE = """
abuse noc security postmaster hostmaster webmaster usenet news ftp www uucp dns list listes newsletter
noreply no.reply donotreply mailer.daemon mailerdaemon nobody daemon system systeme server serveur service
services support help helpdesk aide assistance info infos information contact accueil bonjour hello sales
marketing billing facturation compta comptabilite accounting finance presse direction secretariat ssl
ssladmin ssladministrator ssl.admin certificate certificates trust legal privacy rgpd dpo gdpr security.txt
mail email smtp imap pop pop3 webmail localhost api app apps web test guest invite invites anonymous anonyme
anonym everyone everybody user members membres conciergerie conciergeries concierge concierges bot robot
conciergerie.bot assistant nextcloud owncloud synapse dendrite conduit matrix element canaille keycloak
authentik ldap slapd openldap sso oidc oauth cloud nuage backup sauvegarde git gitlab monitoring cron
www.data owner proprietaire team equipe official officiel
"""
# These say so wherever they stand in a name: nobody is called that.
ANYWHERE = """
admin admins administrator administrateur administratrice sysadmin superadmin superuser root postmaster
hostmaster webmaster concierge concierges conciergerie moderator moderateur moderatrice
"""


def key(name: str) -> str:
    """What a name is compared by, never to be shown: no capitals, accents, spaces or signs, one letter for all that
    look like it. A name in another alphabet stays what it is."""
    return _mistaken("".join(_parts(name))) or unicodedata.normalize("NFKC", name).casefold().strip()


def alike(one: str, other: str) -> bool:
    """Whether somebody or something may take these two names for one."""
    return key(one) == key(other)


def administers(group: str) -> bool:
    """Whether a group of this name usually gives more than a lieu may give: rights over a service, or over people."""
    return key(group) in _ADMINISTER


def is_reserved(login: str) -> bool:
    """Whether a username says something about who has it: an administrator, the house itself, the bot."""
    parts = [_mistaken(part.rstrip(DIGITS)) for part in _parts(login)]
    whole = {key(login), _mistaken("".join(_parts(login)).rstrip(DIGITS))}
    return bool(whole & (_ADMINISTER | _HOUSE)) or not _ANYWHERE.isdisjoint(parts)


def _parts(name: str) -> list[str]:
    """The words of a name, in plain letters."""
    latin = unicodedata.normalize("NFKC", name).translate(UNSEEN).casefold().translate(LATIN)
    apart = unicodedata.normalize("NFKD", latin)
    plain = "".join(c for c in apart if unicodedata.category(c)[0] not in "MC").translate(LATIN)
    return [part for part in SIGNS.split(plain) if part]


def _mistaken(letters: str) -> str:
    for several, one in TOGETHER:
        letters = letters.replace(several, one)
    return letters.translate(MISTAKEN)


_ADMINISTER, _HOUSE, _ANYWHERE = (frozenset(map(key, names.split())) for names in (ADMINISTER, HOUSE, ANYWHERE))
