"""Lists of people to exclude, as they are pasted: whom they mean, and never somebody else."""

from __future__ import annotations

import pytest

from bot.talk.answers.answer import Heard, NotUnderstood
from bot.talk.answers.member import Member
from bot.talk.answers.targets import Found, Target, Targets
from tests.stage.stage import words

KNOWN = {"@marc:lieu.fr": "Marc", "@zoe:lieu.fr": "Zoé Martin", "@jean:lieu.fr": "Jean.Paul"}


async def known() -> dict[str, str]:
    return KNOWN


TARGETS = Targets(Member(known, "lieu.fr"))


async def read(text: str | None, *pills: str) -> Found:
    return await TARGETS.read(Heard(text, pills=pills), words())


def ids(found: Found) -> list[str]:
    return [target.id for target in found.targets]


@pytest.mark.parametrize(
    "text", ["Marc", "@marc:lieu.fr", "@marc", "https://matrix.to/#/@marc:lieu.fr", "@marc:lieu.fr spam"]
)
async def test_one_person_is_one_person(text: str) -> None:
    found = await read(text)
    assert found.alone == Target("@marc:lieu.fr", "Marc")


@pytest.mark.parametrize(
    "text",
    [
        "@a:x.org\n@b:x.org\n@c:x.org",
        "@a:x.org, @b:x.org, @c:x.org",
        "@a:x.org @b:x.org @c:x.org",
        "@a:x.org;@b:x.org;@c:x.org",
        '"@a:x.org", "@b:x.org", "@c:x.org"',
        "- `@a:x.org`\n- `@b:x.org`\n- `@c:x.org`",
        "1. @a:x.org\n2. @b:x.org\n3. @c:x.org",
        "> @a:x.org\n> @b:x.org\n> @c:x.org",
        "<@a:x.org>\n<@b:x.org>\n\n<@c:x.org>.",
        "https://matrix.to/#/@a:x.org\nmatrix:u/b:x.org?action=chat\n[@c:x.org](https://matrix.to/#/@c:x.org)",
        "@a:x.org\t@b:x.org\t@c:x.org",
        "@A:X.org\n@b:x.org\n@c:x.org",
        "* m.ban @a:x.org\n* m.ban @b:x.org\n* m.ban @c:x.org",
    ],
)
async def test_however_they_are_pasted(text: str) -> None:
    found = await read(text)
    assert ids(found) == ["@a:x.org", "@b:x.org", "@c:x.org"]
    assert (found.unread, {target.reason for target in found.targets}) == ((), {""})


@pytest.mark.parametrize(
    "line",
    [
        "@a:x.org spam de poneys",
        "@a:x.org — spam de poneys",
        "`@a:x.org` (m.ban) : spam de poneys",
        "@a:x.org\tspam de poneys",
    ],
)
async def test_what_stands_behind_is_why(line: str) -> None:
    found = await read(f"{line}\n@b:x.org")
    assert [(target.id, target.reason) for target in found.targets] == [
        ("@a:x.org", "spam de poneys"),
        ("@b:x.org", ""),
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("*.spam.example", "*.spam.example"),
        ("spam.example", "spam.example"),
        ("`*.Spam.example`", "*.spam.example"),
        ("@spam*:x.org", "@spam*:x.org"),
        ("@*:spam.example", "@*:spam.example"),
        ("*:spam.example", "@*:spam.example"),  # as lists of rules are read aloud
        ("spam.example:8448", "spam.example:8448"),
    ],
)
async def test_servers_and_patterns(text: str, meant: str) -> None:
    found = await read(text)
    assert (ids(found), found.alone) == ([meant], None)


@pytest.mark.parametrize("text", ["@*:*", "*:*", "*", "*.*", "@*", "n’importe qui", "…", "@?:?"])
async def test_nobody_is_everybody(text: str) -> None:
    with pytest.raises(NotUnderstood):
        await read(text)


async def test_a_name_with_a_dot_is_no_server() -> None:
    assert (await read("Jean.Paul")).alone == Target("@jean:lieu.fr", "Jean.Paul")


async def test_a_server_in_a_reason_is_part_of_it() -> None:
    found = await read("@a:x.org pub pour spam.example\n@b:x.org")
    assert ids(found) == ["@a:x.org", "@b:x.org"]
    assert found.targets[0].reason == "pub pour spam.example"


async def test_servers_beside_people() -> None:
    assert ids(await read("*.spam.example, @a:x.org")) == ["*.spam.example", "@a:x.org"]
    assert ids(await read("spam.example\n@a:x.org")) == ["spam.example", "@a:x.org"]


async def test_names_among_addresses_and_what_is_not_understood_is_told() -> None:
    found = await read("Marc, Zoé\n@a:x.org\nVoici la liste de dimanche :\n@a:x.org")
    assert ids(found) == ["@marc:lieu.fr", "@zoe:lieu.fr", "@a:x.org"]
    assert (found.twice, found.unread) == (("@a:x.org",), ("Voici la liste de dimanche :",))


async def test_pills_are_people() -> None:
    found = await read("Spam Bot et Zoé Martin", "@bot:x.org", "@zoe:lieu.fr")
    assert ids(found) == ["@bot:x.org", "@zoe:lieu.fr"]


async def test_thirty_four_and_too_many() -> None:
    assert len((await read("\n".join(f"@spam{n}:x.org" for n in range(34)))).targets) == 34
    with pytest.raises(NotUnderstood, match="people-many"):
        await read("\n".join(f"@spam{n}:x.org" for n in range(200)))


def test_what_an_earlier_version_kept_is_read() -> None:
    assert TARGETS.load(["@marc:lieu.fr", "Marc"]).alone == Target("@marc:lieu.fr", "Marc")


@pytest.mark.parametrize(("text", "code"), [("- a\n" * 8_000, "people-many"), ("a, " * 8_000, "member-unknown")])
async def test_no_more_names_are_compared_than_can_be_meant(text: str, code: str) -> None:
    with pytest.raises(NotUnderstood) as no:
        await read(text)
    assert no.value.code == code


async def test_a_reason_with_commas_is_no_list_of_names() -> None:
    lines = "\n".join(f"@spam{n}:loin.fr vend, insulte, recommence" for n in range(149))
    assert len((await read(lines)).targets) == 149
