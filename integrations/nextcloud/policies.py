"""What a Nextcloud allows and demands of shares, and passwords that it finds good enough: asked before people are."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from integrations.errors import NotPermitted, Rejected

from .client import Client
from .ocs import mapping, number, text

PASSWORDS = "/apps/password_policy/api/v1"
SYLLABLE = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "abcdefghijkmnopqrstuvwxyz")
SYLLABLES, TRIES = 5, 4  # over 80 bits; nothing that is mistaken for something else when it is read aloud


@dataclass(frozen=True, slots=True)
class Policy:
    """What the administration chose. `…_days`: how long such a share may last at most, None where no end is due."""

    sharing: bool
    groups: bool
    links: bool
    uploads: bool
    link_password: bool
    link_days: int | None
    mail: bool
    federation: bool
    internal_days: int | None
    remote_days: int | None

    def most_days(self, kind: str) -> int | None:
        """How long a share of this kind may last."""
        within = {"person": self.internal_days, "group": self.internal_days, "federated": self.remote_days}
        return within.get(kind, self.link_days)

    def may_refuse(self, kind: str, day: str | None) -> bool:
        """Whether this last day (ISO) is past, too far, or at the edge: today is another day where the server is."""
        if not day:
            return False
        ahead, limit = (date.fromisoformat(day) - datetime.now(UTC).date()).days, self.most_days(kind)
        return ahead < 1 or (limit is not None and ahead >= limit)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, sharing: dict[str, Any]) -> Policy:
        """From the `files_sharing` capabilities; what is switched off may be missing altogether."""
        public = mapping(sharing.get("public"))
        links = _on(public)
        return cls(
            sharing=sharing.get("api_enabled") is True,
            groups=_on(mapping(sharing.get("group"))),
            links=links,
            uploads=links and public.get("upload") is True,
            link_password=mapping(public.get("password")).get("enforced") is True,
            link_days=_days(public, "expire_date"),
            mail=links and _on(mapping(sharing.get("sharebymail"))),
            federation=mapping(sharing.get("federation")).get("outgoing") is True,
            internal_days=_days(public, "expire_date_internal"),
            remote_days=_days(public, "expire_date_remote"),
        )


class Policies:
    """Ask what the administration chose. `app_password` is what passwords are derived from."""

    def __init__(self, client: Client, app_password: str) -> None:
        self._client, self._secret = client, app_password

    async def read(self) -> Policy:
        return Policy.read(mapping((await self._client.capabilities()).get("files_sharing")))

    async def require_sharing(self) -> None:
        """Raises `NotPermitted("nextcloud-sharing-off")`."""
        if not (await self.read()).sharing:
            raise NotPermitted("nextcloud-sharing-off")

    async def password_for(self, purpose: str) -> str:
        """The same for the same `purpose`, so that it need not be kept to be set, and told, once more after a crash.

        Only who holds the app password can work it out, and may set another one anyway. Raises
        `Rejected("share-password")`.
        """
        reason = ""
        for attempt in range(TRIES):
            password = _spelled(self._secret, f"{purpose}/{attempt}")
            reply = await self._client.ocs("POST", f"{PASSWORDS}/validate", form={"password": password})
            judged = mapping(reply.data)
            if judged.get("passed") is not False:  # a server without that app finds every password good
                return password
            reason = text(judged.get("reason"))
        raise Rejected("share-password", reason=reason)


def _spelled(secret: str, purpose: str) -> str:
    """ "Kq7m-Xw2p-…": every class of characters that a server may demand."""
    digest = hmac.new(secret.encode(), purpose.encode(), hashlib.sha512).digest()
    picked = [SYLLABLE[n % 4][byte % len(SYLLABLE[n % 4])] for n, byte in enumerate(digest[: 4 * SYLLABLES])]
    return "-".join("".join(picked[n : n + 4]) for n in range(0, len(picked), 4))


def _on(switch: dict[str, Any]) -> bool:
    return switch.get("enabled") is True


def _days(public: dict[str, Any], name: str) -> int | None:
    """Days come as "7" or 7."""
    limit = mapping(public.get(name))
    return number(limit.get("days")) or None if limit.get("enforced") is True else None
