"""A bucket, by Signature Version 4. The only file that knows minio."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

import certifi
import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from integrations.causes import cause_of
from integrations.errors import NotFound, Unavailable

from . import MOST, Item, Place, pour
from .errors_of_s3 import GONE, cause, code_in

PART = 64 * 2**20  # bytes: what is smaller is sent at once, and no half of it is ever kept
PIECE = 2**20
TRIES = 2


class S3Bucket:
    """Asked at `endpoint/bucket`, except of AWS, where buckets have names of their own."""

    def __init__(self, place: Place, access_key: str, secret_key: str, *, connect: float, read: float) -> None:
        at = urlsplit(place.endpoint)
        pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=connect, read=read),
            retries=urllib3.Retry(TRIES, backoff_factor=0.5, redirect=0, raise_on_status=False),
            cert_reqs="CERT_REQUIRED",
            ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        )
        self._place, self._host = place, at.hostname or ""
        self._client = Minio(
            at.netloc,
            access_key=access_key or None,
            secret_key=secret_key or None,
            secure=at.scheme == "https",
            region=place.region,
            http_client=pool,
        )

    def items(self) -> list[Item]:
        prefix = self._place.path
        with self._told():
            found = self._client.list_objects(self._place.bucket, prefix=prefix, recursive=True)
            named = [(one.object_name or "", one.size) for one in islice(found, MOST + 1) if not one.is_dir]
        if len(named) > MOST:
            raise Unavailable("backups", cause="crowded", host=self._host)
        return [Item.told(name.removeprefix(prefix), size) for name, size in named]

    def send(self, file: Path, name: str) -> None:
        with self._told(), file.open("rb") as stream:
            self._client.put_object(
                self._place.bucket,
                self._place.path + name,
                stream,
                file.stat().st_size,
                part_size=PART,
                num_parallel_uploads=1,
            )

    def fetch(self, name: str, file: Path, most: int | None = None) -> None:
        with self._told():
            answer = self._client.get_object(self._place.bucket, self._place.path + name)
            try:
                pour(answer.stream(PIECE), file, most)
            finally:
                answer.close()
                answer.release_conn()

    def delete(self, name: str) -> None:
        with self._told():
            self._client.remove_object(self._place.bucket, self._place.path + name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except S3Error as error:
            raise self._why(error.code or "", error.response.status, error.message or "") from None
        except InvalidResponseError as error:
            raise self._why(code_in(str(error)), error._code, str(error)) from None
        except ServerError as error:
            raise self._why("", error.status_code) from None
        except ParseError:  # a page, where a list should be
            raise Unavailable("backups", cause="address", host=self._host) from None
        except ValueError:  # a name that no bucket has
            raise Unavailable("backups", cause="place", host=self._host) from None
        except (MinioException, urllib3.exceptions.HTTPError) as error:  # not what our own disk says
            raise Unavailable("backups", cause=cause_of(error), host=self._host) from None

    def _why(self, code: str, status: int, told: str = "") -> Exception:
        if code in GONE:
            return NotFound()
        return Unavailable("backups", cause=cause(code, status, told), host=self._host)
