"""What `doctor` is told of a mail server: one finding for each thing that somebody can mend, and no mail is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.errors import Rejected, Unavailable
from integrations.mail import Mail, smtp_server
from tests.integrations.mail.test_send import SECRET, SENDER, ZOE, letter, mail_to
from tests.servers.certificates import Authority
from tests.servers.ill_server import LINES, line_of
from tests.servers.mail_server import CUT, MailServer

US = "bot@exemple.fr"


async def found(server: MailServer, scheme: str = "smtp", line: str = "") -> dict[str, bool]:
    findings = await mail_to(server, scheme, line).check()
    assert SECRET not in str(findings)
    assert server.mails == []
    return {finding.code: finding.ok for finding in findings}


@pytest.mark.parametrize(("scheme", "line"), [("smtp", "clear"), ("smtp", "starttls"), ("smtps", "tls")])
async def test_all_is_well(scheme: str, line: str) -> None:
    async with MailServer(credentials=("bot", SECRET)).running(line) as server:
        assert await found(server, scheme, line) == {"mail-ready": True}


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"EHLO": "554 go away"}, "mail-refused"),
        ({"EHLO": "421 later"}, "mail-later"),
        ({"EHLO": CUT}, "mail-unreachable"),
        ({"AUTH": "535 5.7.8 no"}, "mail-credentials"),
        ({"MAIL": "553 not yours"}, "mail-sender"),
        ({"MAIL": "530 sign in first"}, "mail-sign-in-needed"),
        ({"MAIL": "530 5.7.0 Must issue a STARTTLS command first"}, "mail-tls-first"),
        ({"AUTH": "534 5.7.9 Application-specific password required"}, "mail-credentials"),
        ({"AUTH": "538 5.7.11 Encryption required for requested authentication mechanism"}, "mail-tls-first"),
        ({"AUTH": "454 4.7.0 Temporary authentication failure"}, "mail-later"),
        # what Postfix, Exim and Exchange have against the sender, and say at the first recipient
        ({"RCPT": "553 5.7.1 <bot@exemple.fr>: Sender address rejected: not owned by user bot"}, "mail-sender"),
        ({"RCPT": "550 Sender verify failed"}, "mail-sender"),
        ({"RCPT": "550 5.7.60 SMTP; Client does not have permissions to send as this sender"}, "mail-sender"),
        ({"RCPT": "550 5.7.1 Authentication required"}, "mail-sign-in-needed"),
    ],
)
async def test_each_trouble_has_its_own_sentence(answers: dict[str, str], code: str) -> None:
    async with MailServer(credentials=("bot", SECRET), answers=answers).running() as server:
        assert await found(server) == {code: False}


async def test_a_certificate_and_a_missing_one() -> None:
    async with MailServer(named="autre.exemple.fr").running("tls") as server:
        assert await found(server, "smtps") == {"mail-certificate-name": False}
    async with MailServer().running("clear") as server:
        assert await found(server, line="starttls") == {"mail-no-tls": False}


async def test_nobody_there() -> None:
    server = MailServer()
    async with server.running():
        pass
    assert await found(server) == {"mail-nobody": False}


@pytest.mark.parametrize(("answer", "is_told"), [("550 no such user", True), ("450 later", False), (CUT, False)])
async def test_answers_that_reach_nobody_are_no_trouble_and_are_told(answer: str, is_told: bool) -> None:
    async with MailServer(answers={"RCPT": answer}).running() as server:
        assert await found(server) == {"mail-ready": True} | ({"mail-unanswerable": True} if is_told else {})


@pytest.mark.parametrize("cause", LINES)
async def test_what_its_certificate_lacks(cause: str, tmp_path: Path) -> None:
    authority = Authority.create(tmp_path / "authority")
    async with MailServer().running("tls", tls=line_of(cause, authority, tmp_path)) as server:
        mail = Mail(smtp_server(server.address("smtps")), SENDER, trusted=authority.trusted())
        assert [(finding.code, finding.ok) for finding in await mail.check()] == [(f"mail-{cause}", False)]


async def test_a_name_that_leads_nowhere() -> None:
    (finding,) = await Mail(smtp_server("smtp://mail.invalid"), SENDER).check()
    assert (finding.code, finding.words["host"]) in {("mail-name", "mail.invalid"), ("mail-lookup", "mail.invalid")}


async def test_greylisting_is_told_as_patience_and_no_trouble_of_ours() -> None:
    async with MailServer(answers={"RCPT": "450 4.7.1 Greylisted, see http://postgrey"}).running() as server:
        with pytest.raises(Unavailable) as later:
            await mail_to(server).send(letter(), ZOE)
    assert (later.value.cause, later.value.passes, later.value.unknown) == ("later", True, False)
    assert later.value.words["said"] == "Greylisted, see …"


ENOUGH = (
    "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail",
    "552 5.2.2 Daily sending quota exceeded",
    "550 5.7.232 Your message can't be sent because your tenant exceeded its daily limit for sending email",
    "450 4.7.1 Error: too much mail from 192.0.2.1",
    "451 4.7.1 You have exceeded your hourly sending rate limit",
    "452 4.3.1 Hourly message quota reached",
)


@pytest.mark.parametrize("answer", ENOUGH)
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_full_day_s_mails_are_no_wrong_address(command: str, answer: str) -> None:
    """At the recipient, each of thirty invitations was told to have a wrong address."""
    async with MailServer(answers={command: answer}).running() as server:
        with pytest.raises(Unavailable) as later:
            await mail_to(server).send(letter(), ZOE)
        assert (later.value.cause, later.value.passes, later.value.retry_after) == ("enough", True, 3600)
        assert await found(server) == ({"mail-ready": True} if command == "DATA" else {"mail-enough": False})


@pytest.mark.parametrize(
    "answer", ["552 5.2.2 Mailbox full", "552 5.2.2 The recipient's mailbox is over quota", "550 5.1.1 User unknown"]
)
async def test_a_full_mailbox_is_that_address_alone(answer: str) -> None:
    async with MailServer(answers={"RCPT": answer}).running() as server:
        with pytest.raises(Rejected) as no:
            await mail_to(server).send(letter(), ZOE)
    assert no.value.code == "mail-recipient"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("454 4.7.1 <zoe@example.org>: Relay access denied", "mail-relay"),
        ("450 4.1.8 <bot@lieu.fr>: Sender address rejected: Domain not found", "mail-unknown-sender"),
    ],
)
async def test_what_postfix_says_as_if_it_would_pass(answer: str, code: str) -> None:
    """As it is set at first; `doctor` said that all was well, and the mails went on waiting for a week."""
    async with MailServer(answers={"RCPT": answer}).running() as server:
        assert await found(server) == {code: False}


async def test_a_server_that_takes_mails_for_its_own_people_alone_is_found() -> None:
    """Without a sign-in: the address that we write from is its own, everybody else's is not."""
    async with MailServer(answers={"nobody@example.org": "554 5.7.1 Relay access denied"}).running() as server:
        assert await found(server) == {"mail-relay": False}
    async with MailServer(answers={"nobody@example.org": "556 5.1.10 Domain has null MX"}).running() as server:
        assert await found(server) == {"mail-ready": True}


async def test_the_password_is_not_in_what_is_told_of_patience() -> None:
    async with MailServer(credentials=("bot", SECRET), answers={"MAIL": f"451 not now, {SECRET}"}).running() as server:
        (finding,) = await mail_to(server).check()
    assert finding.code == "mail-later"
    assert SECRET not in str(finding)
