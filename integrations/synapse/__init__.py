"""The Admin API of a lieu's own Synapse: what only the homeserver can do with the accounts that live on it.

https://element-hq.github.io/synapse/latest/usage/administration/admin_api/ — measured on Synapse 1.163. The token
belongs to an administrator, never to the bot that chats. Everything may be called twice, answers JSON-able values, and
fails as `integrations.errors` says; a homeserver whose accounts live elsewhere (Matrix Authentication Service) answers
`Unsupported` where it lacks a door.
"""

from __future__ import annotations

from .accounts import Account
from .history import History
from .identities import Identities
from .registration import Registration

__all__ = ["Account", "Synapse"]


class Synapse(Identities, History, Registration):
    """A lieu's homeserver; see `Door` for what it takes."""
