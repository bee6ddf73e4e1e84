"""Names that mean something, of groups and of people: of those who administer, of the house itself."""

from __future__ import annotations

import re
import unicodedata

from .lookalikes import parts, skeleton

NUMBERS = re.compile(r"\d+(?![^\W_])")  # behind a word: « admin2 »

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


def administers(group: str) -> bool:
    """Whether a group of this name usually gives more than a lieu may give: rights over a service, or over people."""
    return skeleton(group) in _ADMINISTER


def is_reserved(login: str) -> bool:
    """Whether a username says something about who has it: an administrator, the house itself, the bot."""
    bare = NUMBERS.sub("", unicodedata.normalize("NFKC", login))
    whole = {skeleton(login), skeleton(bare)}
    return bool(whole & (_ADMINISTER | _HOUSE)) or not _ANYWHERE.isdisjoint(parts(bare))


_ADMINISTER, _HOUSE, _ANYWHERE = (frozenset(map(skeleton, names.split())) for names in (ADMINISTER, HOUSE, ANYWHERE))
