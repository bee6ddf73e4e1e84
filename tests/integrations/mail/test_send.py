"""Mails on a real SMTP server: given to it once, told apart where it says no, and nothing secret in what is told."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

import pytest

from integrations.errors import NotPermitted, Refused, Rejected, Unavailable
from integrations.mail import Mail, Patience, email_message, smtp_server
from tests.servers.mail_server import CUT, MUTE, MailServer

SENDER = Address("Conciergerie", "bot", "exemple.fr")
ZOE = "zoe@exemple.fr"
QUICK = Patience(connect=2, read=0.3, end=0.3)
SECRET = "q7Xw2-mot-de-passe"


def mail_to(server: MailServer, scheme: str = "smtp", line: str = "", **how: Any) -> Mail:
    found = smtp_server(server.address(scheme))
    if line:  # loopback is spoken to in clear, unless a test says otherwise
        found = type(found)(found.host, found.port, line, found.user, found.password)  # type: ignore[arg-type]
    return Mail(found, SENDER, trusted=server.trusted, patience=how.get("patience", QUICK))


def letter(text: str = "Bonjour", key: str = "") -> EmailMessage:
    return email_message(SENDER, ZOE, "Zoé, c’est par ici", text, key=key)


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with MailServer().running() as server:
        await mail_to(server).send(letter("Été\n.un point\n" + "long " * 500), ZOE)
    (mail,) = server.mails
    assert mail.to == (ZOE,)
    assert mail.subject == "Zoé, c’est par ici"
    assert mail.text.splitlines() == ["Été", ".un point", "long " * 500]
    assert ("MAIL", "bot@exemple.fr") in server.seen
    assert ("EHLO", "exemple.fr") in server.seen, "a name of ours, which needs no name server"


@pytest.mark.parametrize(("scheme", "line"), [("smtp", "starttls"), ("smtps", "tls")])
async def test_somebody_signs_in_on_a_line_that_is_private(scheme: str, line: str) -> None:
    async with MailServer(credentials=("bot", SECRET)).running(line) as server:
        await mail_to(server, scheme, line).send(letter(), ZOE)
    assert len(server.mails) == 1
    assert "AUTH" in dict(server.seen)


@pytest.mark.parametrize(("scheme", "line"), [("smtp", "starttls"), ("smtps", "tls")])
async def test_nobody_signs_in_where_the_certificate_is_anothers(scheme: str, line: str) -> None:
    async with MailServer(credentials=("bot", SECRET), named="autre.exemple.fr").running(line) as server:
        with pytest.raises(NotPermitted) as no:
            await mail_to(server, scheme, line).send(letter(), ZOE)
    assert no.value.code == "mail-certificate-name"
    assert no.value.words["host"] == "127.0.0.1"
    assert "AUTH" not in dict(server.seen)


async def test_nobody_signs_in_where_encryption_was_taken_away() -> None:
    async with MailServer(credentials=("bot", SECRET)).running("clear") as server:
        with pytest.raises(NotPermitted) as no:
            await mail_to(server, line="starttls").send(letter(), ZOE)
    assert no.value.code == "mail-no-tls"
    assert "AUTH" not in dict(server.seen)


async def test_a_server_that_speaks_in_clear_on_its_private_door() -> None:
    async with MailServer().running("clear") as server:
        with pytest.raises(NotPermitted) as no:
            await mail_to(server, "smtps").send(letter(), ZOE)
    assert no.value.code == "mail-no-tls"


async def test_a_wrong_password_is_told_without_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with MailServer(credentials=("bot", SECRET)).running() as server:
        mail = mail_to(server)
        server.credentials = ("bot", "autre")
        with pytest.raises(NotPermitted) as no:
            await mail.send(letter(), ZOE)
    assert no.value.code == "mail-credentials"
    assert SECRET not in f"{no.value!r} {caplog.text} {mail!r}"


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_says_the_password_back(command: str) -> None:
    """Its sentence is shown to concierges, and kept."""
    told = [SECRET, b64encode(SECRET.encode()).decode(), b64encode(f"\0bot\0{SECRET}".encode()).decode()]
    async with MailServer(
        credentials=("bot", SECRET), answers={command: f"554 I know {' '.join(told)}"}
    ).running() as it:
        with pytest.raises(Refused) as no:
            await mail_to(it).send(letter(), ZOE)
    assert "I know" in no.value.words["said"]
    assert not any(each in f"{no.value!r}" for each in told)


async def test_a_name_and_a_password_that_nobody_there_asks_for() -> None:
    async with Liar([b"250 liar"]).running() as liar:
        with pytest.raises(NotPermitted) as no:
            await liar.mail(user="bot").send(letter(), ZOE)
    assert no.value.code == "mail-no-sign-in"


@pytest.mark.parametrize(
    ("command", "answer", "kind", "code"),
    [
        ("EHLO", "554 No thanks", Refused, "mail-refused"),
        ("MAIL", "553 5.7.1 Not owned by you", NotPermitted, "mail-sender"),
        ("MAIL", "530 Authentication required", NotPermitted, "mail-sign-in-needed"),
        ("MAIL", "552 Too much", Rejected, "mail-too-big"),
        ("RCPT", "550 5.1.1 No such user here", Rejected, "mail-recipient"),
        ("RCPT", "554 5.7.1 Relay access denied", NotPermitted, "mail-relay"),
        ("RCPT", "530 5.7.0 Must issue STARTTLS", NotPermitted, "mail-tls-first"),
        ("RCPT", "550 5.1.1 <relay@exemple.fr>: no such user, says relay.exemple.fr", Rejected, "mail-recipient"),
        ("RCPT", "550 relay not permitted", NotPermitted, "mail-relay"),
        ("RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", NotPermitted, "mail-relay"),
        ("RCPT", "550 5.7.1 Unable to relay for zoe@exemple.fr", NotPermitted, "mail-relay"),
        ("RCPT", "554 5.7.1 Client host rejected: Access denied", Refused, "mail-refused"),
        ("DATA", "550 5.7.60 SendAsDenied; not allowed to send as", NotPermitted, "mail-sender"),
        ("DATA", "552 5.3.4 Message too big", Rejected, "mail-too-big"),
        ("DATA", "554 5.7.1 Looks like spam", Refused, "mail-refused"),
    ],
)
async def test_which_no_it_is(command: str, answer: str, kind: type[Refused], code: str) -> None:
    async with MailServer(answers={command: answer}).running() as server:
        with pytest.raises(Refused) as no:
            await mail_to(server).send(letter(), ZOE)
    assert (type(no.value), no.value.code) == (kind, code)
    assert server.mails == []
    if said := no.value.words.get("said"):
        assert answer.endswith(said), "its sentence"
        assert not said[0].isdigit(), "without its numbers"


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_not_now_is_tried_again(command: str) -> None:
    async with MailServer(answers={command: "451 4.7.1 Greylisted, come back later"}).running() as server:
        with pytest.raises(Unavailable) as away:
            await mail_to(server).send(letter(), ZOE)
        assert not away.value.unknown, "it was told that nothing was taken"
        assert away.value.retry_after >= (300 if command in ("RCPT", "DATA") else 60)
        server.answers.clear()
        await mail_to(server).send(letter(), ZOE)
    assert len(server.mails) == 1


async def test_a_sign_in_that_is_not_possible_now_is_no_wrong_password() -> None:
    async with MailServer(credentials=("bot", SECRET), answers={"AUTH": "454 4.7.0 Try later"}).running() as server:
        with pytest.raises(Unavailable):
            await mail_to(server).send(letter(), ZOE)


@pytest.mark.parametrize("trouble", [CUT, MUTE])
@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_line_that_breaks_and_one_that_is_silent(command: str, trouble: str) -> None:
    async with MailServer(answers={command: trouble}).running() as server:
        with pytest.raises(Unavailable) as away:
            await mail_to(server).send(letter(), ZOE)
    assert away.value.unknown == (command == "DATA"), "only a mail that was given away may have been taken"


async def test_nobody_there() -> None:
    server = MailServer()
    async with server.running():
        pass
    with pytest.raises(Unavailable) as away:
        await mail_to(server).send(letter(), ZOE)
    assert not away.value.unknown


class Liar:
    """Answers with these lines whatever it is told, and then over and over with the last one."""

    def __init__(self, answers: Sequence[bytes], greeting: bytes = b"220 liar", pause: float = 0) -> None:
        self._answers, self._greeting, self._pause, self.port = answers, greeting, pause, 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Liar]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            told = iter(self._answers)
            said = self._greeting
            while True:
                for piece in (said + b"\r\n").split(b"~"):
                    writer.write(piece)
                    await asyncio.sleep(self._pause)
                try:
                    if not await reader.readline():
                        break
                except (ConnectionError, ValueError):
                    break
                said = next(told, self._answers[-1] if self._answers else said)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def mail(self, user: str = "") -> Mail:
        who = f"{user}:{SECRET}@" if user else ""
        return Mail(smtp_server(f"smtp://{who}127.0.0.1:{self.port}"), SENDER, patience=QUICK)


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2", b"HTTP/1.1 400 Bad Request", b"999 ?", b"2" * 9000])
async def test_something_else_answers_there(greeting: bytes) -> None:
    async with Liar([b"250 OK"], greeting).running() as liar:
        with pytest.raises(Unavailable):
            await liar.mail().send(letter(), ZOE)


async def test_a_server_that_drips_its_answer_is_silent() -> None:
    async with Liar([b"2~5~0~-~a~a~a~a~a~a~a~a~a"], pause=0.1).running() as liar:
        with pytest.raises(Unavailable):
            await liar.mail().send(letter(), ZOE)


async def test_a_server_that_says_yes_before_it_has_the_mail() -> None:
    async with Liar([b"250 OK", b"250 OK", b"250 OK", b"250 taken already"]).running() as liar:
        with pytest.raises(Unavailable):
            await liar.mail().send(letter(), ZOE)


async def test_what_a_server_says_is_a_strangers_text() -> None:
    """Its answer is shown to concierges, and is kept: no link, no token of ours, no sign that turns a line round."""
    token = "a1B2c3D4e5F6g7H8i9J0k1L2m3"
    answer = f"550-5.1.1 Bad\x1b[31m https://evil.example/{token} \u202enoitces\r\n550 {token} \xff {'x ' * 300}"
    answers = [b"250 liar", b"250 OK", answer.encode("utf-8", "replace").replace("ÿ".encode(), b"\xff")]
    async with Liar(answers).running() as liar:
        with pytest.raises(Rejected) as no:
            await liar.mail().send(letter(), ZOE)
    said = no.value.words["said"]
    assert said.isprintable()
    assert said.encode()
    assert token not in said
    assert "evil" not in said
    assert len(said) <= 200
    assert said.endswith("…")


async def test_an_address_that_no_server_takes_asks_none() -> None:
    server = MailServer()
    with pytest.raises(Rejected) as no:
        await mail_to(server).send(letter(), "zoé@exemple.fr")
    assert no.value.code == "mail-address"


async def test_a_mail_that_was_taken_without_a_word_is_the_same_one_when_it_is_sent_again() -> None:
    async with MailServer(cut_after=1).running() as server:
        message = letter(key="arrivee-12")
        with pytest.raises(Unavailable) as away:
            await mail_to(server).send(message, ZOE)
        assert away.value.unknown
        await mail_to(server).send(message, ZOE)
    assert {str(mail.message["Message-ID"]) for mail in server.mails} == {"<arrivee-12@exemple.fr>"}
