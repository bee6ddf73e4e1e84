"""How a Nextcloud wraps what it says: OCS in JSON or XML, WebDAV errors, pages."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import JSONResponse, Response

DAV_SPACES = 'xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"'
OK = {1: 100, 2: 200}
STATUS = {997: 401, 998: 404, 996: 500, 999: 500}


class Failure(Exception):
    """An OCS answer that is not ok."""

    def __init__(self, code: int, message: str = "") -> None:
        self.code = code
        self.message = message
        super().__init__(code, message)


class Lost(Exception):
    """What the older version answers by a page: a share whose file is gone."""


class DavError(Exception):
    """A WebDAV answer that is not ok."""

    def __init__(self, status: int, exception: str, message: str = "", *, invalid_path: bool = False) -> None:
        self.status = status
        self.exception = exception
        self.message = message
        self.invalid_path = invalid_path
        super().__init__(status, exception)


def ocs(data: Any, *, v: int = 2, xml: bool = False) -> Response:
    return _envelope("ok", OK[v], "OK", data, 200, v=v, xml=xml)


def failure(
    code: int, message: str, *, v: int = 2, xml: bool = False, headers: dict[str, str] | None = None
) -> Response:
    """v1 hides failures behind a 200, but for credentials."""
    status = STATUS.get(code, 400 if 100 < code < 200 else code)
    status = status if v == 2 or status == 401 else 200
    response = _envelope("failure", code, message, [], status, v=v, xml=xml)
    response.headers.update(headers or {})
    return response


def _envelope(state: str, code: int, message: str, data: Any, status: int, *, v: int, xml: bool) -> Response:
    if xml:
        return Response(_xml(state, code, message), status, media_type="application/xml; charset=utf-8")
    meta: dict[str, Any] = {"status": state, "statuscode": code, "message": message}
    if v == 1:
        meta |= {"totalitems": "", "itemsperpage": ""}
    return Json({"ocs": {"meta": meta, "data": data}}, status)


class Json(JSONResponse):
    media_type = "application/json; charset=utf-8"


def old_failure(code: int, message: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """Before 30, what is refused at the door is told in XML, whatever was asked."""
    return Response(_xml("failure", code, message), status, headers, media_type="text/xml; charset=UTF-8")


def _xml(state: str, code: int, message: str) -> str:
    meta = f"<status>{state}</status>\n  <statuscode>{code}</statuscode>\n  <message>{escape(message)}</message>"
    return f'<?xml version="1.0"?>\n<ocs>\n <meta>\n  {meta}\n </meta>\n <data/>\n</ocs>\n'


def dav_error(error: DavError, headers: dict[str, str] | None = None) -> Response:
    spaces = DAV_SPACES + (' xmlns:o="http://owncloud.org/ns"' if error.invalid_path else "")
    message = f"<s:message>{escape(error.message)}</s:message>" if error.message else "<s:message/>"
    body = f"  <s:exception>{error.exception}</s:exception>\n  {message}\n"
    if error.invalid_path:
        reason = f'<o:reason xmlns:o="o:">{escape(error.message)}</o:reason>'
        body += f'  <o:retry xmlns:o="o:">false</o:retry>\n  {reason}\n'
    document = f'<?xml version="1.0" encoding="utf-8"?>\n<d:error {spaces}>\n{body}</d:error>\n'
    return Response(document, error.status, headers, media_type="application/xml; charset=utf-8")


def page(status: int, headers: dict[str, str] | None = None) -> Response:
    html = "<!DOCTYPE html>\n<html lang='en'><head><title>Nextcloud</title></head><body></body></html>\n"
    return Response(html, status, headers, media_type="text/html; charset=UTF-8")


def nothing(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(b"", status, headers, media_type="text/html; charset=UTF-8")
