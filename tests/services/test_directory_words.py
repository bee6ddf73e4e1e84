"""What is wrong with a directory has its sentence for whoever installed the bot, and one for concierges."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import NotPermitted, Refused, Unavailable
from bot.operator.doctor.sentences import SENTENCES, say
from integrations.findings import Finding
from tests.commands.people.test_departure import LIEU, asks, hours_pass
from tests.stage.stage import words
from tests.stage.transcript_header import scenery

FILES = (*Path("integrations/directory").glob("*.py"), Path("integrations/oauth.py"))
CODE = "\n".join(file.read_text() for file in FILES)
REFUSALS = {*re.findall(r'(?:NotPermitted|Refused|NotFound|Rejected)\(\s*"(directory-[a-z-]+)"', CODE)}
CAUSES = {*re.findall(r'cause="([a-z-]+)"', CODE)} | {"certificate-authority", "certificate-name", "moved", "limited"}
# What a look at everything meets: it reads, and asks for nobody and no group in particular.
MET_BY_A_LOOK = {code for code in REFUSALS if not code.endswith("rejected")} - {
    "directory-not-found", "directory-group-kind", "directory-group-name", "directory-account-shut",
}  # fmt: skip


def test_they_are_found() -> None:
    """So that the tests below have something to look at."""
    assert {"directory-no-scim", "directory-read-only", "directory-audience", "directory-token-url"} <= REFUSALS
    assert {"tls-demanded", "not-private", "gate", "portal", "busy", "broken"} <= CAUSES


@pytest.mark.parametrize("code", sorted(MET_BY_A_LOOK | {f"directory-{cause}" for cause in CAUSES}))
def test_whoever_installed_the_bot_reads_what_mends_it(code: str) -> None:
    assert code in SENTENCES
    said = say(Finding(code, False, {"to": "https://x", "host": "x", "dn": "cn=bot", "group": "x"}))
    assert said.sign == "✗"
    assert len(said.words) > 20
    assert "?" not in said.words.replace("is it https, is the port", "").replace("right?", "")


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_concierge_reads_who_can_mend_a_refusal(code: str) -> None:
    assert words().has(f"errors.{code}")


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_a_concierge_reads_who_can_mend_what_keeps_it_away(cause: str) -> None:
    assert words().has(f"talk.cause.directory-{cause}") or words().has(f"talk.cause.{cause}")


TOLD = {
    "directory-certificate-authority": "signé par quelqu’un que je ne connais pas",
    "directory-tls-demanded": "veut qu’on lui parle chiffré",
    "directory-not-private": "ne chiffre pas ce qu’on lui dit",
    "directory-read-only": "n’est qu’une copie",
    "directory-too-many": "ne me montre pas tout le monde d’un coup",
    "directory-no-scim": "n’a pas ouvert l’accès",
    "directory-audience": "ne m’ouvre pas l’accès",
    "directory-not-permitted": "ne me laisse pas ouvrir de compte",
    "directory-credentials": "ne me reconnaît plus",
    "directory-no-realm": "n’y est pas",
    "directory-mails-fail": "n’arrive pas à envoyer ses e-mails",
    "directory-proxy": "le serveur placé devant",
    "directory-limited": "trouve que je demande trop",
}


@pytest.mark.parametrize("code", TOLD)
async def test_the_state_says_it(tmp_path: Path, code: str) -> None:
    """« No answer, I try again », told of every one of them."""

    async def check() -> tuple[Finding, ...]:
        return (Finding("directory-reachable", True), Finding(code, False, {"host": "x", "dn": "cn=bot"}))

    async with scenery(LIEU, tmp_path) as scene:
        assert scene.directory
        scene.directory.check = check  # type: ignore[method-assign]
        said = await asks(scene, "!état")
        (line,) = [line for line in said.splitlines() if TOLD[code] in line]
        assert "✗" in line
        assert "pas de réponse" not in said


async def test_a_conversation_goes_on_once_the_certificate_is_mended(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.directory
        find = scene.directory.find

        async def strange(**_: str | None) -> object:
            raise Unavailable("directory", cause="certificate-expired", host="sso.exemple.fr")

        scene.directory.find = strange  # type: ignore[assignment, method-assign]
        said = await asks(scene, "!compte créer Zoé Durand zoe@exemple.fr")
        assert "périmé" in said
        assert "ne répond pas" not in said
        room = scene.rooms["Conciergerie"].room_id
        before = len(scene.stage.said(room))
        scene.directory.find = find  # type: ignore[method-assign]
        await hours_pass(scene)
        assert len(scene.stage.said(room)) > before


async def test_mails_that_do_not_leave_are_told_and_sent_once_they_can(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.directory
        send = scene.directory.start_first_login

        async def stuck(_: str) -> object:
            raise Unavailable("directory", cause="mails-fail")

        scene.directory.start_first_login = stuck  # type: ignore[assignment, method-assign]
        said = await asks(scene, "!compte créer Lise Durand lise@exemple.fr", "oui")
        assert "n’arrive pas à envoyer ses e-mails" in said
        assert "ne répond pas" not in said
        assert "lise.durand" in scene.directory.accounts
        scene.directory.start_first_login = send  # type: ignore[method-assign]
        await hours_pass(scene)
        assert scene.directory.mails == ["lise@exemple.fr"]


async def test_a_copy_is_told_and_the_account_made_once_there_is_the_original(tmp_path: Path) -> None:
    """« These details are not accepted »: there was nothing to correct in them, and the conversation was over."""
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.directory
        make = scene.directory.ensure_account

        async def refused(*_: str) -> object:
            raise NotPermitted("directory-read-only")

        scene.directory.ensure_account = refused  # type: ignore[assignment, method-assign]
        said = await asks(scene, "!compte créer Lise Petit lise@exemple.fr", "oui")
        assert "n’est qu’une copie" in said
        scene.directory.ensure_account = make  # type: ignore[method-assign]
        await asks(scene, "c’est fait")
        assert "lise.petit" in scene.directory.accounts


async def test_a_group_is_found_among_more_than_are_shown(tmp_path: Path) -> None:
    """Where there are more than five hundred groups, the lieu's own is one that can be asked for."""
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.directory
        scene.directory.groups["compta"] = {"tresor"}

        async def too_many() -> frozenset[str]:
            raise Refused("directory-too-many")

        scene.directory.group_names = too_many  # type: ignore[method-assign]
        said = await asks(scene, "!installer dossier partagé")
        for line in ("compta", "passer", "passer"):
            said += await asks(scene, line)
        assert "existait avant moi" in said
