"""Lists as people have them: exports, tables, address books' lines; and what never comes out of one."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.talk.answers import guests_in
from bot.talk.answers.written_names import has_figure, name_in
from bot.words import fold
from integrations.directory import free_login, is_login
from tests.stage.answers import WORDS

ROW = "1001;Martin;Zoé;zoe@exemple.fr;12/03/2026;Tours;37000;06 12 34 56 78"
HELLOASSO = (
    "Référence commande;Date de la commande;Statut de la commande;Nom adhérent;Prénom adhérent;Carte d'adhérent;"
    "Nom payeur;Prénom payeur;Email payeur;Raison sociale;Moyen de paiement;Tarif;Montant tarif\n"
    "123456;12/03/2026 14:02;Validé;MARTIN;Zoé;https://www.helloasso.com/x;LEROY;Inès;ines@exemple.fr;;Carte;Plein;10,00"
)
OUTLOOK = (
    "First Name,Middle Name,Last Name,Title,E-mail Address,E-mail Type,Home Street,Mobile Phone\n"
    "Zoé,,Martin,Mme,zoe@exemple.fr,SMTP,12 rue des Lilas,0612345678"
)
FORM = "Nom : Martin\nPrénom : Zoé\nE-mail : zoe@exemple.fr\nMessage : bonjour, je suis au 06 12 34 56 78"


def people(text: str) -> list[tuple[str, str]]:
    return [(one.name, one.email or one.address) for one in guests_in(text, WORDS).people]


@pytest.mark.parametrize(
    "text",
    [
        ROW,
        f"Numéro;Nom;Prénom;Email;Date d’adhésion;Ville;Code postal;Téléphone\n{ROW}",
        f"{ROW};;;;;",
        ROW.replace(";", "\t"),
        ROW.replace(";", ",").replace("06 12 34 56 78", "0612345678"),
        "1001;MARTIN;Zoé;contact@exemple.fr".replace("contact", "zoe"),
        "Zoé;Martin;Tours;37000;zoe@exemple.fr",
        "Mme Zoé Martin (trésorière), 06 12 34 56 78, zoe@exemple.fr",
        "Zoé Martin ; trésorière ; zoe@exemple.fr",
        "Zoé Martin, 12 rue des Lilas 37000 Tours, zoe@exemple.fr",
        "MARTIN Zoé zoe@exemple.fr 06 12 34 56 78",
        "Zoé MARTIN +33 (0)6 12 34 56 78 zoe@exemple.fr",
        '"MARTIN, Zoé" <zoe@exemple.fr>',
        "Martin, Zoé <zoe@exemple.fr>;",
        'Nom;Adresse;E-mail\n"Martin\nZoé";"12 rue des Lilas\n37000 Tours";zoe@exemple.fr',
        "Nom,Prénom,Mail,,,\nMartin,Zoé,Zoe@Exemple.FR,,,\nNom,Prénom,Mail,,,\nTotal,1,,,,",
        "Liste des adhérents\n\nPrénom;Nom;Courriel\nZoé;Martin;zoe@exemple.fr",
        "Nom;E-mail\nZoé Martin;[zoe@exemple.fr](mailto:zoe@exemple.fr)",
        "Adhérent;Contact\nZoé Martin;zoe@exemple.fr",
        "Prénom;Nom;Email;Email 2\nZoé;Martin;;zoe@exemple.fr",
        "Bonjour, voici la liste :\nZoé Martin zoe@exemple.fr\nMerci !",
        "zoe@exemple.fr (Zoé Martin)",
        OUTLOOK,
        FORM,
        FORM.replace("\n", ", ").partition(", Message")[0],
    ],
)
def test_zoe_martin_is_found_in_it(text: str) -> None:
    assert people(text) == [("Zoé Martin", "zoe@exemple.fr")]
    assert guests_in(text, WORDS).problems == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HELLOASSO, [("Zoé Martin", "ines@exemple.fr")]),
        (
            '"Dupont, Jean" <jean.dupont@exemple.fr>; "Durand, Alice" <alice@exemple.fr>',
            [("Jean Dupont", "jean.dupont@exemple.fr"), ("Alice Durand", "alice@exemple.fr")],
        ),
        (
            "jean.dupont@exemple.fr\ncontact@les-voisins.fr; zoe37@exemple.fr",
            [
                ("Jean Dupont", "jean.dupont@exemple.fr"),
                ("Les Voisins", "contact@les-voisins.fr"),
                ("Zoe", "zoe37@exemple.fr"),
            ],
        ),
        ("DUPONT JEAN jean.dupont@exemple.fr", [("Jean Dupont", "jean.dupont@exemple.fr")]),
        ("Martin Zoé zmartin@exemple.fr", [("Zoé Martin", "zmartin@exemple.fr")]),
        (
            "DUPONT\tJean\tjean@exemple.fr\t37000\tTours\nDURAND\tAlice\tasso@exemple.fr\t37100\tTours",
            [("Jean Dupont", "jean@exemple.fr"), ("Alice Durand", "asso@exemple.fr")],
        ),
        ("Nom et prénom;Mail\nDE LA TOUR Éloi;eloi@exemple.fr", [("Éloi De La Tour", "eloi@exemple.fr")]),
        ("Jean-Pierre d’Almeida jp.d@exemple.fr", [("Jean-Pierre d’Almeida", "jp.d@exemple.fr")]),
        ("Nom;Matrix\nZoé Martin;https://matrix.to/#/@zoe:ailleurs.fr", [("Zoé Martin", "@zoe:ailleurs.fr")]),
        ("Иван Петров <ivan@exemple.fr>", [("Иван Петров", "ivan@exemple.fr")]),
    ],
)
def test_who_is_in_a_list(text: str, found: list[tuple[str, str]]) -> None:
    assert people(text) == found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (ROW, ("number", "date", "town", "phone")),
        (OUTLOOK, ("Title", "E-mail Type", "Home Street", "Mobile Phone")),
        ("Zoé Martin zoe@exemple.fr", ()),
    ],
)
def test_what_is_left_has_a_name(text: str, left: tuple[str, ...]) -> None:
    assert guests_in(text, WORDS).left == left


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("jean.dupont@exemple.fr", "made"),
        ("M. et Mme Dupont dupont@exemple.fr", "two"),
        ("Zoé et Jean Martin martin@exemple.fr", "two"),
        ("Zoé Martin zoe@orange.f", "mended"),
        ("Zoé Martin zoe@exemple.fr", ""),
    ],
)
def test_what_should_be_looked_at_is_noted(line: str, note: str) -> None:
    assert [one.note for one in guests_in(line, WORDS).people] == [note]


@pytest.mark.parametrize("remark", ["Noé (pas de mail)", "Noé (pas d’adresse)"])
def test_a_remark_about_a_mail_hides_nobody_above_it(remark: str) -> None:
    """It was taken for the titles of the list, and whoever stood above was gone."""
    guests = guests_in(f"Zoé Martin zoe@exemple.fr\n{remark}\nLou Roy lou@exemple.fr", WORDS)
    assert [one.name for one in guests.people] == ["Zoé Martin", "Lou Roy"]
    assert [bad.name for bad in guests.problems] == ["Noé"]
    assert [one.name for one in guests_in(f"{remark}\nLou Roy lou@exemple.fr", WORDS).people] == ["Lou Roy"]


def test_lines_of_a_table_are_read_among_free_lines() -> None:
    free = (
        "Mme Jeanne Petit (trésorière), 06 12 34 56 78, jeanne@exemple.fr\nJean Dupont jean@exemple.fr\nawa@exemple.fr"
    )
    assert people(f"{ROW}\n{free}")[0] == ("Zoé Martin", "zoe@exemple.fr")
    assert len(people(f"{ROW}\n{ROW.replace('Zoé', 'Léa').replace('zoe@', 'lea@')}\n{free}")) == 5


def test_a_quotation_mark_that_is_never_closed_swallows_nobody() -> None:
    assert len(people('"Zoé;zoe@exemple.fr\nLou;lou@exemple.fr\nAda;ada@exemple.fr')) == 3


# -- what never comes out

NOISE = st.sampled_from(
    [
        *(
            "06 12 34 56 78",
            "+33612345678",
            "12 rue des Lilas",
            "3 bis, avenue Foch",
            "37000 Tours",
            "1001",
            "12/03/2026",
        ),
        *("n° 42", "10,00 €", "Bât. B2", "BP 12", "2ème étage", "(75)", "½", "²", "٣", "lot 7"),
    ]
)
NAMED = ("Zoé Martin", "MARTIN Zoé", "Jean-Pierre d’Almeida", "Иван Петров", "Mme Lou", "M. et Mme Roy")
NAMES = st.sampled_from(NAMED)
WRITTEN = {word for name in (*NAMED, "Zoe") for word in fold(name).split()}
SIGNS = st.sampled_from([" ", "; ", ", ", "\t", " - ", " | "])


@st.composite
def lines(draw: st.DrawFn) -> str:
    cells = draw(st.permutations([draw(NAMES), "zoe@exemple.fr", *draw(st.lists(NOISE, min_size=1, max_size=4))]))
    return draw(SIGNS).join(cells)


@given(st.lists(lines(), min_size=1, max_size=4))
@example([ROW])
async def test_no_figure_street_or_telephone_enters_a_name_or_a_login(rows: list[str]) -> None:
    for one in guests_in("\n".join(rows), WORDS).people:
        assert fold(one.name), one
        assert WRITTEN.issuperset(fold(one.name).split()), one
        login = await free_login(one.name, _free, one.email)
        assert not has_figure(login), login


@given(st.text(max_size=200), st.from_regex(r"[a-z0-9._-]{1,20}", fullmatch=True))
@example("Иван", "ivan37")
@example("٣٤٥", "2012")
async def test_a_login_is_one_whatever_the_name(name: str, local: str) -> None:
    login = await free_login(name, _free, f"{local}@exemple.fr")
    assert is_login(login)
    assert not has_figure(login)


async def _free(login: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("name", "email", "login"),
    [
        ("Иван Петров", "ivan.petrov37@exemple.fr", "ivan.petrov"),
        ("张伟", "zhang.wei@exemple.fr", "zhang.wei"),
        ("Zoé Martin 1987", "z@exemple.fr", "zoe.martin"),
        ("Contact", "zoe@exemple.fr", "zoe"),
        ("Contact", "contact@exemple.fr", "membre"),
        ("张伟", "123456@exemple.fr", "membre"),
    ],
)
async def test_a_name_in_another_script_makes_a_login_of_the_mail(name: str, email: str, login: str) -> None:
    assert await free_login(name, _free, email) == login


@given(st.text(alphabet="Zz Éé0٣²½-’'.,;()[]/:·|\"\n\t@&", max_size=60))
def test_a_name_is_printed_on_one_line_without_figures(text: str) -> None:
    name = name_in(text, WORDS)
    assert not has_figure(name)
    assert name == " ".join(name.split())


@given(st.text(max_size=400))
def test_whatever_is_pasted_is_people_or_lines_that_are_told(text: str) -> None:
    guests = guests_in(text, WORDS)
    assert all(one.email or one.address for one in guests.people)
    assert all(WORDS.has(f"talk.again.{bad.code}") for bad in guests.problems)
    assert len({one.n for one in (*guests.people, *guests.problems)}) == len(guests.people) + len(guests.problems)
