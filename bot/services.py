"""From the settings of a service to the service itself; nothing is asked from it yet."""

from __future__ import annotations

from bot import settings
from integrations.directory import Directory
from integrations.directory.none import NoDirectory
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse


def cloud(chosen: settings.Nextcloud | None) -> Nextcloud | None:
    """The lieu's Nextcloud, or None for a lieu without one."""
    if chosen is None:
        return None
    password = chosen.password.reveal() if chosen.password else None
    return Nextcloud(chosen.url, chosen.user, chosen.app_password.reveal(), password=password, accounts=chosen.accounts)


def directory(chosen: settings.Scim | settings.Ldap | None) -> Directory:
    """Where accounts live. Raises ImportError for LDAP without the extra `[ldap]`."""
    if isinstance(chosen, settings.Scim):
        return _scim(chosen)
    if isinstance(chosen, settings.Ldap):
        return _ldap(chosen)
    return NoDirectory()


def synapse(chosen: settings.Matrix) -> Synapse | None:
    """The homeserver's administration, or None where the bot was not given it."""
    return Synapse(chosen.homeserver, chosen.admin_token.reveal()) if chosen.admin_token else None


def _scim(chosen: settings.Scim) -> Directory:
    from integrations.directory.scim import connect

    if chosen.token:
        return connect(chosen.url, token=chosen.token.reveal())
    secret = chosen.client_secret.reveal() if chosen.client_secret else ""
    return connect(chosen.url, token_url=chosen.token_url, client_id=chosen.client_id, client_secret=secret)


def _ldap(chosen: settings.Ldap) -> Directory:
    from integrations.directory.ldap import Ldap

    return Ldap(
        chosen.url,
        bind_dn=chosen.bind_dn,
        password=chosen.password.reveal(),
        users_dn=chosen.users_dn,
        groups_dn=chosen.groups_dn,
        rdn=chosen.rdn,
    )
