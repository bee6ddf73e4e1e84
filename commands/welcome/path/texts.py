"""What the bot says to newcomers, in the lieu's own words."""

from __future__ import annotations

from bot.arrivals.arrival_path import LONGEST_SENTENCE, TEXTS, ArrivalPath, unknown_placeholders
from bot.talk import PERHAPS_ASKING, Choice, Option, Text
from bot.talk.talk import Talk

from .desk import Desk
from .reading import changed, text_name


async def reword(talk: Talk, desk: Desk, now: ArrivalPath) -> None:
    key = await talk.ask("text-which", Choice([Option(key, key=f"path.text.{key.replace('.', '-')}") for key in TEXTS]))
    sentence = None if key in now.texts and await _given_back(talk) else await _sentence(talk, key)
    await talk.confirm(
        "text-sure" if sentence else "text-back-sure", name=text_name(talk, key), sentence=sentence or ""
    )
    await talk.do("reword", desk.path_versions.reword, desk.lieu.id, talk.person, key, sentence)
    await changed(talk, "reworded", key)


async def _given_back(talk: Talk) -> bool:
    options = [Option(name, key=f"path.text-act.{name}") for name in ("write", "give-back")]
    return await talk.ask("text-act", Choice(options)) == "give-back"


async def _sentence(talk: Talk, key: str) -> str:
    """The bot's sentence is shown as it is now, with the places that the bot fills."""
    places = {hole: f"{{{hole}}}" for hole in TEXTS[key]}
    holes = [talk.phrase(f"hole-{hole}", hole=place) for hole, place in places.items()]
    now = talk.phrase(key, **places)
    kind = Text(PERHAPS_ASKING, max=LONGEST_SENTENCE, lines=True)
    sentence = await talk.ask("sentence", kind, now=now, holes=holes)
    while unknown := unknown_placeholders(key, sentence):
        await talk.say("strangers", unknown=unknown, holes=holes)
        sentence = await talk.ask("sentence", kind, now=now, holes=holes)
    return sentence
