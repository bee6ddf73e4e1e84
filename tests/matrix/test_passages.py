"""What somebody wrote is said elsewhere as they wrote it, and as nothing else: no call, no trap, no loss in silence."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix import message, passages

HTML = "org.matrix.custom.html"
PILL = '<a href="https://matrix.to/#/{}">{}</a>'
KEPT = {"p", "br", "strong", "em", "del", "code", "pre", "ol", "ul", "li", "a", "blockquote"}
PICTURE = {"msgtype": "m.image", "url": "mxc://lieu.fr/abc"}


def written(html: str, body: str = "…", **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, "format": HTML, "formatted_body": html} | more


def told(content: dict[str, Any], names: dict[str, str] | None = None) -> tuple[str, str]:
    """Plain and formatted, as it is said below the name of a lieu."""
    said = passages.passage(content, names)
    assert said is not None
    shown = message.text("**{lieu}** : {said}", {"lieu": "Le Moulin", "said": passages.shown(said)})
    assert shown["m.mentions"] == {}
    return shown["body"].partition(" : ")[2] or shown["body"].partition(" :\n")[2], shown["formatted_body"]


@pytest.mark.parametrize(
    ("html", "plain", "formatted"),
    [
        ("à <strong>9 h</strong>, <em>vite</em>", "à 9 h, vite", "à <strong>9 h</strong>, <em>vite</em>"),
        ("<b>a</b> <i>b</i> <u>c</u>", "a b c", "<strong>a</strong> <em>b</em> <em>c</em>"),
        ("<p>un</p><ul><li>a</li><li>b</li></ul>", "un\n• a\n• b", "<p>un</p><ul><li>a</li><li>b</li></ul>"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("<blockquote>on y va ?</blockquote>oui", "> on y va ?\noui", "<blockquote>on y va ?</blockquote><p>oui</p>"),
        ("<del>10 h</del> 11 h", "~~10 h~~ 11 h", "<del>10 h</del> 11 h"),
        ("<pre><code>a\n  b</code></pre>", "a\n  b", "<pre><code>a\n  b</code></pre>"),
        ("un<br>deux", "un\ndeux", "un<br>deux"),
        ("<h2>Samedi</h2><p>tous</p>", "Samedi\ntous", "<p><strong>Samedi</strong></p><p>tous</p>"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a · b", "a · b"),
        ("<ul>a<li>b</li></ul>", "• a\n• b", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "• a\n  • b", "<ul><li><p>a</p><ul><li>b</li></ul></li></ul>"),
    ],
)
def test_the_form_arrives(html: str, plain: str, formatted: str) -> None:
    body, shown = told(written(html))
    assert body == plain
    assert shown.endswith(formatted)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (written(PILL.format("%40zoe%3Aa.fr", "Zoé") + " ?"), "Zoé ?"),
        (written(PILL.format("@zoe:a.fr", "@zoe:a.fr") + " ?"), "Zoé Martin ?"),  # as Element X has it
        (written('<a href="matrix:u/zoe:a.fr?action=chat">Zoé</a> ?'), "Zoé ?"),
        (written(PILL.format("@bob:b.fr", "@bob:b.fr")), "bob"),
        ({"msgtype": "m.text", "body": "[@zoe:a.fr](https://matrix.to/#/@zoe:a.fr) ?"}, "Zoé Martin ?"),
    ],
)
def test_people_who_are_named_have_their_name_and_are_not_called(content: dict[str, Any], said: str) -> None:
    body, shown = told(content, {"@zoe:a.fr": "Zoé Martin"})
    assert body == said
    assert "matrix.to" not in shown
    assert "@" not in shown


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<script>alert(1)</script>oui", "oui"),
        ("<style>*{}</style>oui<iframe src=x>non</iframe>", "oui"),
        ('<img src="mxc://a/b" alt=":fete:" onerror="x">', ":fete:"),
        ("<mx-reply><blockquote>ce que Bob disait</blockquote></mx-reply>oui", "oui"),
        ('<a href="javascript:alert(1)">clic</a>', "clic"),
        ('<a href="https://evil.example/">https://banque.fr</a>', "https://banque.fr (https://evil.example/)"),
        ('<a href="https://evil.example/">www.banque.fr/moi</a>', "www.banque.fr/moi (https://evil.example/)"),
        ('<a href="https://lieu.fr/x">le plan</a>', "le plan (https://lieu.fr/x)"),
        ('<a href="mailto:a@lieu.fr">a@lieu.fr</a>', "a@lieu.fr"),
        ('<p onclick="x" style="position:fixed">oui</p>', "oui"),
        ("oui\u202enon\u200b", "ouinon"),
    ],
)
def test_a_trap_is_none(html: str, plain: str) -> None:
    body, shown = told(written(html))
    assert body == plain
    assert not re.search(r"script|onerror|onclick|style|iframe|javascript|mx-reply|img", shown)


def test_a_link_that_looks_like_another_address_is_no_link() -> None:
    _, shown = told(written('<a href="https://evil.example/">https://banque.fr</a>'))
    assert 'https://banque.fr (<a href="https://evil.example/">https://evil.example/</a>)' in shown


@pytest.mark.parametrize("tag", ["blockquote", "ul", "div", "strong", "li", "mx-reply", "a"])
@pytest.mark.parametrize("closed", [True, False])
def test_no_depth_is_too_deep(tag: str, closed: bool) -> None:
    html = f"<{tag}>" * 2_000 + "fond" + f"</{tag}>" * (2_000 * closed)
    said = passages.passage(written(html, "fond"))
    assert said is not None
    assert passages.shown(said).plain.endswith("fond")
    assert len(passages.shown(said).html) < 2_000


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KEPT
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.open += [tag] * (tag != "br")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


PIECES = ["<p>", "</p>", "<ul>", "<li>", "</ul>", "<b>", "</b>", "<a href='https://a.fr'>", "</a>", "<pre>", "</pre>"]
PIECES += [
    "<blockquote>",
    "</blockquote>",
    "<table>",
    "<tr>",
    "<td>",
    "<svg>",
    "</svg>",
    "x",
    " & ",
    "<",
    "\ue000",
    "é\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_whatever_is_written_what_is_said_is_sound_html(pieces: list[str]) -> None:
    balance = _Balance()
    found = passages.shown({"text": "x", "formatted": "".join(pieces)})
    balance.feed(message.text("> {said}", {"said": found})["formatted_body"])
    assert balance.open == []
    assert balance.attributes <= {("a", "href"), ("ol", "start")}


def test_what_another_bot_calls_safe_is_made_safe() -> None:
    assert passages.shown({"text": "x", "formatted": "<script>a</script><b>oui</b>"}).html == "<strong>oui</strong>"


def test_the_words_under_a_picture_come_with_it() -> None:
    said = passages.passage(written("voici <b>le</b> plan", "voici **le** plan", **PICTURE, filename="plan.jpg"))
    assert said is not None
    assert (said["text"], said["attachment"]["name"]) == ("voici le plan", "plan.jpg")


def test_a_place_has_its_name_and_a_map() -> None:
    place = {"uri": "geo:47.39,0.68;u=30", "description": "La halle"}
    for told_in in ({"org.matrix.msc3488.location": place}, {"m.location": place}):
        said = passages.passage({"msgtype": "m.location", "body": "x geo:1,1", "geo_uri": place["uri"]} | told_in)
        assert said == {"text": "📍 La halle\nhttps://www.openstreetmap.org/?mlat=47.39&mlon=0.68#map=17/47.39/0.68"}
    assert passages.passage({"msgtype": "m.location", "body": "ici", "geo_uri": "geo:470,0"}) is None


@pytest.mark.parametrize("name", ["m.poll", "org.matrix.msc3381.poll.start"])
def test_a_poll_is_read_as_what_it_asks(name: str) -> None:
    answers = [{"id": "a", "org.matrix.msc1767.text": "samedi"}, {"id": "b", "m.text": [{"body": "dimanche"}]}]
    poll = {name: {"question": {"body": "Quel jour ?"}, "answers": answers}}
    assert passages.passage(poll, type=passages.POLLS[1]) == {"text": "📊 Quel jour ?\n• samedi\n• dimanche"}


def test_a_sticker_is_a_picture() -> None:
    said = passages.passage({"body": "Bravo", "url": "mxc://lieu.fr/s", "info": {"w": 4}}, type=passages.STICKER)
    assert said == {"attachment": {"msgtype": "m.image", "name": "Bravo", "url": "mxc://lieu.fr/s", "info": {"w": 4}}}


@pytest.mark.parametrize("html", ["<b>" + "é" * 9_000 + "</b>", ""])
def test_a_cut_is_told(html: str) -> None:
    said = passages.passage(written(html, "é" * 9_000), longest=4_000)
    assert said is not None
    assert said["cut"]
    assert said["text"].endswith("…")
    assert len(said["text"]) <= 4_001


@pytest.mark.parametrize("odd", ["<![C", "<![weird[ a ]]>", "<!", "<!--", "<?", "<![if x]>", "<!>"])
def test_markup_that_no_html_has_is_no_fault_of_ours(odd: str) -> None:
    """The standard reader raises AssertionError of some of these."""
    linked = f'{odd} <a href="https://matrix.to/#/@zoe:lieu.fr">Zoé</a> <b>là</b>'
    content = {"msgtype": "m.text", "body": "Zoé là", "format": "org.matrix.custom.html", "formatted_body": linked}
    assert passages.passage(content) is not None
    assert message.plain_text(content) is not None


def test_a_number_that_nobody_can_count_to_is_a_sign_that_nobody_knows() -> None:
    """Python refuses to read it: the message ended the bot."""
    content = written(f"à 9 h &#{'9' * 5_000}; " + PILL.format(f"@zoe:lieu.fr?&#{'9' * 5_000};", "Zoé"))
    said = passages.passage(content)
    assert said is not None
    assert said["text"] == "à 9 h \ufffd Zoé"
    assert message.plain_text(content) == said["text"]


def test_a_tag_that_does_not_end_is_text() -> None:
    """The standard reader looks for its end from each « < » anew: twenty thousand took a minute
    (`tests/attacks/doors.py`)."""
    said = passages.passage(written("<b>oui</b> mais <a " * 2 + "&lt;"))
    assert said is not None
    assert said["text"] == "oui mais oui mais <a <"
