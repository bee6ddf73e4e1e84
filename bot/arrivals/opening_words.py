"""What an answer of the path of arrival opens, in words."""

from __future__ import annotations

from bot.arrivals.arrival_path import Opening
from bot.services import opened_words
from bot.talk.talk import Talk


def what_opens(talk: Talk, opens: Opening) -> list[str]:
    """« le salon Jardin », « un compte sur le site du lieu (pour publier des articles) »: one each."""
    return [
        *(talk.phrase("path.opens-room", room=name) for _, name in opens.rooms),
        *(talk.phrase("path.opens-group", group=group) for group in opens.groups),
        *(talk.phrase(f"path.opens-folder-{right}", folder=folder) for folder, right in opens.folders),
        *(
            talk.phrase(
                "path.opens-account",
                account=opened_words.account(talk, service),
                what=opened_words.what(talk, service, choice),
            )
            for service, choice in opens.accounts
        ),
        *(talk.phrase("path.opens-task", task=task) for task in opens.tasks),
    ]
