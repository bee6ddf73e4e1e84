"""What `doctor` is told of a mail server: one finding for each thing that somebody can mend, and no mail is sent."""

from __future__ import annotations

import pytest

from tests.integrations.mail.test_send import SECRET, mail_to
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
        ({"EHLO": "421 later"}, "mail-unreachable"),
        ({"EHLO": CUT}, "mail-unreachable"),
        ({"AUTH": "535 5.7.8 no"}, "mail-credentials"),
        ({"MAIL": "553 not yours"}, "mail-sender"),
        ({"MAIL": "530 sign in first"}, "mail-sign-in-needed"),
    ],
)
async def test_each_trouble_has_its_own_sentence(answers: dict[str, str], code: str) -> None:
    async with MailServer(credentials=("bot", SECRET), answers=answers).running() as server:
        assert await found(server) == {code: False}


async def test_a_certificate_and_a_missing_one() -> None:
    async with MailServer(named="autre.exemple.fr").running("tls") as server:
        assert await found(server, "smtps") == {"mail-certificate": False}
    async with MailServer().running("clear") as server:
        assert await found(server, line="starttls") == {"mail-no-tls": False}


async def test_nobody_there() -> None:
    server = MailServer()
    async with server.running():
        pass
    assert await found(server) == {"mail-unreachable": False}


@pytest.mark.parametrize(("answer", "is_told"), [("550 no such user", True), ("450 later", False), (CUT, False)])
async def test_answers_that_reach_nobody_are_no_trouble_and_are_told(answer: str, is_told: bool) -> None:
    async with MailServer(answers={"RCPT": answer}).running() as server:
        assert await found(server) == {"mail-ready": True} | ({"mail-unanswerable": True} if is_told else {})
