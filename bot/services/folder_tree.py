"""The folders of one lieu: its own and all that is in it, but for what is another lieu's."""

from __future__ import annotations

from bot.lieux import Lieu, Lieux
from bot.talk.folder_paths import Held, below
from integrations.nextcloud import Nextcloud, holds, kept_place


class Tree:
    """`is_shared`: another lieu has the same folder, by an earlier version, and nothing there is this one's alone."""

    def __init__(self, cloud: Nextcloud, root: str, others: list[str]) -> None:
        self.cloud, self.root = cloud, root
        self.is_shared = any(holds(other, root) and holds(root, other) for other in others)
        self.others = [other for other in others if not holds(other, root)]

    async def content(self, path: str) -> list[Held]:
        """Its folders and its files, as the cloud sorts them."""
        held: list[Held] = [
            {"name": one["name"], "is_folder": one["is_folder"]} for one in await self.cloud.files.entries(path)
        ]
        return [one for one in held if not self._is_theirs(f"{path}/{one['name']}")]

    async def inside(self, path: str) -> list[Held]:
        """Its folders alone."""
        return [one for one in await self.content(path) if one["is_folder"]]

    def called(self, path: str) -> str:
        return below(path, self.root)

    def fixed(self, path: str) -> bool:
        """The lieu's own folder, or one around what is another's."""
        return path == self.root or any(holds(path, other) for other in self.others)

    def holds(self, path: str) -> bool:
        """Whether it is the lieu's, and written as the server does: anything else may lead elsewhere."""
        inside = kept_place(path) == path and f"{path}/".startswith(f"{self.root}/")
        return bool(self.root) and inside and not self.is_shared and not self._is_theirs(path)

    def _is_theirs(self, path: str) -> bool:
        return any(holds(other, path) for other in self.others)


def root_of(lieu: Lieu) -> str:
    """Where the lieu's folder is, empty where it has none. What an earlier version kept may be no folder at all."""
    return kept_place(lieu.choices.folder)


async def others_folders(lieux: Lieux, lieu: Lieu) -> list[str]:
    """The own folders of the other lieux that this bot serves."""
    return [root for other in await lieux.all() if other.id != lieu.id and (root := root_of(other))]
