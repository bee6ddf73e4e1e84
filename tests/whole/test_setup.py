"""`conciergerie setup` as its operator meets it: every service is real and checked at once, and the bot runs on what
was written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.operator.setup import AGAIN, setup
from bot.operator.setup.sections import STEPS
from bot.operator.setup.sign_in import KEEP
from tests.servers.accounts import LdapAccounts
from tests.servers.bot_process import BotProcess
from tests.servers.lieu import EmbeddedLieu, Lieu
from tests.servers.nextcloud import StandIn
from tests.servers.slapd import Slapd

from .conftest import unique

NAMES = {question.words: question.name for step in STEPS for question in step.section.questions}
SECTION_OF = {step.section.invitation: step.section for step in STEPS if step.section.invitation}


class Operator:
    """Has every setting on a sheet of paper."""

    def __init__(self, sheet: dict[str, str]) -> None:
        self.sheet = sheet
        self.read: list[str] = []

    def is_there(self) -> bool:
        return True

    def title(self, words: str) -> None:
        self.read.append(words)

    def say(self, words: str) -> None:
        self.read.append(words)

    def text(self, words: str, default: str) -> str:
        return self.sheet.get(NAMES[words], default)

    secret = text

    def choose(self, words: str, options: Sequence[str], default: str) -> str:
        return self.text(words, default)

    def confirm(self, words: str, default: bool) -> bool:
        if words in (AGAIN, KEEP):
            return False
        return any(name in self.sheet for name in SECTION_OF[words].names)


async def installed(lieu: Lieu, folder: Path) -> None:
    """Everything was well, no secret was shown, and the bot starts from the file."""
    bot = BotProcess(folder, {})
    sheet = lieu.settings() | {"DATA_DIR": str(bot.data), "HTTP_LISTEN": f"127.0.0.1:{bot.port}"}
    operator = Operator(sheet)
    await setup(bot.env_file, operator)
    assert [words for words in operator.read if words.startswith("✗")] == []
    for service in ("homeserver", "Nextcloud account", "directory"):
        assert [words for words in operator.read if words.startswith(f"✓ {service}")], operator.read
    secrets = [value for name, value in sheet.items() if name.endswith(("PASSWORD", "SECRET", "TOKEN"))]
    assert [secret for secret in secrets if secret in "\n".join(operator.read)] == []
    assert bot.env_file.stat().st_mode & 0o777 == 0o600
    assert sheet["MATRIX_PASSWORD"] not in bot.env_file.read_text()
    try:
        await bot.start()
    finally:
        assert await bot.stop() == 0


async def test_a_lieu_whose_sso_speaks_scim(sso_lieu: EmbeddedLieu, tmp_path: Path) -> None:
    services = {"cloud": StandIn(), "accounts": sso_lieu.accounts}
    async with Lieu(tmp_path, sso_lieu.synapse, bot_name=unique("conciergerie"), **services) as lieu:
        await installed(lieu, tmp_path / "bot")


async def test_a_lieu_whose_sso_speaks_ldap(sso_lieu: EmbeddedLieu, slapd: Slapd, tmp_path: Path) -> None:
    services = {"cloud": StandIn("29.0.1"), "accounts": LdapAccounts(slapd)}
    async with Lieu(tmp_path, sso_lieu.synapse, bot_name=unique("conciergerie"), **services) as lieu:
        await installed(lieu, tmp_path / "bot")


def test_every_question_has_words_of_its_own() -> None:
    """The sheet of paper is read by them."""
    assert len(NAMES) == sum(len(step.section.questions) for step in STEPS)
