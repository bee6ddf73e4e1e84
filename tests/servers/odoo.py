"""Odoo in memory, held to what 19.0 was recorded to answer (`captured/odoo-19.0`): contacts of which nothing is
unique, tags, users, and both protocols. What was not recorded (version 18) is as it was read."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.ports import free_port

Row = dict[str, Any]
PORTAL, INTERNAL = 10, 1
GROUPS = {
    "group_erp_manager": (3914, 2),
    "group_portal": (3923, PORTAL),
    "group_system": (3916, 4),
    "group_user": (5, INTERNAL),
}
NO_DATABASE = """<!DOCTYPE html>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>
<p>Please verify the hostname, <a href=/web/login>login</a> and try again.</p>

<!-- Alternatively, use the X-Odoo-Database header. -->
"""
ROUTE = "&#39;/json/2/&lt;__model__&gt;/&lt;__method__&gt;&#39;"
NO_JSON = f"""<!doctype html>
<html lang=en>
<title>415 Unsupported Media Type</title>
<h1>Unsupported Media Type</h1>
<p>Request inferred type is compatible with [&#39;http&#39;] but {ROUTE} is type=&#39;json2&#39;.<br><br>\
Please verify the Content-Type request header and try again.</p>
"""
NO_POSTGRES = (
    'connection to server at "127.0.0.1", port 5432 failed: Connection refused\n'
    "\tIs the server running on that host and accepting TCP/IP connections?\n"
)
JSON, PAGE = "application/json; charset=utf-8", "text/html; charset=utf-8"
NEEDS_KEY = "User not authenticated, use an API Key with a Bearer Authorization header."
DATE = "2026-11-29 15:00:22"
FIELDS: dict[str, Row] = {
    "res.partner": {
        "name": False, "email": False, "ref": False, "active": True, "category_id": [], "is_company": False,
        "phone": False, "comment": False, "lang": False, "write_date": DATE,
    },
    "res.partner.category": {"name": False, "active": True},
    "res.users": {
        "login": False, "name": False, "email": False, "active": True, "partner_id": 0, "group_ids": [INTERNAL],
        "state": "new", "login_date": False,
    },
    "res.users.apikeys": {"name": False, "user_id": 0, "expiration_date": False},
    "ir.model.data": {"module": "base", "name": "", "res_id": 0},
}  # fmt: skip
COMPUTED = {"res.partner": {"email_normalized", "user_ids"}, "res.users": {"share"}}
ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


class Fault(Exception):
    """An exception of Odoo, by its name."""

    def __init__(self, status: int, name: str, message: str, *more: Any, shown: str = "") -> None:
        self.status = status
        own = [status] if name.startswith("werkzeug") else []
        told = {"name": name, "message": shown or message, "arguments": [message, *more, *own], "context": {}}
        self.told = told | {"debug": f"Traceback (most recent call last):\n{message}"}
        super().__init__(name, message)


def invalid(message: str, kind: str = "ValueError") -> Fault:
    return Fault(500, f"builtins.{kind}", message)


def denied(message: str) -> Fault:
    return Fault(403, "odoo.exceptions.AccessError", message)


def taken(message: str) -> Fault:
    return Fault(422, "odoo.exceptions.ValidationError", f"The operation cannot be completed: {message}")


@dataclass
class Account:
    """Who asks: `manages` users too, or contacts alone (« Contact / Creation »); with neither, they read."""

    contacts: bool = True
    manages: bool = False


@dataclass
class Odoo:
    """`async with server.running():` serves the database; the bot's account is made by `add_account`. `ids` are where
    the counters stand. `mails` are (to, subject). `ill`: what stands in front says that nothing works behind."""

    version: str = "19.0"
    database: str = "lieu"
    url: str = ""
    records: dict[str, dict[int, Row]] = field(default_factory=lambda: {model: {} for model in FIELDS})
    ids: dict[str, Iterator[int]] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    passwords: dict[str, int] = field(default_factory=dict)  # good for JSON-RPC, as a key is
    mails: list[tuple[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[Row] = field(default_factory=list)
    ill: bool = False
    database_down: bool = False
    meanwhile: Callable[[str], object] = lambda _: None  # what somebody does just before each write

    def __post_init__(self) -> None:
        for model in FIELDS:
            self.ids.setdefault(model, itertools.count(1))
        for name, (id, group) in GROUPS.items():
            self.records["ir.model.data"][id] = {"module": "base", "name": name, "res_id": group}

    # -- its life

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = self.url or f"http://127.0.0.1:{port}"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            await runner.cleanup()

    # -- what its administrator does

    def add_contact(self, name: str, email: str = "", **more: Any) -> int:
        return self._insert("res.partner", {"name": name, "email": email or False, **more})

    def add_tag(self, name: str) -> int:
        return self._insert("res.partner.category", {"name": name})

    def add_account(self, login: str, key: str, *, email: str = "", expires: str = "", **rights: bool) -> int:
        """Somebody who works in Odoo, with an API key that lasts until `expires` (UTC), or for good."""
        contact = self.add_contact(login, email)
        id = self._insert("res.users", {"login": login, "name": login, "email": email or False, "partner_id": contact})
        self.accounts[id], self.keys[key] = Account(**rights), id
        self._insert("res.users.apikeys", {"name": "bot", "user_id": id, "expiration_date": expires or False})
        return id

    @property
    def contacts(self) -> dict[int, Row]:
        return self.records["res.partner"]

    @property
    def users(self) -> dict[int, Row]:
        return self.records["res.users"]

    def members(self, tag: str) -> list[str]:
        """Names of the contacts that have this tag, archived ones with a mark."""
        ids = {id for id, row in self.records["res.partner.category"].items() if row["name"] == tag}
        found = [row for row in self.contacts.values() if ids & {*row["category_id"]}]
        return [f"{row['name']}{'' if row['active'] else ' (archived)'}" for row in found]

    def described(self, id: int) -> str:
        """A contact as its page shows it."""
        row = self.contacts[id]
        tags = [self.records["res.partner.category"][tag]["name"] for tag in row["category_id"]]
        users = [user for user in self.users.values() if user["partner_id"] == id]
        accounts = [f"accès {'ouvert' if user['active'] else 'fermé'}" for user in users]
        archived = [] if row["active"] else ["archivée"]
        return " · ".join([row["name"], row["email"] or "sans e-mail", *archived, *tags, *accounts])

    def _insert(self, model: str, row: Row) -> int:
        id = next(self.ids[model])
        self.records[model][id] = {name: _copy(value) for name, value in FIELDS[model].items()} | row
        return id

    # -- HTTP

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        if self.ill:
            return _page("<h1>502 Bad Gateway</h1>", 502)
        parts = request.path.strip("/").split("/")
        if request.path == "/web/version" and self._is_new:
            info = [*map(int, self.version.split(".")), 0, "final", 0, ""]
            return _told({"version_info": info, "version": self.version})
        if request.path == "/web/health":
            return self._health(asks="db_server_status" in request.query)
        if request.path == "/jsonrpc":
            return await self._json_rpc(json.loads(await request.read()))
        if parts[:2] == ["json", "2"] and self._is_new and len(parts) == 4:
            return await self._json_2(request, parts[2], parts[3])
        return _page("<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n", 404)

    @property
    def _is_new(self) -> bool:
        return int(self.version.partition(".")[0]) >= 19

    def _health(self, *, asks: bool) -> web.Response:
        told: Row = {"status": "pass"} | ({"db_server_status": not self.database_down} if asks else {})
        if self.database_down and asks:
            told["status"] = "fail"
        kind = "application/json"
        return web.Response(
            body=json.dumps(told).encode(),
            status=500 if told["status"] == "fail" else 200,
            headers={"content-type": kind},
        )

    async def _json_2(self, request: web.Request, model: str, method: str) -> web.Response:
        try:
            if self.database_down or request.headers.get("x-odoo-database", self.database) != self.database:
                return _page(NO_DATABASE, 404)
            if request.method != "POST":
                raise Fault(404, "werkzeug.exceptions.NotFound", "Did you mean POST /json/2/<model>/<method>?")
            if request.content_type != "application/json":
                return _page(NO_JSON, 415)
            who = self._who(request.headers.get("authorization", ""))
            body = _parsed(await request.read())
            self.bodies.append(body)
            ids = body.pop("ids", [])
            return _told(self.call(who, model, method, ids, body))
        except Fault as fault:
            refused = {"www-authenticate": "Bearer"} if fault.status == 401 else {}
            return _told(fault.told, fault.status, refused)

    def _who(self, authorization: str) -> int:
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Fault(401, "werkzeug.exceptions.Unauthorized", NEEDS_KEY)
        if key not in self.keys:
            raise Fault(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        return self.keys[key]

    async def _json_rpc(self, body: Row) -> web.Response:
        params = body["params"]
        try:
            result = self._rpc(params["service"], params["method"], params["args"])
        except Fault as fault:
            error = {"code": 0, "message": "Odoo Server Error", "data": fault.told}
            return _told({"jsonrpc": "2.0", "id": body["id"], "error": error})
        return _told({"jsonrpc": "2.0", "id": body["id"], "result": result})

    def _rpc(self, service: str, method: str, args: list[Any]) -> Any:
        if self.database_down and (service, method) != ("common", "version"):
            raise Fault(500, "psycopg2.OperationalError", NO_POSTGRES)
        match service, method:
            case "common", "version":
                info = [*map(int, self.version.split(".")), 0, "final", 0, ""]
                told = {"server_version": self.version, "server_version_info": info}
                return told | {"server_serie": self.version, "protocol_version": 1}
            case "common", "authenticate":
                return self._signed_in(args[1], args[2]) or False
            case "object", "execute_kw":
                _, uid, key, model, name, positional, *named = args
                if self._by_secret(key) != uid:
                    raise Fault(403, "odoo.exceptions.AccessDenied", "Access Denied")
                self.bodies.append({"args": positional, **(named[0] if named else {})})
                if name == "create":
                    return self.call(uid, model, name, [], {"vals_list": positional[0]}, alone=True)
                ids = positional[0] if positional else []
                return self.call(uid, model, name, ids, dict(named[0] if named else {}))
        raise Fault(403, "odoo.exceptions.AccessDenied", "Access Denied")

    def _signed_in(self, login: str, key: str) -> int:
        found = self._by_secret(key)
        return found if found and self.users[found]["login"] == login else 0

    def _by_secret(self, secret: str) -> int:
        return self.keys.get(secret) or self.passwords.get(secret, 0)

    # -- models

    def call(self, who: int, model: str, method: str, ids: list[Any], named: Row, *, alone: bool = False) -> Any:
        if model not in FIELDS:
            raise Fault(404, "werkzeug.exceptions.NotFound", f"the model '{model}' does not exist")
        if method.startswith("_"):
            raise denied(f"Private methods (such as '{model}.{method}') cannot be called remotely.")
        act = METHODS.get(method)
        if act is None:
            raise Fault(404, "werkzeug.exceptions.NotFound", f"The method '{model}.{method}' does not exist")
        if method in WRITES:
            self.meanwhile(f"{model}.{method}")
        context = named.pop("context", {})
        told = act(self, who, model, [*ids], named, context)
        return told[0] if alone and isinstance(named.get("vals_list"), dict) else told

    def _context_get(self, who: int, *_: Any) -> Row:
        return {"lang": "en_US", "tz": False, "uid": who}

    def _search_read(self, who: int, model: str, _: list[Any], named: Row, context: Row) -> list[Row]:
        if "fields" not in named and not self.accounts[who].manages:
            raise denied(
                "Failed to read field res.partner.rtc_session_ids\nYou are not allowed to access 'Mail RTC session'"
                " (discuss.channel.rtc.session) records.\n\nThis operation is allowed for the following groups:\n\t-"
                " Role / Administrator\n\nContact your administrator to request access if necessary."
            )
        found = self._found(who, model, named.get("domain", []), context)[: named.get("limit")]
        return [self._read_one(model, id, named.get("fields", [*FIELDS[model]])) for id in found]

    def _search_count(self, who: int, model: str, _: list[Any], named: Row, context: Row) -> int:
        return len(self._found(who, model, named.get("domain", []), context))

    def _found(self, who: int, model: str, domain: Any, context: Row) -> list[int]:
        if not isinstance(domain, list):
            raise invalid(f"Domain() invalid argument type for domain: {domain!r}", "TypeError")
        for name, operator, value in domain:
            if name not in {"id", *FIELDS[model], *COMPUTED.get(model, ())}:
                raise invalid(f"Invalid field {model}.{name} in condition ({name!r}, {operator!r}, {value!r})")
        hidden = "active" in FIELDS[model] and context.get("active_test", True)
        rows = {id: row for id, row in sorted(self.records[model].items()) if row.get("active", True) or not hidden}
        if model == "res.users.apikeys":
            rows = {id: row for id, row in rows.items() if row["user_id"] == who or self.accounts[who].manages}
        found = [id for id in rows if all(self._fits(model, id, *condition) for condition in domain)]
        return sorted(found, key=lambda id: rows[id]["name"]) if model == "ir.model.data" else found

    def _fits(self, model: str, id: int, name: str, operator: str, value: Any) -> bool:
        own = id if name == "id" else self._value(model, id, name)
        match operator:
            case "=":
                return bool(own == value)
            case "in":
                return own in value
            case "=ilike":
                pattern = "".join(
                    re.escape(part[1]) if part.startswith("\\") else {"%": ".*", "_": "."}.get(part, re.escape(part))
                    for part in re.findall(r"\\.|.", value)
                )
                return re.fullmatch(pattern, str(own), re.IGNORECASE) is not None
        raise invalid(f"Invalid operator {operator!r}")

    def _value(self, model: str, id: int, name: str) -> Any:
        row = self.records[model][id]
        if name == "email_normalized":
            found = ADDRESS.findall(row["email"] or "")
            return found[0].lower() if len(found) == 1 else False
        if name == "user_ids":
            return [user for user, one in self.users.items() if one["partner_id"] == id and one["active"]]
        if name == "share":
            return INTERNAL not in row["group_ids"]
        if model == "res.users" and name in ("email", "name"):  # those of the contact
            return self.contacts[row["partner_id"]][name]
        return row[name]

    def _read(self, _: int, model: str, ids: list[Any], named: Row, __: Row) -> list[Row]:
        if ids == [None]:
            return [{"id": None, **dict.fromkeys(named["fields"], False)}]
        return [self._read_one(model, id, named["fields"]) for id in ids if id in self.records[model]]

    def _read_one(self, model: str, id: int, fields: list[str]) -> Row:
        told: Row = {"id": id}
        for name in fields:
            if name == "id":
                continue
            if name not in {*FIELDS[model], *COMPUTED.get(model, ())}:
                raise invalid(f"Invalid field '{name}' in '{model}'")
            value = self._value(model, id, name)
            told[name] = [value, self.contacts[value]["name"]] if name == "partner_id" else value
        return told

    def _create(self, who: int, model: str, _: list[Any], named: Row, context: Row) -> list[int]:
        given = named["vals_list"]
        return [self._create_one(who, model, row, context) for row in (given if isinstance(given, list) else [given])]

    def _create_one(self, who: int, model: str, given: Row, context: Row) -> int:
        self._may(who, model, "create")
        self._known(model, given)
        row = self._applied(model, {}, given)
        if model == "res.users":
            return self._create_user(who, row, context)
        id = self._insert(model, row)
        if not row.get("name"):
            del self.records[model][id]  # the database refuses it, and has counted it
            raise taken("Contacts require a name")
        return id

    def _create_user(self, who: int, row: Row, context: Row) -> int:
        contact = row.get("partner_id") or self.add_contact(row.get("name", row["login"]), row.get("email", ""))
        id = self._insert("res.users", row | {"partner_id": contact})
        if any(one["login"] == row["login"] for other, one in self.users.items() if other != id):
            del self.users[id]
            if not row.get("partner_id"):
                del self.contacts[contact]
            raise taken("You can not have two users with the same login!")
        to, sender = self.contacts[contact]["email"], self._value("res.users", who, "email")
        if to and sender and not context.get("no_reset_password"):
            inside = INTERNAL in self.users[id]["group_ids"]
            named = self._value("res.users", who, "name")
            subject = f"{named} from My Company invites you to connect to Odoo"
            self.mails.append((to, subject if inside else "Your account at My Company"))
        return id

    def _write(self, who: int, model: str, ids: list[Any], named: Row, _: Row) -> bool:
        given = named["vals"]
        if ids in ([], [None]):
            return True
        if model == "res.users" and given.get("active") is False and who in ids:
            message = "You cannot deactivate the user you're currently logged in as."
            raise Fault(422, "odoo.exceptions.UserError", message)
        self._may(who, model, "write")
        self._known(model, given)
        for id in ids:
            if id not in self.records[model]:
                said = f"Record does not exist or has been deleted.\n(Record: {model}({id},), User: {who})"
                raise Fault(404, "odoo.exceptions.MissingError", said)
            if model == "res.partner" and given.get("active") is False:
                self._no_active_user(id, "archive", "You first need to archive their associated user.")
            self.records[model][id] = self._applied(model, self.records[model][id], given)
        return True

    def _action_unarchive(self, who: int, model: str, ids: list[Any], _: Row, context: Row) -> None:
        self._write(who, model, ids, {"vals": {"active": True}}, context)

    def _unlink(self, who: int, model: str, ids: list[Any], _: Row, __: Row) -> bool:
        self._may(who, model, "unlink")
        for id in ids:
            if model == "res.partner":
                self._no_active_user(
                    id, "delete", "You should rather archive them after archiving their associated user."
                )
            del self.records[model][id]
        return True

    def _action_reset_password(self, who: int, _: str, ids: list[Any], __: Row, ___: Row) -> Row:
        self._may(who, "res.users", "write")
        for id in ids:
            if self._value("res.users", who, "email"):
                self.mails.append((self.contacts[self.users[id]["partner_id"]]["email"], "Password reset"))
        params = {"title": "Notification", "message": "A reset password link was sent by email", "sticky": False}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    def _has_access(self, who: int, model: str, _: list[Any], named: Row, __: Row) -> bool:
        return self._is_allowed(who, model, named["operation"])

    # -- what it minds

    def _is_allowed(self, who: int, model: str, right: str) -> bool:
        account = self.accounts[who]
        return right == "read" or (account.manages if model == "res.users" else account.contacts or account.manages)

    def _may(self, who: int, model: str, right: str) -> None:
        if not self._is_allowed(who, model, right):
            shown, group = NEEDS[model]
            raise denied(
                f"You are not allowed to {'create' if right == 'create' else 'modify'} '{shown}' ({model}) records.\n\n"
                f"This operation is allowed for the following groups:\n\t- {group}\n\n"
                "Contact your administrator to request access if necessary."
            )

    def _known(self, model: str, given: Row) -> None:
        own = {*FIELDS[model]} - ({"group_ids"} if not self._is_new else set())
        own |= {"groups_id"} if model == "res.users" and not self._is_new else set()
        for name in given:
            if name not in own:
                raise invalid(f"Invalid field '{name}' in '{model}'")

    def _applied(self, model: str, row: Row, given: Row) -> Row:
        row = dict(row)
        for name, value in given.items():
            if name in ("category_id", "group_ids", "groups_id"):
                kept = "category_id" if name == "category_id" else "group_ids"
                row[kept] = _commanded(row.get(kept, []), value)
            else:
                row[name] = value
        return row

    def _no_active_user(self, id: int, verb: str, instead: str) -> None:
        linked = [(user, one) for user, one in self.users.items() if one["partner_id"] == id and one["active"]]
        if not linked:
            return
        names = ", ".join(self.contacts[id]["name"] for _ in linked)
        said = f"You cannot {verb} contacts linked to an active user.\n{instead}\n\nLinked active users : {names}"
        action = {"type": "ir.actions.act_window", "res_model": "res.users", "context": {"create": False}}
        action |= {"view_mode": "form", "views": [[167, "form"]], "res_id": linked[0][0]}
        shown = f"{said}\n{action}\nGo to users\nNone"
        raise Fault(500, "odoo.exceptions.RedirectWarning", said, action, "Go to users", None, shown=shown)


METHODS: dict[str, Callable[..., Any]] = {
    "context_get": Odoo._context_get,
    "search_read": Odoo._search_read,
    "search_count": Odoo._search_count,
    "read": Odoo._read,
    "create": Odoo._create,
    "write": Odoo._write,
    "unlink": Odoo._unlink,
    "action_unarchive": Odoo._action_unarchive,
    "action_reset_password": Odoo._action_reset_password,
    "has_access": Odoo._has_access,
    "check_access_rights": Odoo._has_access,
}
NEEDS = {
    "res.users": ("User", "Access Rights"),
    "res.partner": ("Contact", "Contact/Creation"),
    "res.partner.category": ("Partner Tags", "Contact/Creation"),
}
WRITES = {"create", "write", "unlink", "action_unarchive"}


def _parsed(raw: bytes) -> Row:
    if not raw:
        return {}
    try:
        found: Row = json.loads(raw)
    except ValueError as error:
        raise Fault(400, "werkzeug.exceptions.BadRequest", f"could not parse the body as json: {error}") from None
    return found


def _commanded(now: list[int], commands: list[Any]) -> list[int]:
    for command, id, more in commands:
        match command:
            case 3:
                now = [one for one in now if one != id]
            case 4:
                now = [*now, *([id] if id not in now else [])]
            case 6:
                now = [*more]
    return now


def _copy(value: Any) -> Any:
    return [*value] if isinstance(value, list) else value


def _told(row: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    own = {"content-type": JSON} | (headers or {})
    return web.Response(body=json.dumps(row).encode(), status=status, headers=own)


def _page(text: str, status: int) -> web.Response:
    return web.Response(body=text.encode(), status=status, headers={"content-type": PAGE})
