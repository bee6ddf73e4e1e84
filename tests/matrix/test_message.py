"""Sentences become messages that every client shows well, whatever people are called; and messages become words."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from html.parser import HTMLParser
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix import message
from bot.matrix.markup import Beside, Code, Quote, Table, clean, render
from bot.matrix.message import Lines, Link, Mention

ALLOWED = {"p", "br", "strong", "em", "code", "ol", "ul", "li", "a", "blockquote"}
ME, NAME = "@bot:lieu.example", "Conciergerie (bot)"


class Shown(HTMLParser):
    """What a client would make of a formatted body: its tags, its links, its text."""

    def __init__(self, formatted: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(formatted)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for key, value in attrs if key == "href"]
        assert {key for key, _ in attrs} <= ({"href"} if tag == "a" else {"start"} if tag == "ol" else set())
        if tag == "br":
            self.text += "\n"
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_sentence_is_readable_with_and_without_its_formatting() -> None:
    content = message.text("Bienvenue **{name}** !\nTape `{cmd}`.", {"name": "Zoé", "cmd": "!aide"})
    assert content == {
        "msgtype": "m.text",
        "body": "Bienvenue Zoé !\nTape !aide.",
        "format": "org.matrix.custom.html",
        "formatted_body": "Bienvenue <strong>Zoé</strong> !<br>Tape <code>!aide</code>.",
        "m.mentions": {},
    }


def test_paragraphs_lists_and_quotations() -> None:
    content = message.text(
        "# Les salons\nTu peux rejoindre :\n\n{rooms}\n\n3. d’abord\n4. puis *vite*\n   - si\n   - sinon\n\n> {said}",
        {"rooms": ["Atelier & bois", Mention("@ana:lieu.example", "Ana")], "said": "oui\nnon"},
    )
    assert content["body"] == (
        "Les salons\n\nTu peux rejoindre :\n• Atelier & bois\n• Ana\n"
        "3. d’abord\n4. puis vite\n   • si\n   • sinon\n\n> oui\n> non"
    )
    assert content["formatted_body"] == (
        "<p><strong>Les salons</strong></p><p>Tu peux rejoindre :</p>"
        '<ul><li>Atelier &amp; bois</li><li><a href="https://matrix.to/#/@ana:lieu.example">Ana</a></li></ul>'
        '<ol start="3"><li>d’abord</li><li>puis <em>vite</em><ul><li>si</li><li>sinon</li></ul></li></ol>'
        "<blockquote><p>oui<br>non</p></blockquote>"
    )


def test_a_list_in_a_sentence_and_lines_without_bullets() -> None:
    content = message.text("Salons : {rooms}.\n\n{lines}", {"rooms": ["a", "b"], "lines": Lines(("1️⃣ oui", "2️⃣ non"))})
    assert content["body"] == "Salons : a, b.\n\n1️⃣ oui\n2️⃣ non"
    assert content["formatted_body"] == "<p>Salons : a, b.</p><p>1️⃣ oui<br>2️⃣ non</p>"


def test_an_empty_list_leaves_no_trace() -> None:
    assert message.text("Rien.\n\n{rooms}\n\nVoilà.", {"rooms": []})["body"] == "Rien.\n\nVoilà."


@pytest.mark.parametrize(
    ("link", "plain", "html"),
    [
        (Link("https://a.example/?a=1&b=2"), None, '<a href="https://a.example/?a=1&amp;b=2">'),
        (Link("https://a.example", "ici"), "ici (https://a.example)", '<a href="https://a.example">ici</a>'),
        (Link("mailto:ana@a.example"), "ana@a.example", '<a href="mailto:ana@a.example">ana@a.example</a>'),
        (Link("javascript:alert(1)", "ici"), "ici", "ici"),
        (Link("http://a.example\u202e/", "ici"), "ici", "ici"),
        (Link("https://[", "ici"), "ici", "ici"),
    ],
)
def test_links(link: Link, plain: str | None, html: str) -> None:
    content = message.text("{link}", {"link": link})
    assert content["body"] == (plain or link.url)
    assert html in content["formatted_body"]


def test_a_hole_may_be_the_address_of_a_link() -> None:
    sentence = "Lis [la charte]({url})."
    assert "charte</a>." in message.text(sentence, {"url": "https://a.example/c"})["formatted_body"]
    assert message.text(sentence, {"url": "data:text/html,x"})["formatted_body"] == "Lis la charte."


def test_html_and_images_in_a_sentence_are_not_shown_as_such() -> None:
    formatted = message.text("<b>x</b> ![y](https://a.example/t.png)\n\n<div>")["formatted_body"]
    assert formatted == '<p>&lt;b&gt;x&lt;/b&gt; !<a href="https://a.example/t.png">y</a></p><p>&lt;div&gt;</p>'


def test_a_hole_without_a_value_is_a_bug_that_shows() -> None:
    with pytest.raises(KeyError):
        message.text("Bonjour {name}", {})


values = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "**gras**",
        "[x](javascript:a)",
        "`",
        "{name}",
        "\ue000",
        "&amp;",
        "a\u202eb",
        "> <@a:b> c",
    ]
)
sentences = st.sampled_from(
    ["{name}", "**{name}** : `{name}`", "- {name}\n- b", "> {name}", "[{name}](https://a.example)"]
)


def unquoted(text: str) -> str:
    """Without what a quotation or a list puts at the beginning of a value's further lines."""
    return re.sub(r"[\s>]", "", text)


