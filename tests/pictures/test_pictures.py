"""What is drawn, looked at as a reader or a camera would: one page, the right size, a code that reads, every word."""

from __future__ import annotations

import asyncio
import io
import resource
import unicodedata
from typing import Any

import pypdf
import pytest
import zxingcpp
from PIL import Image

from bot.pictures import Typesetter

pytestmark = pytest.mark.sampled(10)

SHORT = "https://matrix.to/#/%23rosee%3Alieu.fr"
LONG = "https://matrix.to/#/%212eWb_Xn0oLPZl5UBXxWdHgGqqUqYkLkqzEoYd9mXyA8?via=matrix.lamanufacture-cooperative.org"
A4 = (595, 842)  # points
LAST = "La conciergerie t’accueille, et t’ouvre les salons du lieu. " * 2  # two lines
SIXTY = "La Manufacture coopérative des Hauts-de-Saint-Aubin-sur-Loire"
NAMES = {
    "short": "La Rosée",
    "sixty": SIXTY,
    "one word": "Rez" * 20,
    "the longest": ("Maison commune " * 7)[:100],
    "markup": "#panic() *gras* <b>x</b> $y$ [z] `w` \\ // @a = b",
    "a way out": '"))#read("/etc/passwd")',
    "right to left": "مقهى الحي وبيت الجيران",
    "typography": "L’Été\u202f: « où\u202f?\u202f»",
}


def words(lieu: str, address: str = SHORT) -> dict[str, Any]:
    return {
        "lang": "fr",
        "lieu": lieu,
        "address": address.removeprefix("https://"),
        "welcome": "Bienvenue",
        "invitation": "Ici, on se parle aussi en ligne.",
        "door": "Pousse la porte\u202f!",
        "steps": [
            ["Scanne le QR code", "avec l’appareil photo de ton téléphone, ou recopie l’adresse."],
            ["Crée ton compte avec le code zjt33-msng6", "Il sert à 50 personnes, jusqu’au dimanche 14 février."],
            ["Demande à entrer", LAST],
        ],
        "footer": "Une question\u202f? L’accueil t’aide avec plaisir.",
    }


def week(lieu: str, counts: list[tuple[int, int]], **more: Any) -> dict[str, Any]:
    bars = [{"arrivals": came, "departures": went, "label": f"{n}/11"} for n, (came, went) in enumerate(counts, 1)]
    figures = [
        {"name": "arrivals", "figure": "3", "label": "arrivées", "before": "avant\u202f: 4"},
        {"name": "delay", "figure": "36 heures", "label": "de l’invitation à l’accueil", "before": ""},
    ]
    told = {"lang": "fr", "lieu": lieu, "dates": "Du lundi 16 novembre au dimanche 22 novembre", "weeks": bars}
    told |= {"arrivals": "arrivées", "departures": "départs", "quiet": ["Une semaine calme", "Le lieu respire."]}
    return told | {"figures": figures} | more


def letters(text: str) -> str:
    """What is left of a text where lines may be cut anywhere and ligatures written as one."""
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isalnum())


def image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def colours(png: bytes, *box: int) -> dict[Any, int]:
    """How many pixels there are of each, in a part of the picture or all of it."""
    picture = image(png).convert("RGB")
    part = picture.crop((box[0], box[1], box[2], box[3])) if box else picture
    return {colour: count for count, colour in part.getcolors(part.width * part.height) or []}


def frame(png: bytes, wide: int) -> set[Any]:
    """The colours around what is drawn: one, where nothing is cut."""
    width, height = image(png).size
    sides = [
        (0, 0, width, wide),
        (0, height - wide, width, height),
        (0, 0, wide, height),
        (width - wide, 0, width, height),
    ]
    return {colour for side in sides for colour in colours(png, *side)}


@pytest.mark.parametrize("address", [SHORT, LONG])
@pytest.mark.parametrize("name", NAMES)
async def test_a_poster_is_one_sheet_that_says_the_name_and_leads_there(name: str, address: str) -> None:
    pdf, png = await Typesetter().poster(words(NAMES[name], address), address)
    sheets = pypdf.PdfReader(io.BytesIO(pdf)).pages
    assert [tuple(map(round, (sheet.mediabox.width, sheet.mediabox.height))) for sheet in sheets] == [A4]
    assert image(png).size == (1240, 1754)
    assert [found.text for found in zxingcpp.read_barcodes(image(png))] == [address]
    assert frame(png, 40) == {WHITE}
    if name != "right to left":  # read in the order in which it is drawn
        told = letters(sheets[0].extract_text())
        assert letters(NAMES[name]) in told
        assert letters(LAST) in told


async def test_every_typeface_travels_in_the_sheet() -> None:
    pdf, _ = await Typesetter().poster(words("La Rosée"), SHORT)
    page = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
    fonts = [
        font.get_object()["/DescendantFonts"][0]["/FontDescriptor"] for font in page["/Resources"]["/Font"].values()
    ]
    assert fonts
    assert all({"/FontFile2", "/FontFile3"} & set(font) for font in fonts)


async def test_an_emoji_is_left_out_rather_than_drawn_as_a_square() -> None:
    plain, flowered = [await Typesetter().poster(words(name), SHORT) for name in ("La Rosée", "⛺ La Rosée 🌱👩🏽‍🌾✨")]
    assert plain[1] == flowered[1]


async def test_a_code_reads_from_afar() -> None:
    """As a telephone sees it across a room: the sheet is a sixth of what it was drawn."""
    _, png = await Typesetter().poster(words(SIXTY, LONG), LONG)
    small = image(png).convert("L").resize((310, 438), Image.Resampling.LANCZOS)
    assert [found.text for found in zxingcpp.read_barcodes(small)] == [LONG]


