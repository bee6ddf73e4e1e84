"""What must be there before each recorded exchange can be replayed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.servers.nextcloud import Share, StandIn
from tests.servers.nextcloud.federation import hear
from tests.servers.nextcloud.memory import ALL, CREATE, READ, Storage, TeamFolder

from .recorded import Scenario

Prepare = Callable[[StandIn], Any]


def _account(login: str, **more: Any) -> Prepare:
    return lambda server: server.add_account(login, "<strong-password>", **more)


def _new_account(login: str, **more: Any) -> Prepare:
    """An account whose owner never came."""
    return lambda server: setattr(server.add_account(login, **more), "last_login", 0)


def _without_account(login: str) -> Prepare:
    return lambda server: server.memory.remove(server.memory.accounts[login])


def _policy(**switches: Any) -> Prepare:
    return lambda server: server.memory.policy.__dict__.update(switches)


def _weather(**knobs: Any) -> Prepare:
    return lambda server: server.weather.__dict__.update(knobs)


def _group(*groups: str) -> Prepare:
    return lambda server: server.memory.groups.extend(groups)


def _joined(login: str, group: str) -> Prepare:
    return lambda server: server.memory.accounts[login].groups.append(group)


def _folder(path: str) -> Prepare:
    return lambda server: server.add_folder("bot-sub", path)


def _file(path: str, text: str = "# Bienvenue 2\n", kind: str = "text/markdown") -> Prepare:
    def put(server: StandIn) -> None:
        server.memory.homes["bot-sub"][path] = server.memory.node(text.encode(), kind)

    return put


def _share(id: str, type: int, to: str | None, permissions: int, path: str = "/Accueil", **more: Any) -> Prepare:
    def add(server: StandIn) -> None:
        token = "pcEPiop6pN4rGxf" if type in (3, 4, 6) else None
        server.memory.shares[id] = Share(id, type, "bot-sub", path, to, permissions, token=token, **more)

    return add


def _shared(ids: tuple[str, str], *about: Any, **more: Any) -> Prepare:
    """One share, under the ids that it had on each version."""
    modern, older = (_share(id, *about, **more) for id in ids)
    return lambda server: modern(server) if server.memory.modern else older(server)


def _offered(id: str, *, to: str = "dave", accepted: bool = False) -> Prepare:
    """A folder of this server, offered to somebody who is on it too: who tells and who is told are one."""

    def offer(server: StandIn) -> None:
        remote = {"remote": "http://cloud-a.example/", "remote_id": "26", "token": "Hud4bMtuxScLC3a"}
        offer = server.memory.offer(**remote, name="/Atelier commun", owner="bot-sub", user=to)
        server.memory.offers = {id: offer}
        offer.id, offer.accepted, offer.mount = id, accepted, "/Atelier commun" if accepted else ""
        if accepted:
            server.memory.homes[to]["Atelier commun"] = server.memory.node(offer=id)

    return offer


def _taken(*, permissions: int = 15, mounted: bool = True, seen: int = 0, id: str = "") -> Prepare:
    """Dave's folder, accepted by the bot: who shares it and who reads it are on one server. `seen` by so many looks
    through the home, `id` where the recording asks for it."""

    def take(server: StandIn) -> None:
        server.add_folder("dave", "Ressources/Plans")
        server.add_folder("dave", "Ressources")
        server.memory.homes["dave"]["Ressources/lisez.txt"] = server.memory.node(b"bonjour", "text/plain")
        share = server.memory.share(6, "dave", "/Ressources", "bot-sub@http://cloud-a.example", permissions)
        told = {"remote": "http://cloud-a.example/", "remote_id": share.id, "token": str(share.token)}
        offer = server.memory.offer(**told, name="/Ressources", owner="dave", user="bot-sub")
        offer.accepted, offer.mount, offer.seen, offer.id = True, "/Ressources", seen, id or offer.id
        server.memory.offers = {offer.id: offer}
        offer.permissions = ALL if permissions & CREATE else READ
        if mounted:
            server.memory.homes["bot-sub"]["Ressources"] = server.memory.node(offer=offer.id)

    return take


def _inside(name: str) -> Prepare:
    return lambda server: server.memory.homes["dave"].update({f"Ressources/{name}": server.memory.node(b"salut")})


def _mount_shared_on(permissions: int = 15) -> Prepare:
    """With the group, under the ids that this had on each version."""
    return _shared(("115", "127"), 1, "lieu-a", permissions, "/Ressources")


def _taken_back(server: StandIn) -> None:
    """By its owner, while it was shared on; the folder has the number that it had on each version."""
    (offer,) = server.memory.offers.values()
    server.memory.homes["bot-sub"]["Ressources"].id = 230 if server.memory.modern else 220
    hear(server.memory, {"providerId": offer.remote_id, "notification": {"sharedSecret": offer.token}})


def _no_folder(server: StandIn) -> None:
    del server.memory.homes["bot-sub"]["Accueil"]


def _guessed(server: StandIn) -> None:
    server.identities.guesses = 11


def _exhausted(login: str) -> Prepare:
    def exhaust(server: StandIn) -> None:
        now = server.identities.clock()
        for pattern in ("/cloud/users/([^/]+)", "/apps/files_sharing/api/v1/shares"):
            server.identities.calls[pattern, login] = [now] * 50

    return exhaust


def _app_password_only(server: StandIn) -> None:
    server.memory.accounts["bot-sub"].app_password_only = True


def _disabled(login: str) -> Prepare:
    return lambda server: setattr(server.memory.accounts[login], "enabled", False)


def _addressed(server: StandIn) -> None:
    server.memory.accounts["bot-admin"].email = "admin@exemple.fr"


def _untrusted(server: StandIn) -> None:
    server.trusted = False


def _team(*groups: str, **more: Any) -> Prepare:
    """The Team folder of the recordings, under the ids that it had in each version."""

    def make(server: StandIn) -> None:
        for id in (7, 10):
            folder = TeamFolder(id, "Fablab", dict.fromkeys(groups, 31), **more)
            server.memory.team_folders[id] = folder

    return make


def _delegated(server: StandIn) -> None:
    server.memory.accounts["bot-deleg"].has_team_folders = True


def _mounted(server: StandIn) -> None:
    server.memory.storages.append(Storage(3, "NC du lieu B", ["lieu-a"]))


def _signed_in(login: str, ever: bool) -> Prepare:
    return lambda server: setattr(server.memory.accounts[login], "last_login", 1795372757 if ever else 0)


WITH_PASSWORD = {"password": "Visite-Guidee-2026!", "label": "Visiteurs", "note": "Merci"}
MANY_SHARES = (
    _share("5", 0, "dave", 1),
    _share("6", 0, "carol", 1),
    _share("1", 1, "lieu-a", 15, note="Bienvenue !"),
    _share("7", 3, None, 17),
    _share("8", 3, None, 17, expires="2026-12-22", **WITH_PASSWORD),
)
MANY = _shared(("101", "114"), 3, None, 17)
ALL_SET = {"expires": "2026-12-25", "label": "Visiteurs", "note": "Merci", "password": "Visite-Guidee-2026!"}
MANY_SET = _shared(("101", "114"), 3, None, 31, hide_download=True, **ALL_SET)
MANY_LATER = _shared(("101", "114"), 3, None, 17, note="Merci", label="Autre", password="Visite-Guidee-2026!")
ENDED = (
    _shared(("106", "118"), 0, "carol", 1, expires="2026-11-23"),
    _shared(("107", "119"), 1, "lieu-a", 1, expires="2026-11-23"),
    _shared(("108", "120"), 3, None, 17, expires="2026-11-23"),
)
WEEK = _policy(link_days=7, link_password=True)
WEEK_LINK = _shared(("110", "122"), 3, None, 17, expires="2026-11-28", password="Visite-Guidee-2026!")
WEEK_OFFERED = _policy(link_days=7, ends_enforced=False)
DAYS = _policy(internal_days=5, remote_days=6)
SHARED_ON = (_taken(), _mount_shared_on())
HOLLOW = (*SHARED_ON, _taken_back)
READ_ONLY = (_taken(permissions=1), _mount_shared_on(1))
EXPIRING = _share("18", 3, None, 17, expires="2026-11-29")
LINK_7 = _share("7", 3, None, 17, expires="2026-12-22", **WITH_PASSWORD)
LINK_8 = _share("8", 3, None, 17, expires="2026-12-22", **WITH_PASSWORD)
LINK_NO_EXPIRY = tuple(_share(id, 3, None, 17, **WITH_PASSWORD) for id in ("7", "8"))

POSTER = _file("Accueil/affiche.pdf", "%PDF-1.4 affiche", "application/pdf")
OF_POSTER = "/Accueil/affiche.pdf"
POSTER_CAROL = _shared(("312", "366"), 0, "carol", 3, OF_POSTER)
POSTER_GROUP = _shared(("313", "367"), 1, "lieu-a", 3, OF_POSTER)
POSTER_LINK = _shared(("316", "370"), 3, None, 17, OF_POSTER, hide_download=True)
POSTER_LINK_EDIT = _shared(("317", "371"), 3, None, 19, OF_POSTER)
POSTER_MAIL = _shared(("319", "374"), 4, "amie@example.org", 19, OF_POSTER)
POSTER_DAVE = _shared(("320", "375"), 6, "dave@http://cloud-b.example", 3, OF_POSTER)

MANAGER = {"type": "user", "id": "bot-sub", "displayname": "Bot sub"}
MAIL = _share("11", 4, "partenaire@example.org", 17, expires="2026-12-02")
TO_DAVE = _share("26", 6, "dave@http://cloud-b.example", 15, "/Atelier commun")


def _company(server: StandIn) -> None:
    """A group whose id is not what people see."""
    server.memory.groups.append("benevoles-a")
    server.memory.shown["benevoles-a"] = "Compagnie du Lieu"


def _numbered(server: StandIn) -> None:
    server.memory.homes["bot-sub"]["Accueil"].id = 631


def _thrown_away(server: StandIn) -> None:
    server.add_folder("bot-sub", "Accueil/Vieux")
    server.memory.throw_away("bot-sub", "Accueil/Vieux")
    server.memory.bins["bot-sub"][0].name = "Vieux.d1796037906"


BEFORE: dict[str, tuple[Prepare, ...]] = {
    "group_details": (_company,),
    "group_list_by_shown_name": (_company,),
    "sharees_group_by_shown_name": (_company,),
    "dav_search_id": (_numbered,),
    "dav_bin_list": (_thrown_away,),
    "dav_bin_restore": (_thrown_away,),
    "auth_app_password_2fa_enforced_write": (_app_password_only,),
    "auth_bruteforce_429": (_guessed,),
    "auth_good_app_password_while_bruteforce_delayed": (_guessed,),
    "auth_disabled_user": (_disabled("lea.martin"),),
    "auth_real_password_2fa_enforced": (_app_password_only,),
    "auth_real_password_token_enforced": (_app_password_only,),
    "auth_revoked_app_password": (lambda server: server.memory.accounts["bot-sub"].app_passwords.clear(),),
    "dav_mkcol": (_no_folder,),
    "dav_mkcol_accents": (lambda server: server.memory.homes["bot-sub"].pop("Été à la Forge — projet"),),
    "dav_delete": (_file("Accueil/lisezmoi.md"),),
    "dav_get": (_file("Accueil/bienvenue.md"),),
    "dav_move": (_file("Accueil/bienvenue.md"),),
    "dav_put_if_none_match": (_file("Accueil/bienvenue.md"),),
    "dav_put_overwrite": (_file("Accueil/bienvenue.md"),),
    "dav_delete_mount": (_taken(permissions=1),),
    "dav_get_mounted_file": (_taken(),),
    "dav_get_reshared_file": SHARED_ON,
    "dav_propfind_home_with_mount": (_taken(mounted=False),),
    "dav_propfind_mount": (_taken(),),
    "dav_propfind_mount_ended": HOLLOW,
    "dav_propfind_mount_read_only": (_taken(permissions=1),),
    "dav_propfind_reshared_mount": (*SHARED_ON, _inside("de-nous.txt")),
    "dav_propfind_reshared_mount_ended": HOLLOW,
    "dav_propfind_reshared_mount_read_only": READ_ONLY,
    "dav_put_in_mount": (_taken(),),
    "dav_put_in_mount_read_only": (_taken(permissions=1),),
    "dav_propfind_file": (POSTER,),
    "dav_propfind_with_file": (POSTER,),
    "file_share_federated": (POSTER,),
    "file_share_federated_update": (POSTER, POSTER_DAVE),
    "file_share_get": (POSTER, POSTER_LINK_EDIT, POSTER_LINK),
    "file_share_group": (POSTER,),
    "file_share_link": (POSTER,),
    "file_share_link_deposit": (POSTER,),
    "file_share_link_edit": (POSTER,),
    "file_share_link_hide_download": (POSTER, POSTER_LINK),
    "file_share_link_update": (POSTER,),
    "file_share_link_update_deposit": (POSTER, POSTER_LINK),
    "file_share_link_update_edit": (POSTER, POSTER_LINK),
    "file_share_link_update_update": (POSTER, POSTER_LINK),
    "file_share_mail": (POSTER,),
    "file_share_mail_update": (POSTER, POSTER_MAIL),
    "file_share_user": (POSTER,),
    "file_share_user_again": (POSTER, POSTER_CAROL),
    "file_share_user_update_edit": (POSTER, POSTER_CAROL),
    "file_share_user_update_read": (POSTER, POSTER_CAROL),
    "file_share_user_update_update": (POSTER, POSTER_CAROL),
    "ext_user_mounts": (_mounted,),
    "ext_user_mounts_app_off": (_policy(storages_app=False),),
    "gf_add_group": (_team(),),
    "gf_add_group_again": (_team("lieu-a"),),
    "gf_add_group_unknown": (_team("lieu-a"),),
    "gf_create_delegated": (_delegated,),
    "gf_create_same_name": (_team("lieu-a"),),
    "gf_get": (_team("lieu-a", "nope", acl=True, manage=[MANAGER]),),
    "gf_remove_group": (_team("lieu-a", "nope", manage=[MANAGER]),),
    "gf_set_permissions": (_team("lieu-a", "nope"),),
    "gf_set_permissions_not_member": (_team("lieu-a", "nope"),),
    "gf_set_quota_bad": (_team("lieu-a", "nope"),),
    "gf_set_quota": (_team("lieu-a", "nope"),),
    "group_create_duplicate": (_group("compagnons"),),
    "group_delete": (_group("compagnons"),),
    "maintenance_dav": (_weather(maintenance=True),),
    "maintenance_index": (_weather(maintenance=True),),
    "maintenance_ocs": (_weather(maintenance=True),),
    "maintenance_status": (_weather(maintenance=True),),
    "rate_limited_share_create": (_exhausted("bot-sub"),),
    "rate_limited_user_edit": (_account("rate", groups=["lieu-a"]), _exhausted("bot-sub"), _exhausted("bot-admin")),
    "reshare_mount_group": (_taken(),),
    "reshare_mount_link": (_taken(),),
    "reshare_mount_person": (_taken(), _mount_shared_on()),
    "reshare_mount_too_much": (_taken(permissions=1),),
    "share_delete_expired": ENDED,
    "share_delete_mount_ended": HOLLOW,
    "share_email_password_enforced": (WEEK,),
    "share_federated_expire_enforced_default": (DAYS,),
    "share_federated_expire_too_far": (DAYS,),
    "share_get_after_many_one_bad": (MANY_LATER,),
    "share_get_expired": ENDED,
    "share_get_mount_ended": HOLLOW,
    "share_link_expire_default": (WEEK_OFFERED,),
    "share_link_expire_default_none": (WEEK_OFFERED,),
    "share_link_expire_enforced_none": (WEEK,),
    "share_update_expire_too_far": (WEEK, WEEK_LINK),
    "share_update_expired": ENDED,
    "share_update_label_of_person": (_shared(("103", "115"), 0, "carol", 1),),
    "share_update_many": (MANY,),
    "share_update_many_one_bad": (MANY_LATER,),
    "share_update_many_without_end": (MANY_SET,),
    "share_update_remove_expire_enforced": (WEEK, WEEK_LINK),
    "share_update_remove_password_enforced": (WEEK, WEEK_LINK),
    "share_update_user_remove_expire_enforced": (DAYS, _shared(("113", "125"), 0, "carol", 1, expires="2026-11-30")),
    "share_user_expire_enforced_default": (DAYS,),
    "share_user_expire_too_far": (DAYS,),
    "shares_list_expired": ENDED,
    "shares_list_mount": SHARED_ON,
    "shares_list_mount_ended": HOLLOW,
    "shares_list_shared_with_me_expired": ENDED,
    "shares_list_shared_with_me_mount": SHARED_ON,
    "shares_list_shared_with_me_mount_ended": HOLLOW,
    "share_delete": (_share("4", 0, "dave", 1), _share("5", 0, "dave", 1)),
    "share_disabled_instance": (_policy(sharing=False),),
    "share_email_again": (MAIL,),
    "share_federated_again": (TO_DAVE,),
    "share_federated_disabled": (_policy(federation=False),),
    "share_get": (LINK_7, LINK_8),
    "share_group_again": (_share("1", 1, "lieu-a", 15, note="Bienvenue !"),),
    "share_group_disabled": (_policy(group_sharing=False),),
    "share_link_disabled": (_policy(links=False),),
    "share_link_expire_enforced_default": (_policy(link_days=7),),
    "share_link_expire_too_far": (_policy(link_days=7),),
    "share_link_password_enforced": (_policy(link_password=True),),
    "share_link_upload_disabled": (_policy(link_upload=False),),
    "share_only_group_members": (_policy(own_groups_only=True),),
    "share_only_group_members_group": (_policy(own_groups_only=True),),
    "share_update_expire": (LINK_7, LINK_8),
    "share_update_filedrop": tuple(_share(id, 3, None, 21, label="Dépôt") for id in ("13", "15")),
    "share_update_hide_download": tuple(
        _share(id, 3, None, 17, expires="2026-12-22", **WITH_PASSWORD) for id in ("12", "14")
    ),
    "share_update_label": LINK_NO_EXPIRY,
    "share_update_nothing": (_share("1", 1, "lieu-a", 15),),
    "share_update_past_date": (LINK_7, LINK_8),
    "share_update_permissions": (_share("1", 1, "lieu-a", 15),),
    "share_update_remove_expire": (LINK_7, LINK_8),
    "share_update_remove_password": LINK_NO_EXPIRY,
    "share_user_again": (_share("5", 0, "dave", 1),),
    "shares_list": MANY_SHARES,
    "shares_list_after_decline": (*MANY_SHARES, EXPIRING, MAIL),
    "shares_list_disabled": (_policy(sharing=False),),
    "shares_list_path": MANY_SHARES,
    "shares_list_path_file": (POSTER, POSTER_CAROL, POSTER_GROUP, POSTER_LINK_EDIT, POSTER_MAIL, POSTER_DAVE),
    "shares_list_shared_with_me": MANY_SHARES,
    "sub_add_to_admin": (_account("s-ok", groups=["lieu-a"]),),
    "sub_add_to_other_group": (_account("s-ok", groups=["lieu-a"]),),
    "sub_delete_group": (_group("sub-made"),),
    "sub_delete_other": (_joined("dave", "lieu-a"),),
    "sub_delete_own": (_account("s-ok", groups=["lieu-a"]),),
    "sub_disable_other": (_joined("dave", "lieu-a"),),
    "sub_disable_own": (_account("s-ok", groups=["lieu-a"]),),
    "sub_make_subadmin": (_account("s-ok", groups=["lieu-a"]),),
    "sub_remove_from_last_group": (_account("s-ok", groups=["lieu-a"]),),
    "sub_welcome_own": (_account("s-ok", groups=["lieu-a"], email="sam@example.org"),),
    "mailtest_mail_down": (_addressed, _weather(mail_down=True)),
    "mailtest_mail_ok": (_addressed,),
    "share_email_mail_down": (_weather(mail_down=True),),
    "untrusted_domain": (_untrusted,),
    "untrusted_domain_dav": (_untrusted,),
    "untrusted_domain_status": (_untrusted,),
    "upgrade_dav": (_weather(upgrade=True),),
    "upgrade_index": (_weather(upgrade=True),),
    "upgrade_ocs": (_weather(upgrade=True),),
    "upgrade_status": (_weather(upgrade=True),),
    "user_create_bad_request_but_half_created": (_without_account("lea.martin"), _weather(half_creations=1)),
    "user_create_email_required": (_policy(email_required=True),),
    "user_create_generated_id": (_policy(generated_ids=True),),
    "user_create_mail_down": (_policy(mail_works=False),),
    "user_create_password": (_without_account("lea.martin"),),
    "user_delete": (_new_account("noe"),),
    "user_disable_again": (_disabled("lea.martin"),),
    "user_get": (lambda server: setattr(server.memory.accounts["lea.martin"], "quota", 2 * 2**30),),
    "user_get_disabled": (_disabled("lea.martin"),),
    "user_group_add": (_group("compagnons"),),
    "user_group_add_again": (_group("compagnons"), _joined("lea.martin", "compagnons")),
    "user_group_add_unknown_user": (_group("compagnons"),),
    "user_group_remove": (_group("compagnons"), _joined("lea.martin", "compagnons")),
    "user_group_remove_again": (_group("compagnons"),),
    "user_welcome_mail_down": (
        _account("nomailsrv", groups=["lieu-a"], email="x@example.org"),
        _policy(mail_works=False),
    ),
}
UNPLACED_ID = "157689914550960129"
REMOTE_IDS = {"34.0.1": ("155034688454967297", "155034718523932673"), "29.0.1": ("2", "3")}

# On the older server, nobody had opened these accounts, and the mail had left before it was asked for.
BEFORE_29: dict[str, tuple[Prepare, ...]] = {
    "sub_get_own_user": (_signed_in("carol", False),),
    "share_email": (MAIL,),
    "shares_list": (MAIL,),
    "shares_list_path": (MAIL,),
}


def _remote(version: str) -> dict[str, tuple[Prepare, ...]]:
    """What other servers offer has ids of its own on each version."""
    for_dave, for_carol = REMOTE_IDS[version]
    older = version.startswith("29")
    waiting, taken = _offered(for_dave), _offered(for_dave, accepted=True)
    return {
        "dav_propfind_home_first_look": (_taken(mounted=False),),
        "dav_propfind_mount_listed_once": (_taken(mounted=False, seen=1),),
        "dav_propfind_mount_listed_twice": (_taken(),),
        "dav_propfind_mount_unlisted": (_taken(mounted=older),),
        "dav_propfind_mount_unlisted_cached": (_taken(mounted=False),),
        "remote_accept": (waiting,),
        "remote_accept_again": (taken,),
        "remote_decline": (_offered(for_carol, to="carol"),),
        "remote_get_before_accept": (waiting,),
        "remote_decline_taken": (_taken(mounted=False, seen=1, id=UNPLACED_ID),),
        "remote_leave": (taken,),
        "remote_leave_listed_once": (_taken(mounted=False, seen=1, id=UNPLACED_ID),),
        "remote_leave_unlisted": (_taken(mounted=False, id=UNPLACED_ID),),
        "remote_list": (taken,),
        "remote_list_before_mount": (_taken(mounted=older),),
        "remote_list_name_taken": (_taken(mounted=older),),
        "reshare_mount_listed_once": (_taken(mounted=False, seen=1),),
        "shares_list_mount_unlisted": (_taken(mounted=older),),
        "remote_list_after_double_accept": (taken,),
        "remote_pending_list": (waiting,),
    }


# Headers that were sent and not recorded.
ALSO_SENT = {"dav_put_if_none_match": {"if-none-match": "*"}}


def prepare(server: StandIn, scenario: Scenario) -> None:
    before = BEFORE.get(scenario.name, ()) + _remote(scenario.version).get(scenario.name, ())
    if scenario.version.startswith("29"):
        before += BEFORE_29.get(scenario.name, ())
    for step in before:
        step(server)
