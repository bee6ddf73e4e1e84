"""Our own keys: what others need in order to write to us, counted, renewed, and saved before it is published."""

from __future__ import annotations

from nio.crypto import Olm
from nio.responses import KeysUploadResponse

from bot.matrix.untrusted_json import Json, block, count

ALGORITHM = "signed_curve25519"


class OwnKeys:
    """The identity, the one-time keys and the fallback key of our device."""

    def __init__(self, olm: Olm) -> None:
        self._olm = olm
        self._fallback_wanted = not olm.account.shared

    @property
    def public(self) -> dict[str, str]:
        """The device's public identity: `ed25519` and `curve25519`."""
        return dict(self._olm.account.identity_keys)

    def sign(self, canonical: str) -> str:
        return str(self._olm.account.sign(canonical))

    def count(self, batch: Json) -> None:
        """Note how many keys the server has left. Zero counts too: nio takes zero for "nothing said"."""
        if isinstance(batch.get("device_one_time_keys_count"), dict):
            self._olm.uploaded_key_count = count(batch["device_one_time_keys_count"].get(ALGORITHM))
        unused = batch.get("device_unused_fallback_key_types")
        if isinstance(unused, list):
            self._fallback_wanted = ALGORITHM not in unused

    def to_upload(self) -> Json:
        """The body for /keys/upload, empty when all is well. Saved first: a crash must not lose what was published."""
        few = (self._olm.uploaded_key_count or 0) <= self._olm.account.max_one_time_keys // 2
        body: Json = self._olm.share_keys() if few and self._olm.should_upload_keys else {}
        if self._fallback_wanted:
            body["fallback_keys"] = self._fallback_key()
        if body:
            self._olm.save_account()
        return body

    def _fallback_key(self) -> Json:
        """The key for when the others are used up, so that nobody can make us deaf by taking them all."""
        account = self._olm.account._account
        if not account.fallback_key:
            account.generate_fallback_key()
        ((key_id, key),) = account.fallback_key.items()
        body: Json = {"key": key.to_base64(), "fallback": True}
        body["signatures"] = {self._olm.user_id: {f"ed25519:{self._olm.device_id}": self._olm.sign_json(body)}}
        return {f"{ALGORITHM}:{key_id}": body}

    def uploaded(self, body: Json, answer: Json) -> None:
        self._olm.handle_response(KeysUploadResponse(0, count(block(answer, "one_time_key_counts").get(ALGORITHM))))
        if "fallback_keys" in body:
            self._fallback_wanted = False

    def skip_refused(self) -> None:
        """The server holds other keys under these names: leave them, so that the next ones are new."""
        self._olm.account.mark_keys_as_published()
        self._olm.save_account()

    def forget_publication(self) -> None:
        """The server does not know this device's keys: all of them are to be uploaded again."""
        self._olm.account.shared = False
        self._fallback_wanted = True
        self._olm.save_account()
