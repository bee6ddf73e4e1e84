"""Make an account on a Synapse by its registration_shared_secret (its admin API): register.py URL @name:server.

Secrets are in the environment, where no list of processes shows them: REGISTRATION_SECRET, MATRIX_PASSWORD. The exit
code says whether it was made; an account that is there already is not taken. Where this Synapse lets nobody sign in by
a password (that of YunoHost does not, unless registration is free), it prints the access token of a first session.
"""

import hashlib
import hmac
import json
import os
import sys
import urllib.request
from typing import Any


def asked(url: str, body: "dict[str, object] | None" = None) -> "dict[str, Any]":
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def main(homeserver: str, user: str) -> int:
    name, password, secret = (
        user[1:].partition(":")[0],
        os.environ["MATRIX_PASSWORD"],
        os.environ["REGISTRATION_SECRET"],
    )
    if not secret:
        print("this Synapse tells no registration_shared_secret", file=sys.stderr)
        return 1
    url = f"{homeserver}/_synapse/admin/v1/register"
    try:
        flows: list[dict[str, str]] = asked(f"{homeserver}/_matrix/client/v3/login")["flows"]
        takes_passwords = any(flow["type"] == "m.login.password" for flow in flows)
        nonce = asked(url)["nonce"]
        proof = hmac.new(secret.encode(), "\0".join((nonce, name, password, "notadmin")).encode(), hashlib.sha1)
        account = {"nonce": nonce, "username": name, "password": password, "admin": False, "mac": proof.hexdigest()}
        made = asked(url, account | {"inhibit_login": takes_passwords})
    except (OSError, ValueError, KeyError) as why:  # HTTPError is an OSError
        print(f"{url}: {why}", file=sys.stderr)
        return 1
    if made.get("user_id") != user:
        print(f"{url}: made another account than {user}", file=sys.stderr)
        return 1
    if not takes_passwords:
        print(made["access_token"])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
