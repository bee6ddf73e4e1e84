"""Domains that hasty fingers make, and those that look so and are somebody's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.mistyped_domains import PROVIDERS, resembles


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmail.fr", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("GMAI.COM", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("orange.f", "orange.fr"),
        ("orange.rf", "orange.fr"),
        ("oragne.fr", "orange.fr"),
        ("wanadoo.com", "wanadoo.fr"),
        ("wanado.fr", "wanadoo.fr"),
        ("hotmal.com", "hotmail.com"),
        ("lapost.net", "laposte.net"),
        ("laposte.fr", "laposte.net"),
        ("yaho.fr", "yahoo.fr"),
        ("free.com", "free.fr"),
        ("protonmail.con", "protonmail.com"),
        ("les-voisins.ogr", "les-voisins.org"),
    ],
)
def test_what_was_meant(domain: str, meant: str) -> None:
    assert resembles(domain) == meant


@pytest.mark.parametrize(
    "domain",
    [
        *PROVIDERS,
        *("yahoo.es", "hotmail.co.uk", "outlook.be", "gmx.de", "ymail.com", "mail.com", "orange.com", "tree.fr"),
        *("exemple.fr", "lieu.fr", "ville-tours.fr", "les-voisins.org", "straße.de", "pe.com", "fred.fr"),
    ],
)
def test_what_is_somebodys_is_left_alone(domain: str) -> None:
    assert resembles(domain) == ""


@given(st.text(max_size=80))
def test_what_is_proposed_is_never_what_was_written(domain: str) -> None:
    meant = resembles(domain)
    assert not meant or meant != domain
    assert resembles(meant) == ""


# -- near a domain that people around have

ASSOCIATIONS = [  # real ones, small and large
    *(
        "framasoft.org",
        "april.org",
        "chatons.org",
        "ffdn.org",
        "lautre.net",
        "ouvaton.org",
        "ouvaton.coop",
        "zourit.net",
    ),
    *(
        "laquadrature.net",
        "colibris-lemouvement.org",
        "colibris-outilslibres.org",
        "infini.fr",
        "ritimo.org",
        "aful.org",
    ),
    *("lespetitescantines.org", "animafac.net", "terredeliens.org", "laligue.org", "restosducoeur.org", "emmaus.fr"),
    *("secourspopulaire.fr", "secours-catholique.org", "croix-rouge.fr", "emmaus-france.org", "emmaus-connect.org"),
    *("apf.asso.fr", "unapei.org", "cemea.asso.fr", "francas.asso.fr", "fne.asso.fr", "lpo.fr", "fub.fr", "attac.org"),
    *("heureux-cyclage.org", "lacimade.org", "gisti.org", "oxfamfrance.org", "greenpeace.fr", "alternatiba.eu"),
    *("francetierslieux.fr", "tierslieux.net", "lamyne.org", "labandedescine.org", "citiz.coop", "commown.coop"),
    *("enercoop.fr", "telecoop.fr", "mobicoop.fr", "railcoop.fr", "biocoop.fr", "licoornes.coop", "repaircafe.org"),
    *(
        "habicoop.fr",
        "coordination-horizontale.org",
        "reneta.fr",
        "cigales.asso.fr",
        "famillesrurales.org",
        "amap-idf.org",
    ),
    *("mjc-sevres.fr", "csc-belleville.fr", "unccas.org", "cnajep.asso.fr", "lemouvementassociatif.org", "udes.fr"),
]


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("exemlpe.org", "exemple.org"),
        ("exmple.org", "exemple.org"),
        ("exempel.org", "exemple.org"),
        ("exemplee.org", "exemple.org"),
        ("exemple.ogr", "exemple.org"),
        ("exemple.og", "exemple.org"),
        ("la-rosée.fr", ""),
        ("exemple.fr", ""),  # may well be another one
        ("exemples-vivants.org", ""),
        ("orage.fr", "orange.fr"),
    ],
)
def test_what_is_nearly_a_domain_that_somebody_around_has(domain: str, meant: str) -> None:
    assert resembles(domain, ["exemple.org", "lieu.fr"]) == meant


def test_what_somebody_around_has_is_not_a_slip_of_a_provider() -> None:
    assert resembles("orage.fr", ["orage.fr"]) == ""


@pytest.mark.parametrize("domain", ASSOCIATIONS)
def test_a_true_domain_is_no_slip_of_another(domain: str) -> None:
    assert resembles(domain) == ""
    assert resembles(domain, [other for other in ASSOCIATIONS if other != domain]) == ""
