"""What the operator writes as SMTP_URL: read, or refused in a sentence that gives nothing of it away."""

from __future__ import annotations

import pytest

from integrations.mail import SmtpServer, smtp_server
from integrations.mail.smtp_server import Line

PASSWORD = "s3cr&t"


@pytest.mark.parametrize(
    ("url", "host", "port", "line"),
    [
        ("smtp://mail.exemple.fr", "mail.exemple.fr", 25, "starttls"),
        ("smtp://bot:x@mail.exemple.fr", "mail.exemple.fr", 587, "starttls"),
        ("smtp://bot:x@mail.exemple.fr:2525/", "mail.exemple.fr", 2525, "starttls"),
        ("smtps://bot:x@Mail.Exemple.fr", "mail.exemple.fr", 465, "tls"),
        ("smtps://localhost", "localhost", 465, "tls"),
        ("smtp://localhost", "localhost", 25, "clear"),
        ("smtp://127.0.0.1:8025", "127.0.0.1", 8025, "clear"),
        ("smtp://[::1]:8025", "::1", 8025, "clear"),
        ("smtp://relais?starttls=no", "relais", 25, "clear"),
        ("smtp://bôte.fr", "xn--bte-kna.fr", 25, "starttls"),
    ],
)
def test_where_and_how(url: str, host: str, port: int, line: Line) -> None:
    found = smtp_server(url)
    assert (found.host, found.port, found.line) == (host, port, line)


def test_a_password_is_written_in_percent_and_never_shown() -> None:
    found = smtp_server("smtp://bot%40exemple.fr:p%40ss%3A%2F%23%3F%25@mail.exemple.fr")
    assert (found.user, found.password) == ("bot@exemple.fr", "p@ss:/#?%")
    assert "p@ss" not in repr(found)


def test_a_whole_address_as_name_needs_no_percent() -> None:
    """People paste what their provider shows them."""
    found = smtp_server("smtp://bot@exemple.fr:secret@mail.exemple.fr")
    assert found == SmtpServer("mail.exemple.fr", 587, "starttls", "bot@exemple.fr", "secret")


@pytest.mark.parametrize(
    "url",
    [
        "mail.exemple.fr:587",
        "https://mail.exemple.fr",
        f"smtp://bot:{PASSWORD}#1@mail.exemple.fr",
        f"smtp://bot:{PASSWORD}/1@mail.exemple.fr",
        f"smtp://bot:{PASSWORD}?1@mail.exemple.fr",
        f"smtp://bot:{PASSWORD}@mail.exemple.fr/inbox",
        f"smtp://bot:{PASSWORD}@mail.exemple.fr?starttls=maybe",
        f"smtp://bot:{PASSWORD}@mail.exemple.fr?starttls=no",
        f"smtp://bot:{PASSWORD}@mail exemple.fr",
        f"smtp://bot:{PASSWORD}@",
        f"smtp://:{PASSWORD}@mail.exemple.fr",
        "smtp://bot@mail.exemple.fr",
        f"smtp://bot:{PASSWORD}@mail.exemple.fr:99999",
        f"smtp://bot:{PASSWORD}@[mail.exemple.fr",
    ],
)
def test_what_is_wrong_is_said_without_the_password(url: str) -> None:
    with pytest.raises(ValueError) as wrong:  # noqa: PT011 - its sentence is looked at
        smtp_server(url)
    assert str(wrong.value)[:4] in ("must", "may ", "need", "woul")
    assert PASSWORD not in str(wrong.value)
    assert wrong.value.__cause__ is None
