"""How people say that they want to change what they answered: « fuseau : La Réunion », « modifier le groupe », « le nom
c’est La Rosée et la ville Tours, sinon c’est bon »."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.talk.answers.agreement import is_beside
from bot.talk.answers.answer import NO
from bot.talk.answers.no_answer import ASKED
from bot.talk.spelling import resembling
from bot.words import Words, after, fold

WONDERING = ("talk.words.defining", "talk.words.puzzled", "talk.words.choices")
TOKEN = re.compile(r"[lLdD]['’](?=\w)|\S+")
CUT = re.compile(r"\s+|(?<=;)(?=\S)")
JOINTS = (",", ";", ".", "!")
AROUND = " \t\u00a0\u202f,;.=→–-"
COLON, TOLD, BESIDE, WITHOUT = ":", "c’est", " ", "sans"  # what stands between a name and what is said of it
MOST_LINES, LONGEST_LINE, MOST_CUT = 100, 400, 2000  # that are looked into: more is a text
MOST_AROUND, MOST_NAMED = 8, 12  # words before a name; of a name, with what is before it


def wanted(text: str, words: Words) -> bool:
    """Whether this asks to change an answer: « modifier », « change the e-mail »."""
    return _without_verb(text, words) is not None


def more_than_a_verb(text: str, words: Words) -> bool:
    """« changer d’air », not « changer »."""
    return bool(_without_verb(text, words))


# -- several in one message


def restatements(
    text: str, labels: Mapping[str, str], words: Words, long: Collection[str] = ()
) -> tuple[list[tuple[str, str]], list[str]]:
    """The steps whose labels a message names, each with the new answer beside it, empty where it is to be asked again;
    and what else the message says. What is `long` goes on over lines that name nothing."""
    said, left, looked_into = list[tuple[str, str]](), list[str](), 0
    for n, line in enumerate(text.strip().splitlines()):
        if n >= MOST_LINES and not said:
            break
        is_text = n >= MOST_LINES or len(line) > LONGEST_LINE
        looked_into += len(line)
        is_whole = is_text or looked_into > MOST_CUT
        for at, piece in enumerate([line] if is_whole else _pieces(line, labels, words, long, _is_open(said, long))):
            found = None if is_text and said else _said_of(piece, labels, words, sure=_is_open(said, long))
            if found is not None:
                said.append(found)
            elif is_text or not fold(piece) or not (is_beside(piece, words) or _is_right(piece, labels, words)):
                if not at and said and (_is_open(said, long) or not said[-1][1]):
                    said[-1] = (said[-1][0], f"{said[-1][1]}\n{piece}")
                elif fold(piece) and not piece.rstrip().endswith(":"):
                    left.append(piece.strip())
    return [(key, instead.strip()) for key, instead in said], left if said else []


def _is_open(said: Sequence[tuple[str, str]], long: Collection[str]) -> bool:
    """Whether the answer said last goes on until another one is surely named."""
    return bool(said) and said[-1][0] in long


def _said_of(piece: str, labels: Mapping[str, str], words: Words, *, sure: bool) -> tuple[str, str] | None:
    if (found := restated(piece, labels, words, sure=sure)) is not None:
        return found
    head = piece.rstrip()
    if head.endswith(":"):  # what is said of it stands below
        key = _meant(fold(head), labels, words, part=True)
    else:
        key = None if sure and not wanted(piece, words) else named(piece, labels, words)
    return None if key is None else (key, "")


def _pieces(line: str, labels: Mapping[str, str], words: Words, long: Collection[str], is_open: bool) -> Iterator[str]:
    """A line cut before each name of an answer, and before « sinon c’est bon »."""
    begun, joints = 0, words.means("talk.words.and")
    for end, next_one in (cut.span() for cut in CUT.finditer(line)):
        before, behind = line[begun:end], line[next_one:]
        if not fold(before) or before.count("«") > before.count("»"):
            continue
        joined = before[-1] in JOINTS or fold(behind.split(" ")[0]) in joints
        found = restated(before, labels, words)
        is_text = is_open or (found is not None and found[0] in long)
        is_whole = found is not None and restated(before, labels, words, sure=True) is not None
        ends = joined or (is_whole and not is_text)
        if ends and _begins(behind, labels, words, joined=joined, sure=is_text or not joined):
            yield before.rstrip(AROUND)
            begun, is_open = next_one, False
    yield line[begun:]


def _begins(behind: str, labels: Mapping[str, str], words: Words, *, joined: bool, sure: bool) -> bool:
    if is_beside(behind, words):
        return joined or after(fold(behind), words.means("talk.words.the-rest")) is not None
    return restated(" ".join(behind.split()[:MOST_NAMED]), labels, words, sure=sure) is not None


# -- one of them


def restated(text: str, labels: Mapping[str, str], words: Words, *, sure: bool = False) -> tuple[str, str] | None:
    """The step whose label a line names, and the new answer beside it: « groupe : non », « fuseau horaire La Réunion »,
    « change le fuseau pour La Réunion », « pas de groupe », « non, le groupe c’est jardin ». `sure`: where a colon or a
    verb says so."""
    for bare in dict.fromkeys((text, _without_lead(text, words))):
        for name, instead, how in _halves(bare, labels, words):
            key = _meant(name, labels, words, part=True)
            if key is None or not (fold(instead) or instead == NO) or (sure and how in (BESIDE, WITHOUT)):
                continue
            if how is TOLD and _is_judged(instead, words):
                continue
            return key, instead
    return None


def _is_judged(said: str, words: Words) -> bool:
    """« le nom est faux », « le groupe c’est quoi ? » say no answer."""
    wrong = after(fold(said), words.means("talk.words.wrong")) is not None
    return wrong or bool(ASKED.search(said)) or fold(said) in words.means("talk.words.right")


def _is_right(text: str, labels: Mapping[str, str], words: Words) -> bool:
    """« le groupe, c’est bon »"""
    return any(fold(instead) in words.means("talk.words.right") for _, instead, how in _told(text, labels, words))


def _told(text: str, labels: Mapping[str, str], words: Words) -> Iterator[tuple[str, str, str]]:
    for name, instead, how in _halves(_without_lead(text, words), labels, words):
        if how is TOLD and fold(instead) and _meant(name, labels, words, part=True) is not None:
            yield name, instead, how


def _without_lead(text: str, words: Words) -> str:
    """« non, le groupe… », « oui mais le groupe… », « tu peux enlever le groupe » from there on."""
    turns = words.means("talk.words.however") | words.means("talk.words.except") | words.means("talk.words.and")
    tokens, wishes = text.split(), words.means("talk.words.wishing")
    for n in range(min(MOST_AROUND, len(tokens) - 1), 0, -1):
        head = tokens[:n]
        while head and fold(head[-1]) in turns | {""}:
            head.pop()
        bare = " ".join(head)
        if wishes.issuperset(fold(bare).split()) or is_beside(bare, words):
            return " ".join(tokens[n:])
    return text


def _halves(text: str, labels: Mapping[str, str], words: Words) -> Iterator[tuple[str, str, str]]:
    """The ways to see a name, folded, and what is said of it in a text, with what stands between them. Without a colon
    the name is there whole, or before « c’est », or between « modifier » and « pour », or is one word that opens it."""
    name, colon, instead = text.partition(":")
    if colon:
        bare = _without_verb(name, words)
        yield fold(name) if bare is None else bare, instead.strip(), COLON
    tokens, known = [*TOKEN.finditer(text)], {fold(label) for label in labels}
    said = [fold(token[0]) for token in tokens[:MOST_NAMED]]
    being, joints = words.means("talk.words.being"), words.means("talk.words.toward") | words.means("talk.words.being")
    start, has_verb = _start_of_name(said, words)
    whole = next((end for end in range(len(said), start, -1) if " ".join(said[start:end]) in known), None)
    joint = next((at for at in range(start + 1, len(said)) if said[at] in joints), None)
    if whole not in (None, joint):
        if said[whole or 0 :][:1] and said[whole or 0] in words.means("talk.words.and"):
            return  # « le nom et la ville »
        yield " ".join(said[start:whole]), _from(text, tokens, whole or 0), BESIDE
    elif joint is not None and (has_verb or whole or said[joint] in being):
        how = TOLD if said[joint] in being else BESIDE
        behind = next((at for at in range(joint + 1, len(said)) if said[at] not in being), len(said))
        yield " ".join(said[start:joint]), _from(text, tokens, behind), how
    elif said[start:] and _opens_name(said, start, known, words) and not _is_name(text, labels, words):
        yield said[start], _from(text, tokens, start + 1), BESIDE
    if (left_out := after(" ".join(said), words.means("talk.words.do-without"))) is not None:
        yield left_out, NO, WITHOUT


def _opens_name(said: Sequence[str], start: int, known: Collection[str], words: Words) -> bool:
    """« le groupe jardin », « groupe jardin »: the word behind « le » is a part of a name, or any other its first."""
    articles = words.means("talk.words.articles")
    if start and said[start - 1] in articles:
        return True
    return said[start] not in articles and any(name.startswith(f"{said[start]} ") for name in known)


def _is_name(text: str, labels: Mapping[str, str], words: Words) -> bool:
    return _meant(fold(text), labels, words, part=False) is not None


def _from(text: str, tokens: Sequence[re.Match[str]], at: int) -> str:
    return text[tokens[at].span()[0] :] if at < len(tokens) else ""


def _start_of_name(said: Sequence[str], words: Words) -> tuple[int, bool]:
    """Behind « modifier », where it is said, and « le »."""
    verbs, fillers = words.means("talk.words.edit"), words.means("talk.words.filler")
    verb = next((n for n in range(min(3, len(said)), 0, -1) if " ".join(said[:n]) in verbs), 0)
    return (verb + 1 if said[verb : verb + 1] and said[verb] in fillers else verb), verb > 0


def named(text: str, labels: Mapping[str, str], words: Words) -> str | None:
    """The step whose label this text names: « modifier : e-mail », « change the e-mail », « e-mail », « le nom est
    faux »."""
    bare = _without_verb(text, words)
    found = _meant(fold(text) if bare is None else bare, labels, words, part=bool(bare))
    if found is not None:
        return found
    if _is_right(text, labels, words):
        return None
    return next((_meant(name, labels, words, part=True) for name, *_ in _told(text, labels, words)), None)


def wondered_at(text: str, labels: Mapping[str, str], words: Words) -> str | None:
    """The step of the label that a question is about, and nothing else: « c’est quoi le groupe », « groupe, kesako ? »,
    « le groupe ? », « quels choix pour la langue »."""
    said = fold(text)
    asking = [phrase for key in WONDERING for phrase in words.means(key)]
    behind = after(said, asking)
    before = next((said.removesuffix(f" {one}") for one in asking if said.endswith(f" {one}")), None)
    bare = said if ASKED.search(text) else None
    for name, part in ((behind, True), (before, True), (bare, False)):
        if name and (key := _meant(_without_articles(name, words), labels, words, part=part)) is not None:
            return key
    return None


def _without_articles(said: str, words: Words) -> str:
    fillers = words.means("talk.words.articles") | words.means("talk.words.for")
    tokens = said.split()
    while len(tokens) > 1 and tokens[0] in fillers:
        tokens = tokens[1:]
    return " ".join(tokens)


def _meant(said: str, labels: Mapping[str, str], words: Words, *, part: bool) -> str | None:
    """The step of the one label that a folded text resembles, or is a `part` of."""
    folded, fillers = {fold(label): key for label, key in labels.items()}, words.means("talk.words.filler")
    if said in folded:
        return folded[said]
    said = " ".join(word for word in said.split() if word not in fillers) or said
    near = resembling(said, folded, 1, 0.75)
    if not near and part:
        near = [label for label in folded if f" {said} " in f" {label} "]
    return folded[near[0]] if len(near) == 1 else None


def _without_verb(text: str, words: Words) -> str | None:
    return after(fold(text), words.means("talk.words.edit"))
