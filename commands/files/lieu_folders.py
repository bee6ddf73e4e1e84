"""`!dossier`: the lieu's folder in Nextcloud: make folders in it, rename them, bin them, see who has what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.services.folder_tree import Tree, others_folders, root_of
from bot.services.lieu_folder import LieuFolder, found_by_name
from bot.talk import PRIVATE, STATED, VERBATIM, Choice, Option, Role, Size, Text, command, hours
from bot.talk.answers.amounts import amount_at_the_end
from bot.talk.folder_paths import above, descend, follow, lead, name_of, split, written
from bot.talk.talk import Talk
from bot.words import fold
from integrations.nextcloud import Entry, Nextcloud, folder_names


@command("folders", action="folders", role=Role.CONCIERGE, places=PRIVATE, takes=("act", "path"), within=hours(1))
async def folders(talk: Talk, lieu: Lieu, lieux: Lieux, cloud: Nextcloud | None, folder: LieuFolder) -> None:
    if cloud is None or not root_of(lieu):
        await talk.say("no-folder")
        return
    root = await found_by_name(talk, folder, root_of(lieu))
    if root is None:
        return
    tree = Tree(cloud, root, await talk.look("others", others_folders, lieux, lieu))
    if tree.is_shared:
        await talk.say("not-alone", folder=root)
        return
    act = await _act(talk, tree)
    await ACTS[act](talk, tree, await talk.ask("path", Text(VERBATIM)) if talk.was_given("path") else "")


async def _act(talk: Talk, tree: Tree) -> str:
    """What to do; and, when that was not said, how much room is taken."""
    if not talk.was_given("act"):
        await _say_room(talk, tree)
    options = [Option(name, key=f"lieu_folders.act.{name}") for name in ACTS]
    return await talk.ask("act", Choice(options[:SHOWN], hidden=options[SHOWN:]))


async def _say_room(talk: Talk, tree: Tree) -> None:
    room = await talk.look("room", _room, tree)
    own, used, total = (Size(room[name]) for name in ("own", "used", "total"))
    if total:
        percent = used * 100 // total
        await talk.say("room-of", folder=name_of(tree.root), own=own, used=used, total=total, percent=percent)
    else:
        await talk.say("room", folder=name_of(tree.root), own=own)


# -- which folder


async def _which(talk: Talk, tree: Tree, typed: str, *, to_change: bool = True) -> str | None:
    """The folder that was typed, or that is chosen from lists; None where there is none that one may touch.

    What is not to be changed may be a file, where its path was typed.
    """
    path = await lead(talk, tree.inside if to_change else tree.content, tree.root, typed) if typed else None
    if path is None:
        path = await descend(
            talk, "which", tree.inside, tree.root, may_stay=lambda place: not (to_change and tree.fixed(place))
        )
    if path is None:
        await talk.say("empty", folder=name_of(tree.root))
    elif to_change and tree.fixed(path):
        await talk.say("fixed" if path == tree.root else "others-inside", folder=tree.called(path))
        return None
    return path


class Seen(Entry):
    path: str


async def _seen(talk: Talk, tree: Tree, path: str | None, *, id: str = "") -> Seen | None:
    """The folder as it is now; said where it has gone meanwhile."""
    if path is None:
        return None
    seen = await talk.look("seen", tree.cloud.files.entry, path)
    if seen is None or id not in ("", seen["id"]):
        await talk.say("gone", folder=tree.called(path))
        return None
    return {**seen, "path": path}


# -- what is done


async def _make(talk: Talk, tree: Tree, typed: str) -> None:
    if typed:
        where, names = await written(talk, tree.inside, tree.root, typed, new=True)
    else:
        where, names = await _new(talk, tree)
    if not names:
        await talk.say("there-already", folder=tree.called(where))
        return
    path = "/".join([where, *folder_names("/".join(names))])
    await talk.confirm("make-sure", but=["act"], folder=tree.called(path))
    await talk.do("make", tree.cloud.folders.ensure, path)
    talk.note("folder-made", folder=tree.called(path))
    await talk.say("made", folder=name_of(path), place=tree.called(above(path)))


async def _new(talk: Talk, tree: Tree) -> tuple[str, list[str]]:
    where = await descend(talk, "where", tree.inside, tree.root, may_stay=lambda _: True) or tree.root
    while True:
        name = await _name(talk, new=True)
        found = await talk.look("there", follow, tree.inside, where, [name])
        if found["left"]:
            return where, [name]
        await talk.say("there-already", folder=tree.called(found["path"]))


async def _name(talk: Talk, *, new: bool) -> str:
    """A name that every computer can show."""
    while True:
        name = await talk.ask("name" if new else "new-name", Text(STATED))
        try:
            if "/" not in name:
                return folder_names(name)[0]
            await talk.say("errors.folder-name-characters", name=name)
        except Refused as no:
            await talk.refused(no)


async def _rename(talk: Talk, tree: Tree, typed: str) -> None:
    """The line may end with the new name: « Ateliers/Poterie en Céramique »."""
    name = ""
    if typed:
        typed, name = await talk.look("both", split, tree.inside, tree.root, typed, talk.phrase("into"))
    seen = await _seen(talk, tree, await _which(talk, tree, typed))
    while seen is not None:
        name = name or await _name(talk, new=False)
        path = seen["path"]
        await talk.confirm("rename-sure", but=["act"], before=tree.called(path), after=name)
        try:
            await talk.do("rename", tree.cloud.files.move, path, f"{above(path)}/{name}", id=seen["id"])
        except Refused as no:
            if not no.code.startswith("folder-name"):
                raise
            await talk.refused(no)
            name = ""
            continue
        talk.note("folder-renamed", folder=tree.called(path), name=name)
        await talk.say("renamed", before=name_of(path), after=name)
        return


async def _bin(talk: Talk, tree: Tree, typed: str) -> None:
    seen = await _seen(talk, tree, await _which(talk, tree, typed))
    if seen is None:
        return
    folder, held = tree.called(seen["path"]), await talk.look("held", _held, tree, seen["path"])
    await talk.confirm("sure", folder=folder, content=_content(talk, held, seen["size"]))
    if not await talk.seconded("delete", about=folder):
        return
    if await _seen(talk, tree, seen["path"], id=seen["id"]) is None:
        return
    await talk.do(
        "bin", tree.cloud.files.bin, seen["path"], id=seen["id"]
    )  # where it is gone now, it is by our own hand
    talk.note("folder-binned", folder=folder)
    await talk.say("binned", folder=folder)


async def _who(talk: Talk, tree: Tree, typed: str) -> None:
    path = await _which(talk, tree, typed, to_change=False)
    if path is not None:
        await talk.begin("holders", talk.person, talk.room, path=path)


async def _elsewhere(talk: Talk, tree: Tree, typed: str) -> None:
    """The line may go on: « équipe créer Fablab », « équipe place Fablab 5 Go »."""
    given, words = {"act": typed} if typed else {}, typed.split()
    for n in (n for n in range(1, len(words)) if fold(words[n - 1])):  # « créer « Fablab » »: a quote is no word
        for name, step in OF_TEAM.items():
            if talk.means(f"lieu_team_folders.act.{name}", " ".join(words[:n])):
                given = {"act": " ".join(words[:n]), step: " ".join(words[n:])}
                if name == "quota":
                    which, size = amount_at_the_end(given[step])
                    given |= {step: which, "size": size} if size else {}
    await talk.begin("team-folders", talk.person, talk.room, given=given)


async def _storages(talk: Talk, tree: Tree, typed: str) -> None:
    await talk.begin("storages", talk.person, talk.room)


async def _taken(talk: Talk, tree: Tree, typed: str) -> None:
    if talk.was_given("act"):
        await _say_room(talk, tree)
    await talk.begin("room-taken", talk.person, talk.room)


Act = Callable[[Talk, Tree, str], Awaitable[None]]
ACTS: dict[str, Act] = {
    "make": _make,
    "rename": _rename,
    "bin": _bin,
    "who": _who,
    "elsewhere": _elsewhere,
    "storages": _storages,
    "taken": _taken,
}
OF_TEAM = {"make": "name", "groups": "which", "quota": "which"}  # the question that the rest of the line answers
SHOWN = 5  # as many as can be clicked on; the others are understood

# -- what is read


async def _room(tree: Tree) -> dict[str, int]:
    own = await tree.cloud.files.entry(tree.root)
    return {**await tree.cloud.files.quota(), "own": own["size"] if own else 0}


async def _held(tree: Tree, path: str) -> dict[str, int]:
    """What would go with a folder: what is in it at once, and the shares that would end."""
    found = await tree.cloud.files.entries(path)
    folders = sum(one["is_folder"] for one in found)
    return {"folders": folders, "files": len(found) - folders, "shares": await _ending(tree, path)}


async def _ending(tree: Tree, path: str) -> int:
    try:
        reaching = await tree.cloud.shares.reaching(path)
    except Refused:  # sharing is switched off
        return 0
    return sum(f"{share['path']}/".startswith(f"/{path}/") for share in reaching)


def _content(talk: Talk, held: dict[str, int], size: int) -> str:
    inside = [talk.phrase(f"lieu_folders.content.{kind}", n=held[kind]) for kind in ("folders", "files") if held[kind]]
    content = (
        talk.phrase("content", inside=inside, size=Size(size))
        if inside
        else talk.phrase("lieu_folders.content.nothing")
    )
    return " ".join(
        [content, *([talk.phrase("lieu_folders.content.shares", n=held["shares"])] if held["shares"] else [])]
    )