@given(sentences, values)
def test_no_value_becomes_markup(sentence: str, value: str) -> None:
    content = message.text(sentence, {"name": value})
    harmless = Shown(message.text(sentence, {"name": "x"})["formatted_body"])
    shown = Shown(content["formatted_body"])
    assert [tag for tag in shown.tags if tag != "br"] == harmless.tags or not clean(value)
    assert set(shown.tags) <= ALLOWED
    assert shown.open == []
    assert shown.links == harmless.links
    assert clean(value) in shown.text
    assert unquoted(clean(value)) in unquoted(content["body"])
    json.dumps(content, ensure_ascii=False).encode()


@given(values, values)
def test_no_name_escapes_from_its_pill_or_its_link(first: str, second: str) -> None:
    holes = {"who": Mention(first, second), "link": Link(first, second), "all": [first, Mention(second, first)]}
    shown = Shown(message.text("{who} {link}\n\n{all}", holes)["formatted_body"])
    assert set(shown.tags) <= {"p", "ul", "li", "a", "br"}
    assert shown.open == []
    assert all(re.match(r"https?://|mailto:", link) for link in shown.links)


@given(st.text(max_size=300))
def test_any_sentence_of_a_lieu_is_shown_with_allowed_tags(sentence: str) -> None:
    shown = Shown(message.text(re.sub(r"[{}]", "", sentence))["formatted_body"])
    assert set(shown.tags) <= ALLOWED
    assert shown.open == []


def test_what_deceives_is_taken_out_and_emoji_stay_whole() -> None:
    assert clean("a\u202eb\x00c\ud800d\ue000e\u2028f\tg") == "abcde\nf g"
    assert clean("👩\u200d🔧 é ز\u200cد") == "👩\u200d🔧 é ز\u200cد"
    assert clean("x" * 9, 5) == "xxxx…"


def test_a_reply_in_a_thread() -> None:
    assert message.text("ok", reply_to="$q")["m.relates_to"] == {"m.in_reply_to": {"event_id": "$q"}}
    assert message.text("ok", thread="$t")["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$t",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$t"},
    }
    both = message.text("ok", thread="$t", reply_to={"$event": "txn"})["m.relates_to"]
    assert both["is_falling_back"] is False
    assert both["m.in_reply_to"] == {"event_id": {"$event": "txn"}}


