"""A small certificate authority, so that two homeservers on one machine can trust each other over TLS."""

from __future__ import annotations

from dataclasses import dataclass
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

    def issue(self, folder: Path) -> tuple[Path, Path]:
        """Write a certificate and its private key into `folder`; return both paths."""
        issued = self._ca.issue_cert("localhost", "127.0.0.1")
        chain, key = folder / "tls.pem", folder / "tls.key"
        chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(key)
        return chain, key
