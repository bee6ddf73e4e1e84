"""What somebody looks for, in whatever words; and which of those that were found they want."""

from __future__ import annotations

import pytest

from bot.talk.answers.answer import Heard, NotUnderstood, Option
from bot.talk.answers.sought import Found, Sought
from commands.network.chatons import KINDS
from tests.stage.answers import WORDS

SOFTWARE = ("Odoo", "Nextcloud", "Nextcloud Talk", "Jitsi Meet", "Etherpad", "WordPress", "PeerTube", "Dolibarr")
KINDS_SHOWN = [Option(f"kind/{kind}", key=f"chatons.kind.{kind}") for kind in KINDS]
ANSWER = Sought(KINDS_SHOWN[:5], hidden=[*KINDS_SHOWN[5:], *((f"software/{name}", name) for name in SOFTWARE)])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("visio", "kind/video"),
        ("1", "kind/video"),
        ("la première", "kind/video"),
        ("de la visio-conférence", "kind/video"),
        ("viso", "kind/video"),
        ("un truc comme Zoom", "kind/video"),
        ("Un pad !", "kind/pad"),
        ("framapads", "kind/pad"),
        ("du stockage pour nos fichiers", "kind/cloud"),
        ("google drive", "kind/cloud"),
        ("un site web pour l’asso", "kind/site"),
        ("des boîtes mail", "kind/mail"),
        ("doodle", "kind/poll"),
        ("logiciel de compta", "kind/books"),
        ("héberger des vidéos", "kind/films"),
        ("video call", "kind/video"),
        ("ODOO", "software/Odoo"),
        ("odo", "software/Odoo"),
        ("odoo 17", "software/Odoo"),
        ("word press", "software/WordPress"),
        ("je cherche un Nextcloud, svp", "software/Nextcloud"),
        ("nextcloud talk", "software/Nextcloud Talk"),
        ("nextcloud ou owncloud", "software/Nextcloud"),
        ("jitsi", "software/Jitsi Meet"),
    ],
)
async def test_what_is_meant(said: str, meant: str) -> None:
    assert await ANSWER.read(Heard(said), WORDS) == meant


@pytest.mark.parametrize(
    ("said", "code", "near"),
    [
        ("pour faire un nextclood chez nous", "sought-near", "Nextcloud"),
        ("etherpas de groupe", "sought-near", "Etherpad"),
        ("photoshop", "sought-unknown", None),
        ("42", "choice-number", None),
        ("next", "choice-several", None),
        ("euh", "sought-unknown", None),
        ("x" * 5000, "sought-unknown", None),
    ],
)
async def test_what_is_not(said: str, code: str, near: str | None) -> None:
    with pytest.raises(NotUnderstood) as why:
        await ANSWER.read(Heard(said), WORDS)
    assert why.value.code == code
    if near:
        assert why.value.words["near"][0] == near  # type: ignore[index]
        offered = why.value.offered
        assert await ANSWER.read(Heard("oui !", offered=offered), WORDS) == f"software/{near}"


async def test_a_yes_to_nothing_is_none() -> None:
    with pytest.raises(NotUnderstood):
        await ANSWER.read(Heard("oui"), WORDS)


def test_no_need_has_the_name_of_another() -> None:
    """In any language, or of two it would be said that they look alike."""
    words = {kind: WORDS.means(f"chatons.kind.{kind}") for kind in KINDS}
    assert [(a, b, words[a] & words[b]) for a in words for b in words if a < b and words[a] & words[b]] == []
    named = {name for names in KINDS.values() for name in names}
    assert [word for said in words.values() for word in said if word in named - {"framadate"}] == []


async def test_one_of_those_that_were_found() -> None:
    one, two = Found([("a", "Le Petit Chaton · Odoo")]), Found([("a", "Le Petit Chaton · Odoo"), ("b", "Minou · Odoo")])
    assert [await one.read(Heard(said), WORDS) for said in ("oui", "1", "chaton")] == ["a"] * 3
    assert [await two.read(Heard(said), WORDS) for said in ("minou", "2", "la dernière")] == ["b"] * 3
    for answer, said, code in ((one, "non merci", "unsaid"), (two, "non", "unsaid"), (two, "oui", "choice-unknown")):
        with pytest.raises(NotUnderstood) as why:
            await answer.read(Heard(said), WORDS)
        assert why.value.code == code