def test_only_who_must_act_is_notified_and_an_edit_notifies_nobody_again() -> None:
    content = message.text("À toi {who}", {"who": Mention("@a:b.c", "A")}, mentions=["@a:b.c"], thread="$t")
    assert content["m.mentions"] == {"user_ids": ["@a:b.c"]}
    edited = message.edit("$e", content)
    assert edited["m.mentions"] == {}
    assert edited["body"] == "* À toi A"
    assert edited["m.new_content"] == {key: value for key, value in content.items() if key != "m.relates_to"}
    assert edited["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$e"}


def test_reactions_and_images() -> None:
    assert message.reaction("$e", "✅")["m.relates_to"] == {"rel_type": "m.annotation", "event_id": "$e", "key": "✅"}
    assert message.key_of("1️⃣") == message.key_of("1\u20e3")
    assert message.image("mxc://a/b", "qr.png", 9, "image/png", width=3)["info"] == {
        "size": 9,
        "mimetype": "image/png",
        "w": 3,
    }
    assert message.image({"url": "mxc://a/b"}, "qr.png", 9, "image/png")["file"] == {"url": "mxc://a/b"}


@given(st.lists(st.text("aé<&\"'\\🌍 ", max_size=400), max_size=60), st.sampled_from([None, "$t"]))
def test_a_long_message_is_cut_and_nothing_of_it_is_lost(lines: list[str], thread: str | None) -> None:
    content = message.text("{x}", {"x": "\n".join(lines)}, mentions=["@a:b.c"], reply_to="$r", thread=thread)
    parts = message.split(content, 2_000)
    assert all(len(json.dumps(part, ensure_ascii=False).encode()) <= 2_000 for part in parts)
    assert "".join(part["body"] for part in parts).replace("\n", "") == content["body"].replace("\n", "")
    assert all(Shown(part["formatted_body"]).text == part["body"] for part in parts if len(parts) > 1)
    assert [bool(part["m.mentions"]) for part in parts] == [True] + [False] * (len(parts) - 1)
    assert all(("m.relates_to" in part) == (thread is not None) for part in parts[1:])


def test_a_long_edit_is_cut_too() -> None:
    edited = message.edit("$e", message.text("{x}", {"x": "mot\n" * 5_000}))
    first, *others = message.split(edited, 9_000)
    assert first["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$e"}
    assert all(len(json.dumps(part).encode()) <= 9_000 for part in [first, *others])


def typed(body: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, **more}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (typed("  !aide "), "!aide"),
        (typed("Conciergerie (bot):  aide"), "aide"),
        (typed("@Conciergerie (bot) aide"), "aide"),
        (typed("@bot:lieu.example, aide"), "aide"),
        (typed("Conciergerie : aide"), "aide"),
        (typed("@conciergerie: aide"), "aide"),
        (typed("@bot aide"), "aide"),
        (typed("@bottin aide"), "@bottin aide"),
        (typed("@conciergerie:ailleurs.example"), "@conciergerie:ailleurs.example"),
        (typed("[@bot:lieu.example](https://matrix.to/#/@bot:lieu.example) aide"), "aide"),
        (typed("* aide", **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$a"}}), "aide"),
        (typed("voir [Zoé](https://matrix.to/#/@zoe:lieu.example)."), "voir Zoé."),
        (typed("voir [le site](https://lieu.example/#/zoe)"), "voir [le site](https://lieu.example/#/zoe)"),
        (typed("Conciergerie (bot)"), ""),
        (typed("Conciergerie (bot)aide"), "Conciergerie (bot)aide"),
        (typed("bot ou pas bot"), "bot ou pas bot"),
        (
            typed("Robot: aide", formatted_body='<a href="https://matrix.to/#/@bot:lieu.example">Robot</a>: aide'),
            "aide",
        ),
        (
            typed("Ana: aide", formatted_body='<a href="https://matrix.to/#/@ana:lieu.example">Ana</a>: aide'),
            "Ana: aide",
        ),
        (typed("> <@a:b.c> la question\n> suite\n\noui"), "oui"),
        (typed("> une citation\n\noui"), "> une citation\n\noui"),
        (typed("* oui", **{"m.new_content": typed("oui")}), "oui"),
        ({"msgtype": "m.emote", "body": "dit oui"}, "dit oui"),
        ({"msgtype": "m.notice", "body": "non"}, None),
        ({"msgtype": "m.image", "body": "photo.jpg"}, None),
        ({"msgtype": "m.text", "body": 3}, None),
        ({"body": "x"}, None),
    ],
)
def test_what_was_typed(content: dict[str, Any], said: str | None) -> None:
    assert message.plain_text(content, ME, NAME) == said


