"""The child process of `tests.servers.canaille`: Canaille, seeded and served, in one start of Python.

Reads its settings (JSON) from the file named by the first argument, prints one JSON line when it serves, and ends
with its standard input: no orphan outlives the tests.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

FAST_HASHES = {"pbkdf2_sha512__rounds": 1000}


def configuration(settings: dict[str, Any], folder: Path, address: str) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings["secret_key"],
        "SERVER_NAME": address,
        "PREFERRED_URL_SCHEME": "http",
        "TRUSTED_HOSTS": ["127.0.0.1"],
        "CANAILLE": {
            "NAME": settings["name"],
            "LANGUAGE": "fr",
            "LOGO": None,
            "FORCE_HTTPS": False,
            "SMTP": {"HOST": "127.0.0.1", "PORT": settings["smtp_port"], "FROM_ADDR": "sso@example.org"},
        },
        "CANAILLE_SQL": {
            "DATABASE_URI": f"sqlite:///{folder / 'canaille.sqlite'}",
            "PASSWORD_HASH_PARAMS": FAST_HASHES,
        },
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [signing_key(folder)], "DYNAMIC_CLIENT_REGISTRATION_OPEN": True},
        "CANAILLE_SCIM": {"ENABLE_SERVER": True},
    }


def signing_key(folder: Path) -> dict[str, Any]:
    """One key for the life of the folder: tokens survive a restart."""
    file = folder / "key.json"
    if not file.exists():
        file.write_text(json.dumps(RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)))
    return json.loads(file.read_text())


def seed(clients: list[dict[str, Any]]) -> None:
    now = datetime.datetime.now(datetime.UTC)
    for client in clients:
        if not Backend.instance.get(models.Client, client_id=client["client_id"]):
            row = models.Client(**client, client_id_issued_at=now)
            Backend.instance.save(row)
            row.audience = [row]
            Backend.instance.save(row)


def main() -> None:
    file = Path(sys.argv[1])
    settings = json.loads(file.read_text())
    listening = socket.create_server(("127.0.0.1", settings["port"]))
    port = listening.getsockname()[1]
    app = create_app(configuration(settings, file.parent, f"127.0.0.1:{port}"))
    with app.app_context(), Backend.instance.session():
        seed(settings["clients"])
    logging.getLogger("werkzeug").setLevel(logging.INFO)
    server = make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno())
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    print(json.dumps({"port": port}), flush=True)
    server.serve_forever()


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
