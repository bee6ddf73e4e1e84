"""The folders of one lieu: its own and all that is in it, but for what is another lieu's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from bot.lieux import Lieu, Lieux
from bot.talk.paths import below


class Shelf(Protocol):
    """Where folders are kept."""

    async def entries(self, path: str) -> Sequence[Mapping[str, Any]]: ...


S = TypeVar("S", bound=Shelf)


class Tree(Generic[S]):
    def __init__(self, cloud: S, root: str, others: list[str]) -> None:
        self.cloud, self.root, self.others = cloud, root, others

    async def content(self, path: str) -> list[dict[str, Any]]:
        """Its folders and its files, as its shelf sorts them."""
        held = [{"name": one["name"], "is_folder": one["is_folder"]} for one in await self.cloud.entries(path)]
        return [one for one in held if f"{path}/{one['name']}" not in self.others]

    async def inside(self, path: str) -> list[dict[str, Any]]:
        """Its folders alone."""
        return [one for one in await self.content(path) if one["is_folder"]]

    def called(self, path: str) -> str:
        return below(path, self.root)

    def fixed(self, path: str) -> bool:
        """The lieu's own folder, or one around what is another's."""
        return path == self.root or any(f"{other}/".startswith(f"{path}/") for other in self.others)

    def holds(self, path: str) -> bool:
        """Whether it is the lieu's, wherever it is written from."""
        theirs = any(f"{path}/".startswith(f"{other}/") for other in self.others)
        return f"{path}/".startswith(f"{self.root}/") and not theirs


async def others_folders(lieux: Lieux, lieu: Lieu) -> list[str]:
    """The own folders of the other lieux that this bot serves."""
    return [
        other.choices.folder.strip("/") for other in await lieux.all() if other.id != lieu.id and other.choices.folder
    ]
