"""A question of the lieu's own: its words, how it can be answered, and what each answer opens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import NotRequired, TypedDict

from bot.arrivals.arrival_path import (
    FREE,
    KINDS,
    LONGEST_LABEL,
    LONGEST_OPTION,
    LONGEST_TASK,
    LONGEST_TEXT,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    RIGHTS,
    YES,
    YES_NO,
    ArrivalPath,
    Opening,
    OwnOption,
    OwnQuestion,
    group_from,
)
from bot.errors import Refused
from bot.services import opened_words
from bot.services.folder_tree import Tree, others_folders, root_of
from bot.services.lieu_folder import LieuFolder
from bot.talk import PERHAPS_ASKING, STATED, Choice, Listed, Many, Option, Text, YesNo
from bot.talk.folder_paths import descend
from bot.talk.talk import Talk
from integrations.reserved_names import administers

from .outline import Tools, changed, in_words, shown, which

NO_FOLDER = NO_ACCOUNT = "none"
NAMED_BY = 2  # words at most


@dataclass(frozen=True, slots=True)
class Offered:
    """What an answer may open: `rooms` as (room id, name); groups below `group`, if any; folders of `tree`, if any;
    `accounts` as the choices of each service that has such."""

    rooms: list[list[str]]
    group: str
    tree: Tree | None
    lieu_folder: LieuFolder
    accounts: dict[str, list[str]]


Part = Callable[[Talk, Offered, OwnQuestion], Awaitable[OwnQuestion]]


async def add(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    if len(now.questions) >= MOST_QUESTIONS:
        await talk.say("errors.path-full", most=MOST_QUESTIONS)
        return
    offered = await _offered(talk, tools)
    question = OwnQuestion(f"{talk.id:x}")
    for part in PARTS.values():
        question = await part(talk, offered, question)
    await _keep(talk, tools, question)


async def change(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    question = await which(talk, now)
    offered = await _offered(talk, tools)
    parts = [name for name in PARTS if name != "opens" or question.options]
    part = await talk.ask("part", Choice([Option(name, key=f"path.part.{name}") for name in parts]))
    await _keep(talk, tools, await PARTS[part](talk, offered, question))


async def _keep(talk: Talk, tools: Tools, question: OwnQuestion) -> None:
    await talk.confirm("summary", question=in_words(talk, question))
    await talk.do("keep", tools.path_versions.put, tools.lieu.id, talk.person, asdict(question))
    await changed(talk, "put", question.label)


async def _text(talk: Talk, offered: Offered, question: OwnQuestion) -> OwnQuestion:
    return replace(question, text=await talk.ask("text", Text(PERHAPS_ASKING, max=LONGEST_TEXT, min=3)))


async def _label(talk: Talk, offered: Offered, question: OwnQuestion) -> OwnQuestion:
    return replace(question, label=await talk.ask("label", Text(STATED, max=LONGEST_LABEL)))


async def _answers(talk: Talk, offered: Offered, question: OwnQuestion) -> OwnQuestion:
    """What an answer opened before, it goes on opening."""
    kind = await talk.ask("kind", Choice([Option(name, key=f"path.kind.{name}") for name in KINDS]))
    labels: tuple[str, ...] = (YES,) if kind == YES_NO else ()
    if kind not in (YES_NO, FREE):
        labels = await talk.ask("answers", Listed(least=2, most=MOST_OPTIONS, longest=LONGEST_OPTION))
    before = {option.label: option.opens for option in question.options}
    options = tuple(OwnOption(label, before.get(label, Opening())) for label in labels)
    return replace(question, kind=kind, options=options, optional=await talk.ask("optional", YesNo()))


async def _opens(talk: Talk, offered: Offered, question: OwnQuestion) -> OwnQuestion:
    if not question.options:
        return question
    every = [Option(option.label, shown(talk, question, option.label)) for option in question.options]
    opening: tuple[str, ...] = ()
    if question.kind != YES_NO:
        opening = await talk.ask("opens-which", Many(every))
    elif await talk.ask("opens-yes", YesNo()):
        opening = (YES,)
    options = [
        OwnOption(option.value, await _opening(talk, offered, str(n), option.label))
        if option.value in opening
        else OwnOption(option.value)
        for n, option in enumerate(every)
    ]
    return replace(question, options=tuple(options))


async def _opening(talk: Talk, offered: Offered, item: str, answer: str) -> Opening:
    chosen: tuple[str, ...] = ()
    if offered.rooms:
        kind = Many([Option(id, name) for id, name in offered.rooms])
        label = talk.phrase("rooms-label", answer=answer)
        chosen = await talk.ask("opens-rooms", kind, item=item, label=label, answer=answer)
    group = await _group(talk, offered.group, item, answer) if offered.group else ""
    folders = await _folder(talk, offered.tree, offered.lieu_folder, item, answer) if offered.tree else ()
    accounts = await _accounts(talk, offered.accounts, item, answer)
    label = talk.phrase("task-label", answer=answer)
    task = await talk.ask("task", Text(STATED, max=LONGEST_TASK), item=item, label=label, optional=True, answer=answer)
    rooms = tuple((id, name) for id, name in offered.rooms if id in chosen)
    return Opening(rooms, (group,) if group else (), folders, (task,) if task else (), accounts)


async def _group(talk: Talk, group: str, item: str, answer: str) -> str:
    """Only groups whose name begins with the lieu's own."""
    label = talk.phrase("group-label", answer=answer)
    while True:
        name = await talk.ask(
            "group", Text(STATED, max=30), item=item, label=label, optional=True, default="", answer=answer, group=group
        )
        suffix = group_from(name) if name and len(name.split()) <= NAMED_BY else ""  # a sentence is no name
        if suffix and administers(f"{group}.{suffix}"):
            await talk.say("errors.group-administers", item=item)
        elif suffix or not name:
            return suffix
        else:
            await talk.say("bad-group", item=item)


