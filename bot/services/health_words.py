"""How a service is, in one line for concierges: what is wrong, what works all the same, and who mends it."""

from __future__ import annotations

from bot.errors import Refused
from bot.talk.ports import ServiceHealth
from bot.talk.talk import Talk


def line(talk: Talk, told: ServiceHealth) -> str:
    """Of one that has something to be mended."""
    code, service = told["code"], talk.service(told["code"])
    found, words = told.get("why", ""), told.get("words", {})
    if found and talk.knows(f"state.found-{found}"):
        return talk.voice.filled(f"state.found-{found}", words)
    if why := talk.away({"service": code, "cause": found.removeprefix(f"{code}-"), "words": words}):
        return talk.phrase("state.ill", why=why)
    for refusal in (found, f"{found}-off") if found else ():  # what is asked to be switched on, while it is off
        if talk.knows(f"errors.{refusal}"):
            return talk.phrase("state.ill", why=talk.because(Refused(refusal, **words)))
    return talk.phrase("state.to-mend" if found else "state.down", service=service)
