"""A small certificate authority: servers on one machine that trust each other over TLS, and some that nobody should."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority's own certificate is the file `root`; every issued one is for localhost."""

    root: Path
    _ca: trustme.CA

    @classmethod
    def create(cls, folder: Path) -> Authority:
        folder.mkdir(parents=True, exist_ok=True)
        ca = trustme.CA()
        root = folder / "ca.pem"
        ca.cert_pem.write_to_path(root)
        return cls(root, ca)

    def issue(
        self, folder: Path, names: Sequence[str] = ("localhost", "127.0.0.1"), *, days: tuple[int, int] = (0, 1)
    ) -> tuple[Path, Path]:
        """Write a certificate and its private key into `folder`; return both paths. `days`: from when to when it holds,
        counted from today."""
        now = datetime.now(UTC)
        begins, ends = (now + timedelta(days=day, minutes=-5) for day in days)
        issued = self._ca.issue_cert(*names, not_before=begins, not_after=ends)
        chain, key = folder / "tls.pem", folder / "tls.key"
        chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(key)
        return chain, key

    def line(self, folder: Path, names: Sequence[str], *, days: tuple[int, int]) -> ssl.SSLContext:
        """A server's end of a line, with a certificate made like this."""
        folder.mkdir(parents=True, exist_ok=True)
        end = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        end.load_cert_chain(*self.issue(folder, names, days=days))
        return end

    def trusted(self) -> ssl.SSLContext:
        """A client's end, that trusts this authority and no other."""
        return ssl.create_default_context(cafile=str(self.root))
