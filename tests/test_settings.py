"""Settings: what is read from where, and that everything wrong is said at once, without a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import BadSettings
from bot.services.directory import DIRECTORY, LdapSettings, MasAccounts, ScimSettings, SynapseAccounts
from bot.services.helloasso import HELLOASSO, HelloAssoSettings
from bot.services.institutional_sign_in import INSTITUTIONAL_SIGN_IN
from bot.services.keycloak_settings import KeycloakSettings
from bot.services.mail import MAIL, MailSettings
from bot.services.nextcloud import NEXTCLOUD
from bot.services.registry import NAMES as OF_SERVICES
from bot.services.settings import OF_LIEU, setting_name
from bot.services.synapse import SYNAPSE, SynapseSettings
from bot.settings import NAMES, Backups, Listen, Secret, Settings
from integrations import storage

EXAMPLE = Path(__file__).parents[1] / "bot.example.env"
LEAST = {
    "MATRIX_HOMESERVER": "https://matrix.example.org/",
    "MATRIX_USER": "@conciergerie:example.org",
    "MATRIX_PASSWORD": "swordfish",
}
CLOUD = {"NEXTCLOUD_URL": "https://cloud.example.org", "NEXTCLOUD_USER": "bot", "NEXTCLOUD_APP_PASSWORD": "a-b-c"}
LDAP = {
    "DIRECTORY": "ldap",
    "LDAP_URL": "ldap://127.0.0.1:389",
    "LDAP_BIND_DN": "cn=bot",
    "LDAP_PASSWORD": "pw",
    "LDAP_USERS_DN": "ou=users",
    "LDAP_GROUPS_DN": "ou=groups",
}


def load(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    return Settings.load(environ, file)


def problems(environ: Mapping[str, str], file: Path | None = None) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load(environ, file)
    return caught.value.problems


def write(path: Path, **values: str) -> Path:
    path.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    return path


@pytest.mark.parametrize(
    ("written", "share"),
    [
        *(("99,5 %", 9_950), ("99.5", 9_950), ("99.5%", 9_950), ("99,5\u202f%", 9_950), ("99,5\xa0%", 9_950)),
        *(("99.95%", 9_995), ("100", 10_000), ("99", 9_900), ("", 0)),
    ],
)
def test_what_is_promised_is_a_share_of_the_time(written: str, share: int) -> None:
    assert load(LEAST | {"PROMISED_AVAILABILITY": written}).promise == share


@pytest.mark.parametrize("written", ["always", "101 %", "0", "99,999 %", "-5 %", "99,5 % 1", "0,99", "0.995", "99,5 ‰"])
def test_what_is_no_share_of_the_time_is_told(written: str) -> None:
    (problem,) = problems(LEAST | {"PROMISED_AVAILABILITY": written})
    assert problem.startswith("PROMISED_AVAILABILITY must be a share")


def test_little_is_enough() -> None:
    settings = load(LEAST)
    assert settings.matrix.homeserver == "https://matrix.example.org"
    assert settings.matrix.password == Secret("swordfish")
    assert settings.allowed_servers == ("example.org",)
    assert (settings.language, settings.timezone, settings.prefix) == ("fr", ZoneInfo("Europe/Paris"), "!")
    assert (settings.services[NEXTCLOUD], settings.services[DIRECTORY], settings.http_listen) == (None, None, None)


def test_everything_wrong_is_said_at_once() -> None:
    wrong = {
        "MATRIX_HOMESERVER": "matrix.example.org",
        "MATRIX_USER": "conciergerie",
        "NEXTCLOUD_URL": "https://bot:hunter2@cloud.example.org",
        "NEXTCLOUD_ACCOUNTS": "everybody",
        "DIRECTORY": "scim",
        "TIMEZONE": "Europe/Lutece",
        "COMMAND_PREFIX": "/",
        "HTTP_LISTEN": "8009",
    }
    named = {re.match(r"[A-Z_]+", problem)[0] for problem in problems(wrong)}
    unsaid = {"MATRIX_PASSWORD", "NEXTCLOUD_USER", "NEXTCLOUD_APP_PASSWORD"}
    unsaid |= {"SCIM_URL", "SCIM_TOKEN_URL", "SCIM_CLIENT_ID", "SCIM_CLIENT_SECRET"}
    assert named == set(wrong) - {"DIRECTORY"} | unsaid


def test_no_secret_shows_itself() -> None:
    settings = load(LEAST | CLOUD | LDAP | {"MATRIX_ADMIN_TOKEN": "syt_admin"})
    assert not {"swordfish", "a-b-c", "syt_admin"} & set(re.findall(r"[\w-]+", f"{settings!r} {settings}"))
    assert f"{settings.matrix.password}" == "Secret('…')"
    assert settings.matrix.password.reveal() == "swordfish"
    assert "hunter2" not in str(problems(LEAST | {"NEXTCLOUD_URL": "https://bot:hunter2@cloud.example.org"}))


def test_mails_need_a_server_and_somebody_they_come_from() -> None:
    mail = {"SMTP_URL": "smtp://bot:hunter2@mail.exemple.org", "MAIL_FROM": "Conciergerie <bot@example.org>"}
    settings = load(LEAST | mail)
    assert settings.services[MAIL] == MailSettings(Secret(mail["SMTP_URL"]), mail["MAIL_FROM"])
    assert "hunter2" not in f"{settings!r} {settings}"
    assert load(LEAST | {"SMTP_URL": "none", "MAIL_FROM": "x"}).services[MAIL] is None
    assert problems(LEAST | {"SMTP_URL": mail["SMTP_URL"]}) == ["MAIL_FROM is missing"]
    assert problems(LEAST | {"MAIL_FROM": mail["MAIL_FROM"]}) == ["SMTP_URL is missing"]
    wrong = problems(LEAST | {"SMTP_URL": "smtp://bot:hunter2#@mail.exemple.org", "MAIL_FROM": "the bot"})
    assert [problem.partition(" ")[0] for problem in wrong] == ["SMTP_URL", "MAIL_FROM"]
    assert "hunter2" not in str(wrong)


KEY = {"HELLOASSO_ORGANIZATION": "la-rosee", "HELLOASSO_CLIENT_ID": "c", "HELLOASSO_CLIENT_SECRET": "hunter2"}


def test_memberships_are_those_of_one_association() -> None:
    settings = load(LEAST | KEY | {"HELLOASSO_FORMS": "adhesion-2027, soutien"})
    assert settings.services[HELLOASSO] == HelloAssoSettings(
        "https://api.helloasso.com", "la-rosee", "c", Secret("hunter2"), ("adhesion-2027", "soutien")
    )
    assert "hunter2" not in f"{settings!r} {settings}"
    assert load(LEAST | {"HELLOASSO_ORGANIZATION": "none"}).services[HELLOASSO] is None
    assert problems(LEAST | {"HELLOASSO_ORGANIZATION": "la-rosee"}) == [
        "HELLOASSO_CLIENT_ID is missing",
        "HELLOASSO_CLIENT_SECRET is missing",
    ]
    page = {"HELLOASSO_ORGANIZATION": "https://www.helloasso.com/associations/la-rosee"}
    (wrong,) = problems(LEAST | KEY | page)
    assert wrong.startswith("HELLOASSO_ORGANIZATION must be as in HelloAsso's addresses")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "bot.env", **LEAST, COMMAND_PREFIX="?", TIMEZONE="Europe/Brussels")
    settings = load({"COMMAND_PREFIX": "%", "TIMEZONE": ""}, file)
    assert settings.prefix == "%"
    assert settings.timezone == ZoneInfo("Europe/Brussels")


def test_a_register_of_hosts_is_read_where_somebody_said_which() -> None:
    assert load(LEAST).chatons_url == ""
    url = "https://chatons.example/-/raw/main/chatons.properties"
    assert load(LEAST | {"CHATONS_URL": url}).chatons_url == url
    assert problems(LEAST | {"CHATONS_URL": "chatons.properties"})[0].startswith("CHATONS_URL must be an address")


def test_a_missing_file_and_a_slip_in_a_name_are_said(tmp_path: Path) -> None:
    assert "does not exist" in problems(LEAST, tmp_path / "none.env")[0]
    file = write(tmp_path / "bot.env", **LEAST, NEXCLOUD_URL="https://cloud.example.org", HTTPS_PROXY="http://proxy")
    assert problems({}, file) == ["NEXCLOUD_URL is not a setting; is NEXTCLOUD_URL meant?"]


def test_a_file_that_is_not_text_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "bot.env"
    file.write_bytes(b"MATRIX_USER=\xff\xfe\n")
    assert "cannot be read" in problems(LEAST, file)[0]


def test_a_dollar_in_a_password_stays(tmp_path: Path) -> None:
    file = write(tmp_path / "bot.env", **LEAST | {"MATRIX_PASSWORD": "a${HOME}b"})
    assert load({}, file).matrix.password == Secret("a${HOME}b")


def test_a_secret_may_be_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from the file\n")
    kept = {**LEAST, "MATRIX_PASSWORD": "", "MATRIX_PASSWORD_FILE": str(tmp_path / "password")}
    assert load(kept).matrix.password == Secret("from the file")
    assert "keep one" in problems(kept | {"MATRIX_PASSWORD": "again"})[0]
    assert "nothing to read" in problems(kept | {"MATRIX_PASSWORD_FILE": str(tmp_path / "absent")})[0]


def test_a_session_that_was_kept_needs_no_password(tmp_path: Path) -> None:
    without = {**LEAST, "MATRIX_PASSWORD": "", "DATA_DIR": str(tmp_path)}
    assert "has not signed in yet" in problems(without)[0]
    (tmp_path / "session.json").touch()
    assert load(without).matrix.password is None


@pytest.mark.parametrize("value", ["fr_FR:fr", "en_US.UTF-8", ""])
def test_the_language_of_a_desktop_is_no_mistake(value: str, tmp_path: Path) -> None:
    assert load(LEAST | {"LANGUAGE": value}).language == "fr"
    assert load({"LANGUAGE": value}, write(tmp_path / "bot.env", **LEAST, LANGUAGE="fr@vous")).language == "fr@vous"


def test_the_language_of_the_file_is_ours(tmp_path: Path) -> None:
    file = write(tmp_path / "bot.env", **LEAST, LANGUAGE="en")
    assert load({"LANGUAGE": "fr"}, file).language == "en"
    assert "LANGUAGE must be" in problems({}, write(file, **LEAST, LANGUAGE="klingon"))[0]


def test_a_machine_is_asked_as_its_owner_writes_it() -> None:
    """Python itself would ask strasse.de for the LDAP of straße.de, and give it the password."""
    told = LEAST | {"MATRIX_HOMESERVER": "https://matrix.straße.de", "ALLOWED_SERVERS": "Straße.de lieu.fr"}
    found = load(told)
    assert found.matrix.homeserver == "https://matrix.xn--strae-oqa.de"
    assert found.allowed_servers == ("xn--strae-oqa.de", "lieu.fr")
    assert "MATRIX_HOMESERVER" in str(problems(LEAST | {"MATRIX_HOMESERVER": "https://☃.net"}))


def test_a_directory_is_scim_or_ldap() -> None:
    scim = {"DIRECTORY": "scim", "SCIM_URL": "https://sso.example.org/scim/v2/", "SCIM_TOKEN": "t"}
    assert load(LEAST | scim).services[DIRECTORY] == ScimSettings(
        "https://sso.example.org/scim/v2", Secret("t"), "", "", None, None
    )
    ldap = load(LEAST | LDAP | {"LDAP_RDN": "cn"}).services[DIRECTORY]
    at = ("ldap://127.0.0.1:389", "cn=bot", Secret("pw"), "ou=users", "ou=groups", "cn", "", "login")
    assert ldap == LdapSettings("openldap", *at)


@pytest.mark.parametrize(
    ("kind", "users", "rdn"),
    [("lemonldap", "ou=users", "uid"), ("lldap", "ou=people", "uid"), ("guichet", "ou=users", "cn")],
)
def test_what_is_known_of_a_software_need_not_be_written(kind: str, users: str, rdn: str) -> None:
    little = {**LDAP, "LDAP_KIND": kind, "LDAP_BIND_DN": "cn=bot, ou=x, dc=lieu, DC=example"}
    del little["LDAP_USERS_DN"], little["LDAP_GROUPS_DN"]
    found = load(LEAST | little).services[DIRECTORY]
    assert isinstance(found, LdapSettings)
    branches = (f"{users},dc=lieu, DC=example", "ou=groups,dc=lieu, DC=example")
    assert (found.users_dn, found.groups_dn, found.rdn) == (*branches, rdn)
    other = load(LEAST | little | {"LDAP_USERS_DN": "ou=gens,dc=x", "LDAP_RDN": "uid"}).services[DIRECTORY]
    assert isinstance(other, LdapSettings)
    assert (other.users_dn, other.rdn) == ("ou=gens,dc=x", "uid")
    assert problems(LEAST | little | {"LDAP_BIND_DN": "cn=bot,o=lieu"}) == [
        "LDAP_USERS_DN is missing",
        "LDAP_GROUPS_DN is missing",
    ]


KEYCLOAK = {
    "DIRECTORY": "keycloak",
    "KEYCLOAK_URL": "https://sso.example.org/",
    "KEYCLOAK_REALM": "lieu",
    "KEYCLOAK_CLIENT_ID": "bot",
    "KEYCLOAK_CLIENT_SECRET": "k3y",
}


def test_a_directory_may_be_a_keycloak() -> None:
    chosen = KeycloakSettings("https://sso.example.org", "lieu", "bot", Secret("k3y"), "", 72, None)
    assert load(LEAST | KEYCLOAK).services[DIRECTORY] == chosen
    more = {"KEYCLOAK_GROUP": "la.rosee", "KEYCLOAK_MAIL_HOURS": "24", "DIRECTORY_SUBJECT": "login"}
    chosen = KeycloakSettings("https://sso.example.org", "lieu", "bot", Secret("k3y"), "la.rosee", 24, "login")
    settings = load(LEAST | KEYCLOAK | more)
    assert settings.services[DIRECTORY] == chosen
    assert "k3y" not in f"{settings!r}"
    missing = problems(LEAST | {"DIRECTORY": "keycloak"})
    assert {problem.partition(" ")[0] for problem in missing} == KEYCLOAK.keys() - {"DIRECTORY"}
    assert "KEYCLOAK_CLIENT_SECRET is set but DIRECTORY is not" in problems(LEAST | KEYCLOAK | {"DIRECTORY": ""})[0]


@pytest.mark.parametrize("hours", ["0", "-1", "721", "1.5", "trois", "²", "9" * 5000])
def test_a_link_lives_hours_and_a_month_at_most(hours: str) -> None:
    (said,) = problems(LEAST | KEYCLOAK | {"KEYCLOAK_MAIL_HOURS": hours})
    assert said == "KEYCLOAK_MAIL_HOURS must be a number of hours from 1 to 720"


def test_a_directory_may_be_the_homeserver_itself() -> None:
    token, at = {"MATRIX_ADMIN_TOKEN": "syt_a"}, "https://matrix.example.org"
    found = load(LEAST | token | {"DIRECTORY": "synapse"}).services[DIRECTORY]
    assert found == SynapseAccounts(at, Secret("syt_a"))
    assert problems(LEAST | {"DIRECTORY": "synapse"}) == ["MATRIX_ADMIN_TOKEN is missing"]
    mas = {"MAS_URL": "https://auth.example.org/", "MAS_CLIENT_ID": "01H", "MAS_CLIENT_SECRET": "s"}
    found = load(LEAST | mas | {"DIRECTORY": "mas"}).services[DIRECTORY]
    assert found == MasAccounts("https://auth.example.org", "01H", Secret("s"), at)
    assert "MAS_CLIENT_ID is set but DIRECTORY is not" in problems(LEAST | {"MAS_CLIENT_ID": "01H"})[0]


@pytest.mark.parametrize("kind", ["synapse", "mas"])
def test_accounts_of_another_homeserver_than_the_bots_own_are_refused(kind: str) -> None:
    """Newcomers are invited by their name on the bot's own: there, it may be somebody else's."""
    own = {"MATRIX_ADMIN_TOKEN": "t", "MAS_URL": "https://a.x", "MAS_CLIENT_ID": "01H", "MAS_CLIENT_SECRET": "s"}
    own = {name: value for name, value in own.items() if name.startswith("MAS_") == (kind == "mas")}
    x = {f"LIEU_X_{name}": value for name, value in own.items()} | {"LIEU_X_DIRECTORY": kind}
    (said,) = problems(LEAST | x | {"LIEU_X_MATRIX_HOMESERVER": "https://m.x.example"})
    assert said.startswith("LIEU_X_DIRECTORY: such accounts are those of the bot's own homeserver.")
    (lieu,) = load(LEAST | x | {"LIEU_X_MATRIX_HOMESERVER": "https://Matrix.example.org/"}).lieux
    assert lieu.chosen.source == "homeserver"


def test_settings_of_a_directory_nobody_chose_are_said() -> None:
    assert "LDAP_PASSWORD is set but DIRECTORY is not" in problems(LEAST | LDAP | {"DIRECTORY": ""})[0]
    assert load(LEAST | LDAP | {"DIRECTORY": "none"}).services[DIRECTORY] is None


SIGN_IN = {
    "SIGN_IN_PROVIDERS": "renater, oidc-franceconnect,cnam: mon compte du Cnam, https://idp.example/shib: Le labo",
    "SIGN_IN_URL": "https://sso.example.org/auth?back={back}&hint={provider}",
}


def test_accounts_of_elsewhere_are_named_and_led_to() -> None:
    chosen = load(LEAST | SIGN_IN | {"PUBLIC_URL": "https://p.example", "HTTP_LISTEN": "[::1]:0"})
    found = chosen.services[INSTITUTIONAL_SIGN_IN]
    assert found
    assert {one.alias: one.label for one in found.providers} == {
        "renater": "",
        "oidc-franceconnect": "FranceConnect",
        "cnam": "mon compte du Cnam",
        "https://idp.example/shib": "Le labo",
    }
    assert (found.address, found.pages) == (SIGN_IN["SIGN_IN_URL"], "https://p.example")
    assert load(LEAST).services[INSTITUTIONAL_SIGN_IN] is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SIGN_IN_PROVIDERS": ""}, "SIGN_IN_PROVIDERS is missing"),
        ({"SIGN_IN_PROVIDERS": "compte universitaire"}, "'compte universitaire' must be written like"),
        ({"SIGN_IN_PROVIDERS": "renater: "}, "'renater:' must be written like"),
        ({"SIGN_IN_URL": "https://sso.example.org/auth"}, "SIGN_IN_URL must have {provider} in it"),
        ({"SIGN_IN_URL": "javascript:{provider}"}, "SIGN_IN_URL must be an address"),
    ],
)
def test_an_account_of_elsewhere_that_leads_nowhere_is_a_sentence(wrong: dict[str, str], said: str) -> None:
    assert said in str(problems(LEAST | SIGN_IN | wrong))


def test_a_lieu_with_its_own_sso_has_no_way_into_that_of_others() -> None:
    (own,) = load(LEAST | LDAP | SIGN_IN | {"LIEU_X_DIRECTORY": "none"}).lieux
    assert own.chosen[INSTITUTIONAL_SIGN_IN] is None
    (alike,) = load(LEAST | LDAP | SIGN_IN | {"LIEU_X_NEXTCLOUD_URL": "none"}).lieux
    assert alike.chosen[INSTITUTIONAL_SIGN_IN] is not None


def test_lists_and_addresses() -> None:
    settings = load(LEAST | {"ALLOWED_SERVERS": "example.org, tiers.example  b.example", "HTTP_LISTEN": "[::1]:0"})
    assert settings.allowed_servers == ("example.org", "tiers.example", "b.example")
    assert settings.http_listen == Listen("::1", 0)


def test_who_hosts_the_bot_and_which_spaces_are_lieux() -> None:
    named = {"OPERATORS": "@ines:example.org, @jules:b.example @ines:example.org", "LIEUX": "!a:b.example,!Ab-_1"}
    settings = load(LEAST | named)
    assert settings.operators == ("@ines:example.org", "@jules:b.example")
    assert settings.spaces == ("!a:b.example", "!Ab-_1")
    assert (load(LEAST).operators, load(LEAST).spaces) == ((), ())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OPERATORS", "ines", "ines must be a whole Matrix address"),
        ("OPERATORS", "@ines:example.org jules", "jules must be a whole Matrix address"),
        ("OPERATORS", "@conciergerie:example.org", "the bot cannot be asked"),
        ("LIEUX", "#rosee:example.org", "#rosee:example.org must be the id of a space"),
        ("LIEUX", "La Rosée", "La must be the id of a space"),
    ],
)
def test_an_address_that_is_none_is_a_sentence(name: str, value: str, said: str) -> None:
    assert said in problems(LEAST | {name: value})[0]


ROSEE = {f"LIEU_LA_ROSEE_{name}": value for name, value in CLOUD.items()}


def test_a_lieu_has_its_own_services_or_the_common_ones() -> None:
    own = ROSEE | {"LIEU_LA_ROSEE_NEXTCLOUD_URL": "https://nuage.rosee.example", "LIEU_LE_108_DIRECTORY": "none"}
    settings = load(LEAST | CLOUD | LDAP | own)
    rosee, number = settings.lieux
    assert (rosee.whose, rosee.prefix) == ("LA_ROSEE", "LIEU_LA_ROSEE_")
    assert rosee.chosen[NEXTCLOUD]
    assert rosee.chosen[NEXTCLOUD].url == "https://nuage.rosee.example"
    assert rosee.chosen[DIRECTORY] == settings.services[DIRECTORY]
    assert (number.whose, number.chosen[DIRECTORY]) == ("LE_108", None)
    assert number.chosen[NEXTCLOUD] == settings.services[NEXTCLOUD]


def test_a_lieu_may_have_no_service_where_others_have_one() -> None:
    (rosee,) = load(LEAST | CLOUD | {"LIEU_LA_ROSEE_NEXTCLOUD_URL": "none"}).lieux
    assert rosee.chosen[NEXTCLOUD] is None


def test_a_lieu_may_have_its_accounts_on_another_homeserver() -> None:
    own = {"LIEU_X_MATRIX_HOMESERVER": "https://m.x.example", "LIEU_X_MATRIX_ADMIN_TOKEN": "t"}
    settings = load(LEAST | {"MATRIX_ADMIN_TOKEN": "common"} | own)
    (lieu,) = settings.lieux
    assert lieu.chosen[SYNAPSE] == SynapseSettings("https://m.x.example", Secret("t"))
    assert settings.services[SYNAPSE] == SynapseSettings("https://matrix.example.org", Secret("common"))


def test_a_password_of_all_never_goes_to_the_address_of_one() -> None:
    said = problems(LEAST | CLOUD | {"LIEU_LA_ROSEE_NEXTCLOUD_URL": "https://nuage.rosee.example"})
    assert said == [f"LIEU_LA_ROSEE_NEXTCLOUD_{name} is missing" for name in ("USER", "APP_PASSWORD")]
    (homeserver,) = problems(LEAST | {"LIEU_X_MATRIX_ADMIN_TOKEN": "t"})
    assert homeserver == "LIEU_X_MATRIX_HOMESERVER is missing"


def test_a_space_says_which_lieu_is_meant(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from the file\n")
    own = ROSEE | {"LIEU_LA_ROSEE_NEXTCLOUD_APP_PASSWORD": "", "LIEU_LA_ROSEE_SPACE": "!abc:example.org"}
    own |= {"LIEU_LA_ROSEE_NEXTCLOUD_APP_PASSWORD_FILE": str(tmp_path / "password")}
    (rosee,) = load(LEAST | own).lieux
    assert rosee.whose == "!abc:example.org"
    assert rosee.chosen[NEXTCLOUD]
    assert rosee.chosen[NEXTCLOUD].app_password == Secret("from the file")


def test_a_slip_in_a_setting_of_a_lieu_is_said(tmp_path: Path) -> None:
    file = write(tmp_path / "bot.env", **LEAST, LIEU_LA_ROSEE_NEXCLOUD_URL="https://cloud.example.org")
    assert "LIEU_LA_ROSEE_NEXCLOUD_URL is not a setting" in problems({}, file)[0]


@pytest.mark.parametrize(
    ("name", "called"),
    [("La Rosée", "LA_ROSEE"), ("L’Œuf – 108", "L_OEUF_108"), ("Tiers-lieu d'ici", "TIERS_LIEU_D_ICI")],
)
def test_how_a_lieu_is_called_in_the_settings(name: str, called: str) -> None:
    assert setting_name(name) == called


def test_the_example_holds_every_setting_with_a_word_of_explanation() -> None:
    text = EXAMPLE.read_text()
    shown = [match[1] for line in text.splitlines() if (match := re.match(r"#?([A-Z][A-Z_]+)=", line))]
    assert sorted(name for name in shown if not name.startswith("LIEU_")) == sorted(NAMES)
    assert all(OF_LIEU.fullmatch(name) for name in shown if name.startswith("LIEU_"))
    several = re.search(r"# --- Several lieux.*?\n\n", text, re.DOTALL)
    assert several
    families = (
        "NEXTCLOUD_",
        "DIRECTORY",
        "KEYCLOAK_",
        "SCIM_",
        "LDAP_",
        "SIGN_IN_",
        "MAS_",
        "SMTP_URL",
        "MAIL_FROM",
        "WORDPRESS_",
        "MATRIX_HOMESERVER",
        "MATRIX_ADMIN_TOKEN",
        "ODOO_",
        "HELLOASSO_",
    )
    assert all(name.startswith(families) for name in OF_SERVICES)
    assert all(family in several[0] for family in families)


def test_the_example_filled_in_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "bot.env"
    file.write_text(re.sub(r"(?m)^#(?=[A-Z_]+=)", "", EXAMPLE.read_text()))
    secrets = {"MATRIX_PASSWORD": "p", "NEXTCLOUD_APP_PASSWORD": "p", "LDAP_PASSWORD": "p"}
    secrets |= {"LIEU_LA_ROSEE_NEXTCLOUD_APP_PASSWORD": "p", "WORDPRESS_APP_PASSWORD": "p", "ODOO_API_KEY": "p"}
    secrets |= {"HELLOASSO_CLIENT_ID": "c", "HELLOASSO_CLIENT_SECRET": "p"}
    secrets |= {"BACKUP_RECIPIENT": AGE, "BACKUP_ACCESS_KEY": "GK1", "BACKUP_SECRET_KEY": "p"}
    settings = load(secrets | {"DIRECTORY": "ldap"}, file)
    assert isinstance(settings.services[DIRECTORY], LdapSettings)
    assert settings.services[NEXTCLOUD] is not None


@pytest.mark.parametrize(
    "path", ["/été", "/a%20b", "/{lieu}", "/a{b", "/?q=1", "?q=1", "/#f", "#f", "/a/../b", "/.", "/a b"]
)
def test_the_path_of_the_pages_is_asked_for_as_it_is_written(path: str) -> None:
    """Else no page is found below it, or all are asked for without end."""
    least = {"MATRIX_HOMESERVER": "https://m.example", "MATRIX_USER": "@c:m.example", "MATRIX_PASSWORD": "p"}
    least |= {"HTTP_LISTEN": "127.0.0.1:1"}
    with pytest.raises(BadSettings, match="PUBLIC_URL"):
        Settings.load(least | {"PUBLIC_URL": f"https://x.example{path}"}, None)
    for good in ("", "/", "/bienvenue", "/a/b.c_d-e~1", ":8443/x"):
        assert Settings.load(least | {"PUBLIC_URL": f"https://x.example{good}"}, None).pages.public_url


AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
COPIES = {
    "BACKUP_URL": "s3://copies/rosee?endpoint=https://s3.example.org&region=garage",
    "BACKUP_RECIPIENT": AGE,
    "BACKUP_ACCESS_KEY": "GK1",
    "BACKUP_SECRET_KEY": "hunter2",
}


def test_copies_leave_for_a_bucket_or_a_folder() -> None:
    assert load(LEAST).backups is None
    found = load(LEAST | COPIES).backups
    assert found == Backups(COPIES["BACKUP_URL"], (AGE,), "GK1", Secret("hunter2"))
    assert "hunter2" not in f"{load(LEAST | COPIES)!r}"
    folder = load(LEAST | {"BACKUP_URL": "/mnt/copies", "BACKUP_RECIPIENT": AGE}).backups
    assert folder == Backups("/mnt/copies", (AGE,), "", None)


SFTP = {
    "BACKUP_URL": "sftp://u1@box.example.org:23/~/copies",
    "BACKUP_RECIPIENT": AGE,
    "BACKUP_SSH_PASSWORD": "hunter2",
    "BACKUP_SSH_HOST_KEY": f"256 SHA256:{'a' * 43} box.example.org (ED25519)",
}


def test_copies_leave_for_another_machine_that_is_known() -> None:
    found = load(LEAST | SFTP).backups
    assert found
    assert "hunter2" not in f"{found!r} {found.keys!r}"
    assert (found.keys.password, found.keys.host_key) == ("hunter2", SFTP["BACKUP_SSH_HOST_KEY"])
    assert load(LEAST | SFTP | {"BACKUP_SSH_PASSWORD": "", "BACKUP_SSH_KEY": "/etc/key"}).backups
    assert load(LEAST | SFTP | {"BACKUP_SSH_HOST_KEY": "/etc/ssh/ssh_known_hosts"}).backups
    (opens,) = problems(LEAST | SFTP | {"BACKUP_SSH_PASSWORD": ""})
    assert opens.startswith("BACKUP_SSH_KEY (the file of a private key) or BACKUP_SSH_PASSWORD is missing")
    for known in ("", "yes", "SHA256:tooshort", "MD5:00:11", "none"):
        (wrong,) = problems(LEAST | SFTP | {"BACKUP_SSH_HOST_KEY": known})
        assert wrong.startswith("BACKUP_SSH_HOST_KEY must be what the machine is known by")
        assert "ssh-keyscan -p 23 box.example.org" in wrong


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sftp://u@h/srv/copies/", "/srv/copies"),
        ("sftp://u@h/", "/"),
        ("sftp://u@h", "."),
        ("sftp://u@h/~", "."),
        ("sftp://u@h/~/", "."),
        ("sftp://u@h/~/a/b/", "a/b"),
        ("sftp://u@h/~a/b", "/~a/b"),
        ("sftp://u@h/un%20dossier", "/un dossier"),
        ("sftp://u@[::1]:2222/a", "/a"),
    ],
)
def test_a_folder_of_another_machine(url: str, path: str) -> None:
    place = storage.place(url)
    assert place.path == path
    assert storage.place(str(place).replace(" ", "%20")) == place


@pytest.mark.parametrize(
    "url",
    [
        "copies",
        "sftp://host/copies",
        "sftp://u:hunter2@host/copies",
        "sftp://u@host:hunter2/copies",
        "sftp://u@/copies",
        "sftp://u@host/copies?key=hunter2",
        "sftp://u@host/copies#hunter2",
        "https://s3.example.org/copies",
        "s3://GK1:hunter2@copies/rosee",
        "s3://?endpoint=https://s3.example.org",
        "s3://copies?endpoint=s3.example.org",
        "s3://copies?endpoint=https://hunter2@s3.example.org",
        "s3://copies?endpoint=https://s3.example.org/path",
        "s3://copies?secret=hunter2",
    ],
)
def test_what_is_no_place_for_copies_is_said_without_its_secrets(url: str) -> None:
    (wrong,) = problems(LEAST | COPIES | {"BACKUP_URL": url})
    assert wrong.startswith("BACKUP_URL must ")
    assert "hunter2" not in wrong


def test_copies_are_encrypted_to_somebody_or_do_not_leave() -> None:
    url = {"BACKUP_URL": "/mnt/copies"}
    assert problems(LEAST | url) == ["BACKUP_RECIPIENT is missing"]
    (wrong,) = problems(LEAST | url | {"BACKUP_RECIPIENT": "AGE-SECRET-KEY-1QQ"})
    assert wrong.startswith("BACKUP_RECIPIENT must be a public key")
    assert "SECRET" not in wrong
    beside = {"DATA_DIR": "/srv/data", "BACKUP_RECIPIENT": AGE}
    for inside in ("/srv/data", "/srv/data/copies", "/srv/x/../data/copies"):
        (wrong,) = problems(LEAST | beside | {"BACKUP_URL": inside})
        assert wrong.startswith("BACKUP_URL must not lie in DATA_DIR"), inside
    assert load(LEAST | beside | {"BACKUP_URL": "/srv/data-copies"}).backups
    assert problems(LEAST | {"BACKUP_RECIPIENT": AGE}) == ["BACKUP_RECIPIENT needs BACKUP_URL: where copies go"]
    assert len(problems(LEAST | {"BACKUP_URL": COPIES["BACKUP_URL"], "BACKUP_RECIPIENT": AGE})) == 2