WHITE = (255, 255, 255)
LEAF = (0x3F, 0x6B, 0x52)  # the colour of arrivals
BUSY = [(2, 0), (5, 1), (0, 0), (7, 2), (4, 0), (140, 11)]
NOTHING = [(0, 0)] * 6


@pytest.mark.parametrize("counts", [BUSY, NOTHING])
@pytest.mark.parametrize("figures", [True, False])
@pytest.mark.parametrize("name", NAMES)
async def test_a_week_fills_its_picture_and_nothing_is_cut(
    name: str, counts: list[tuple[int, int]], figures: bool
) -> None:
    drawn = await Typesetter().week(week(NAMES[name], counts, **({} if figures else {"figures": []})))
    assert image(drawn).size == (1200, 800)
    assert len(frame(drawn, 24)) == 1


@pytest.mark.parametrize("many", [1, 4, 5])
@pytest.mark.parametrize("figure", ["4\xa0jours", "120\xa0heures", "1\u202f234", "999\xa0999"])
async def test_no_figure_is_wider_than_its_place(figure: str, many: int) -> None:
    """Spaces that do not break make one word of a figure and its unit."""
    one = {
        "name": "delay",
        "figure": figure,
        "label": "de l’invitation à l’accueil",
        "before": f"avant\u202f: {figure}",
    }
    drawn = await Typesetter().week(week("La Rosée", BUSY, figures=[one] * many))
    wide = (1080 - 20 * (many - 1)) / many
    for n in range(many):
        left, right = round(60 + n * (wide + 20)), round(60 + n * (wide + 20) + wide)
        assert set(colours(drawn, left + 2, 220, left + 12, 440)) == {WHITE}
        assert set(colours(drawn, right - 12, 220, right - 2, 440)) == {WHITE}


async def test_a_busy_week_looks_unlike_a_quiet_one() -> None:
    busy = await Typesetter().week(week("La Rosée", BUSY))
    quiet = await Typesetter().week(week("La Rosée", NOTHING, figures=[]))
    bars = [colours(drawn).get(LEAF, 0) for drawn in (busy, quiet)]
    assert bars[0] > 10_000 > bars[1]


async def test_what_cannot_be_drawn_is_said_and_not_half_sent() -> None:
    with pytest.raises(RuntimeError, match=r"week\.png was not drawn"):
        await Typesetter().week({"lang": "fr"})


async def test_drawing_leaves_nothing_in_the_process_of_the_bot() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await asyncio.gather(*(Typesetter().week(week("La Rosée", BUSY)) for _ in range(3)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10 * 1024  # KiB


MONTH = ["unknown", "well", "short", "away", "planned", "part", *["well"] * 24]


def month(lieu: str, services: list[str], **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"lang": "fr", "lieu": lieu, "dates": "Du jeudi 17 décembre au vendredi 15 janvier"}
    told |= {
        "promise": "Promis\u202f: 99,5\u202f%",
        "watched": "",
        "ends": ["17/12", "15/1"],
        "incidents": ["Je n’ai vu aucune coupure."],
        "after": [],
    }
    told["services"] = [{"name": name, "share": "99,41\u202f%", "days": MONTH} for name in services]
    told["key"] = [{"state": state, "label": f"{state} " * 3} for state in MONTH[:6]]
    return told | more


@pytest.mark.parametrize("name", NAMES)
async def test_a_month_is_as_high_as_there_is_to_tell_and_nothing_is_cut(name: str) -> None:
    one = await Typesetter().month(month(NAMES[name], [NAMES[name]]))
    many = await Typesetter().month(month(NAMES[name], [NAMES[name]] * 7, incidents=[SIXTY * 2] * 6, watched=SIXTY))
    small, large = (Image.open(io.BytesIO(drawn)).convert("RGB") for drawn in (one, many))
    assert small.width == large.width == 1200
    assert small.height + 6 * 150 < large.height < 3000
    paper = small.getpixel((2, 2))
    for drawn in (small, large):
        edges = [drawn.crop(box) for box in ((0, 0, 50, drawn.height), (1150, 0, 1200, drawn.height))]
        assert all(edge.getcolors(10) == [(edge.width * edge.height, paper)] for edge in edges)


async def test_days_are_told_apart_without_their_colours() -> None:
    """By their height, in a picture without any."""
    drawn = Image.open(io.BytesIO(await Typesetter().month(month("La Rosée", ["Nextcloud"])))).convert("L")
    left, width = 60 + 26, (1080 - 52 - 29 * 4) / 30
    tall = []
    for n in range(6):
        column = drawn.crop((round(left + n * (width + 4)) + 2, 320, round(left + n * (width + 4)) + 5, 400))
        tall.append(sum(1 for y in range(column.height) if column.getpixel((0, y)) < 225))
    unknown, well, short, away, planned, part = tall
    assert 0 < unknown < away < short <= well
    assert short == planned  # which have a sign each
    assert 0 < part < short, "it is hollow"


@pytest.mark.parametrize("many", [1, 3, 31])
async def test_a_month_that_has_only_just_begun_is_drawn_as_any_other(many: int) -> None:
    """Its days are no wider, and what was watched is written out, whatever its length."""
    told = month("La Rosée", ["Nextcloud"], watched=SIXTY * 3, promise="", key=[], ends=["1/1", "3/1"][:many])
    told["services"][0]["days"] = ["well"] * many
    drawn = await Typesetter().month(told)
    filled = colours(drawn)[LEAF]
    assert 0.9 < filled / (many * min(40, (1028 - 4 * (many - 1)) / many) * 60) < 1.1
    assert len(frame(drawn, 30)) == 1