def test_whether_it_was_said_to_the_bot() -> None:
    assert message.is_for(typed("Conciergerie (bot): aide"), ME, NAME)
    assert not message.is_for(typed("aide"), ME, NAME)
    assert not message.is_for({}, ME, NAME)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["msgtype", "body", "formatted_body", "m.new_content", "m.relates_to", "m.mentions"])


@given(st.dictionaries(keys, anything | st.sampled_from(["m.text", {"msgtype": "m.text", "body": "x"}, "> <@a:b\n"])))
def test_no_shape_of_event_is_too_strange(content: dict[str, Any]) -> None:
    assert isinstance(message.plain_text(content, ME, NAME), str | None)


def test_what_is_to_be_typed_is_code_and_stays_harmless() -> None:
    line = Beside((Code("!inviter <b>"), " — *inviter*"))
    content = message.text("{lines}", {"lines": [line, line]})
    assert content["body"] == "• !inviter <b> — *inviter*\n• !inviter <b> — *inviter*"
    assert content["formatted_body"].count("<li><code>!inviter &lt;b&gt;</code> — *inviter*</li>") == 2


def test_a_message_is_quoted_whole_within_another() -> None:
    quote = Quote("**{lieu}** :\n\n{what}", {"lieu": "<Rosée>", "what": "*une* scie"})
    content = message.text("Voici :\n\n{card}\n\nD’accord ?", {"card": quote})
    assert content["body"] == "Voici :\n\n> <Rosée> :\n> \n> *une* scie\n\nD’accord ?"
    quoted = "<blockquote><p><strong>&lt;Rosée&gt;</strong> :</p><p>*une* scie</p></blockquote>"
    assert content["formatted_body"] == f"<p>Voici :</p>{quoted}<p>D’accord ?</p>"


def test_a_table_is_lines_to_whoever_reads_it_alone() -> None:
    table = Table(("nom", "e-mail"), (("1. Zoé <b>", "zoe@exemple.fr"), ("2. Lou", "")))
    content = message.text("Voici :\n\n{people}\n\nC’est bon ?", {"people": table})
    assert content["body"] == "Voici :\n\n1. Zoé <b> · zoe@exemple.fr\n2. Lou\n\nC’est bon ?"
    assert content["formatted_body"] == (
        "<p>Voici :</p><table><thead><tr><th>nom</th><th>e-mail</th></tr></thead><tbody>"
        "<tr><td>1. Zoé &lt;b&gt;</td><td>zoe@exemple.fr</td></tr><tr><td>2. Lou</td><td></td></tr></tbody></table>"
        "<p>C’est bon ?</p>"
    )


def test_a_long_list_and_its_edit_are_one_message_each() -> None:
    """A list of a hundred and fifty that is answered is not said a second time in pieces."""
    row = ("100. Anne-Charlotte Dupont-Martin", "anne-charlotte.dupont@exemple.fr", "@anne-charlotte.dupont:lieu.fr")
    content = message.text("{people}", {"people": Table(("nom", "e-mail", "adresse"), (row,) * 150)})
    assert len(message.split(content)) == 1
    assert len(message.split(message.edit("$event", content))) == 1


PASTED = (
    "<p>!inviter</p><table><tbody><tr><th>Nom</th><th>Mail</th><th></th></tr><tr><td>Zoé<br>Martin</td>"
    '<td><a href="mailto:zoe@exemple.fr">écrire</a></td><td> </td></tr><tr><td></td>'
    '<td><a href="https://matrix.to/#/%40lou%3Alieu.fr">Lou</a></td></tr></tbody></table><p>Merci</p>'
)


