"""What a Synapse of ours is told: SQLite, loopback, no outside world, and no rate limits unless they are wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.servers.certificates import Authority

FREE = {"per_second": 100_000, "burst_count": 100_000}

WITHOUT_LIMITS: dict[str, Any] = {
    **dict.fromkeys(
        (
            "rc_message",
            "rc_registration",
            "rc_registration_token_validity",
            "rc_admin_redaction",
            "rc_joins_per_room",
            "rc_room_creation",
            "rc_key_requests",
            "rc_media_create",
            "rc_reports",
            "rc_3pid_validation",
            "rc_profile",
            "rc_user_directory",
        ),
        FREE,
    ),
    "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), FREE),
    "rc_joins": dict.fromkeys(("local", "remote"), FREE),
    "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), FREE),
    "rc_federation": {
        "window_size": 1000,
        "sleep_limit": 100_000,
        "sleep_delay": 0,
        "reject_limit": 100_000,
        "concurrent": 100,
    },
}


def client_listener(port: int) -> dict[str, Any]:
    return {
        "port": port,
        "type": "http",
        "bind_addresses": ["127.0.0.1"],
        "tls": False,
        "resources": [{"names": ["client"], "compress": False}],
    }


def federation(port: int, folder: Path, authority: Authority) -> tuple[dict[str, Any], dict[str, Any]]:
    """The listener and the settings with which this server speaks with others that trust the same authority."""
    certificate, key = authority.issue(folder)
    listener = client_listener(port) | {"tls": True, "resources": [{"names": ["federation"], "compress": False}]}
    return listener, {
        "tls_certificate_path": str(certificate),
        "tls_private_key_path": str(key),
        "federation_custom_ca_list": [str(authority.root)],
    }


def oidc(issuer: str, client_id: str, client_secret: str) -> dict[str, Any]:
    """An SSO whose `sub` is the username, as Canaille's is; Synapse accepts one over http only unverified."""
    names = {"localpart_template": "{{ user.sub }}", "display_name_template": "{{ user.name }}"}
    return {
        "idp_id": "sso",
        "idp_name": "Le lieu",
        "issuer": issuer,
        "client_id": client_id,
        "client_secret": client_secret,
        "scopes": ["openid", "profile", "email"],
        "skip_verification": True,
        "user_mapping_provider": {"config": {"subject_claim": "sub"} | names},
    }


def homeserver(folder: Path, server_name: str, base_url: str, secret: str) -> dict[str, Any]:
    """The settings that every server of ours has; `secret` lets the tests register accounts."""
    return {
        "server_name": server_name,
        "public_baseurl": f"{base_url}/",
        "pid_file": str(folder / "synapse.pid"),
        "signing_key_path": str(folder / "signing.key"),
        "media_store_path": str(folder / "media"),
        "log_config": str(folder / "log.yaml"),
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "registration_shared_secret": secret,
        "macaroon_secret_key": secret,
        "form_secret": secret,
        "bcrypt_rounds": 4,  # passwords of tests need no protection, and cost a quarter of a second otherwise
        "report_stats": False,
        "ip_range_blacklist": [],
        "trusted_key_servers": [],
        "presence": {"enabled": False},
        "sso": {"client_whitelist": ["http://localhost", "http://127.0.0.1"]},
    }


def logging(file: Path) -> dict[str, Any]:
    return {
        "version": 1,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"file": {"class": "logging.FileHandler", "filename": str(file), "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["file"]},
        "disable_existing_loggers": False,
    }