async def _folder(
    talk: Talk, tree: Tree, lieu_folder: LieuFolder, item: str, answer: str
) -> tuple[tuple[str, str], ...]:
    """The folder is known by its number from here on: it may be called otherwise when somebody answers so."""
    rights = Choice([Option(right, key=f"path.right.{right}") for right in (*RIGHTS, NO_FOLDER)])
    label = talk.phrase("right-label", answer=answer)
    right = await talk.ask("right", rights, item=item, label=label, answer=answer)
    if right == NO_FOLDER:
        return ()
    label = talk.phrase("folder-label", answer=answer)
    try:
        root = (await talk.look("root-now", lieu_folder.find, tree.root, item=item))["path"]
        now = Tree(tree.cloud, root, tree.others)
        path = await descend(talk, "folder", now.inside, root, may_stay=lambda _: True, item=item, label=label)
        path = (await talk.look("folder-seen", lieu_folder.find, path or root, item=item))["path"]
    except Refused as no:
        await talk.say("no-folder", item=item, why=talk.because(no))
        return ()
    return ((path, right),)


async def _accounts(talk: Talk, offered: dict[str, list[str]], item: str, answer: str) -> tuple[tuple[str, str], ...]:
    """What may be done there, in the words of each service."""
    chosen = []
    for service, choices in offered.items():
        options = [Option(choice, key=f"talk.opening.{service}.{choice}") for choice in choices]
        kind, account = (
            Choice([*options, Option(NO_ACCOUNT, key="path.account.none")]),
            opened_words.account(talk, service),
        )
        label = talk.phrase("account-label", account=account, answer=answer)
        choice = await talk.ask("account", kind, item=f"{item} {service}", label=label, account=account, answer=answer)
        if choice != NO_ACCOUNT:
            chosen.append((service, choice))
    return tuple(chosen)


async def _offered(talk: Talk, tools: Tools) -> Offered:
    found = await talk.look("may-open", _found, tools)
    root, others = root_of(tools.lieu), found["others"]
    tree = Tree(tools.cloud, root, others) if tools.cloud is not None and root else None
    if tree is not None and tree.is_shared:
        tree = None
    return Offered(found["rooms"], found["group"], tree, tools.lieu_folder, found.get("accounts", {}))


class MayOpen(TypedDict):
    """[id, name] of rooms, the lieu's group where there are groups, the folders of other lieux, and what may be opened
    in services that have accounts for it."""

    rooms: list[list[str]]
    group: str
    others: list[str]
    accounts: NotRequired[dict[str, list[str]]]


async def _found(tools: Tools) -> MayOpen:
    """The conciergerie is no room to open to newcomers."""
    found = await tools.scope.rooms(tools.lieu)
    rooms = [[r["room_id"], r["name"]] for r in found if not r["is_space"] and r["room_id"] != tools.lieu.office]
    groups = "groups" in await tools.directory.capabilities()
    others = await others_folders(tools.lieux, tools.lieu)
    group = tools.lieu.choices.group if groups else ""
    return {"rooms": rooms, "group": group, "others": others, "accounts": tools.opened_accounts.offered()}


PARTS: dict[str, Part] = {"text": _text, "label": _label, "answers": _answers, "opens": _opens}