def test_a_table_that_was_pasted_keeps_its_cells() -> None:
    said = message.plain_text({"msgtype": "m.text", "body": "!inviter Nom Mail Zoé", "formatted_body": PASTED})
    assert said is not None
    lines = [line.strip(" ") for line in said.splitlines() if line.strip()]
    assert lines == [
        "!inviter",
        "Nom\tMail\t",
        "Zoé Martin\t mailto:zoe@exemple.fr écrire\t",
        "\t https://matrix.to/#/@lou:lieu.fr Lou",
        "Merci",
    ]


def test_tabs_stay_between_cells() -> None:
    assert (
        message.plain_text({"msgtype": "m.text", "body": "!inviter\n1001\tMartin\tZoé\u202e"})
        == "!inviter\n1001\tMartin\tZoé"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"msgtype": "m.file", "body": "!inviter", "filename": "liste.csv"}, "!inviter"),
        ({"msgtype": "m.image", "body": "mon chat", "filename": "IMG_1.jpg"}, "mon chat"),
        ({"msgtype": "m.file", "body": "liste.csv", "filename": "liste.csv"}, None),
        ({"msgtype": "m.file", "body": "liste.csv"}, None),
        ({"msgtype": "m.file", "body": 3, "filename": "liste.csv"}, None),
        ({"msgtype": "m.location", "body": "ici", "filename": "x"}, None),
    ],
)
def test_what_is_written_under_a_file_was_said(content: dict[str, Any], said: str | None) -> None:
    assert message.plain_text(content) == said


@pytest.mark.parametrize("html", ["<table" + "<td" * 20_000, "<table>" + "<!" * 30_000, "<table>" + "&" * 60_000])
def test_a_table_that_was_made_to_do_harm_is_soon_read(html: str) -> None:
    began = process_time()
    message.plain_text({"msgtype": "m.text", "body": "x", "formatted_body": html})
    assert process_time() - began < 2


def test_what_stands_at_the_end_behind_a_mention_is_not_lost() -> None:
    """An ampersand that a client did not escape: the reader waits for more of it."""
    said = '<a href="https://matrix.to/#/@zoe:lieu.fr">Zoé</a> du R&D'
    content = {"msgtype": "m.text", "body": "Zoé du R&D", "format": "org.matrix.custom.html", "formatted_body": said}
    assert message.plain_text(content) == "Zoé du R&D"


def test_a_sentence_that_is_said_again_says_what_it_holds_now() -> None:
    sentence = "**{who}** et {who} :\n\n{what}"
    first, second = ["un", "deux"], ["<b>"]
    shown = [render(sentence, {"who": who, "what": what}) for who, what in (("Zoé", first), ("Bob", second)) * 2]
    assert shown[:2] == shown[2:]
    assert [one.plain for one in shown[:2]] == ["Zoé et Zoé :\n• un\n• deux", "Bob et Bob :\n• <b>"]
    with pytest.raises(KeyError):
        render(sentence, {"who": "Zoé"})


NEWLINES, BULLETS = "\r\v\f\x85", "\uf0a7\uf0b7\uf0d8\uf0fc\uf076"


def test_of_all_characters_those_are_left_out_that_are_none() -> None:
    """As the tables of Unicode have it, in the version that we run on; so are those that deceive the eye."""
    every = [chr(n) for n in range(sys.maxunicode + 1)]
    none = {c for c in every if unicodedata.category(c) in {"Cc", "Cs", "Co"}} - {"\n"}
    kept = {c for c in every if clean(c)}
    assert kept & none == {"\t", *NEWLINES, *BULLETS}
    assert {clean(c) for c in kept & none} == {" ", "\n", "•"}
    assert {unicodedata.category(c) for c in {*every} - kept - none} == {"Cf", "Cn"}
