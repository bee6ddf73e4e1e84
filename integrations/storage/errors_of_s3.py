"""Why a bucket did not do as it was asked, in one word."""

from __future__ import annotations

import re
from collections.abc import Mapping

CODE = re.compile(r"<Code>(\w+)</Code>")
CAUSES: Mapping[str, str] = {
    **dict.fromkeys(("NoSuchBucket", "InvalidBucketName"), "place"),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "NotSignedUp"), "credentials"
    ),
    **dict.fromkeys(("AccessDenied", "AllAccessDisabled", "AccountProblem", "MethodNotAllowed"), "rights"),
    **dict.fromkeys(
        ("QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"), "full"
    ),
    **dict.fromkeys(("RequestTimeTooSkewed", "RequestExpired"), "skewed"),
    **dict.fromkeys(
        ("AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"), "region"
    ),
    **dict.fromkeys(("SlowDown", "ServiceUnavailable", "TooManyRequests", "RequestTimeout"), "busy"),
    "InternalError": "broken",
}
CLOCK = "difference between the request time"
GONE = {"NoSuchKey", "NoSuchVersion"}
OF_STATUS = {401: "credentials", 403: "rights", 429: "limited", 502: "proxy", 503: "busy", 504: "proxy", 507: "full"}


def code_in(told: str) -> str:
    """The code of an answer in XML; servers that send it as text/xml are not read by the client."""
    found = CODE.search(told)
    return found[1] if found else ""


def cause(code: str, status: int, told: str = "") -> str:
    """What is known of neither is something that the bucket must be asked about: see its own log. Of a clock that is
    late, some say no more than « denied », and the rest in words."""
    if CLOCK in told:
        return "skewed"
    return CAUSES.get(code) or OF_STATUS.get(status) or ("broken" if status >= 500 else "refused")
