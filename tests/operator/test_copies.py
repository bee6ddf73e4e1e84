"""Copies as the operator sees them: listed, brought back on a new machine, and what doctor says of them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pyrage
import pytest
from typer.testing import CliRunner

from bot.app import Services
from bot.backups import in_clear
from bot.backups.jobs import apart
from bot.backups.rotation import name_of
from bot.backups.sending import send
from bot.operator.cli import cli
from bot.operator.doctor.backup_checks import backups_proved, restores, storage_for_backups
from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.doctor.sentences import say
from bot.operator.setup import setup
from bot.settings import Backups, Secret, Settings
from bot.store import backups, erasures
from bot.store.data_folder import DATABASE, KEYS
from bot.store.database import Database
from tests.backups.fixtures import BOT, NOW, Host
from tests.operator.test_run import ROOT, START, Serve, serve  # noqa: F401 - a fixture
from tests.operator.test_setup import Visitor, visitor
from tests.servers.plain_http import plain_http
from tests.servers.ports import free_port
from tests.servers.s3 import ACCESS, S3, SECRET
from tests.servers.sshd import Sshd
from tests.servers.synapse import Synapse
from tests.stage.stage import Stage

LEAST = {"MATRIX_HOMESERVER": "https://m.example", "MATRIX_USER": BOT, "MATRIX_PASSWORD": "p"}


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    return f"seen/{tmp_path.name}"


def run(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    """What a command ends with, and says."""
    told = {"DATA_DIR": str(folder), "COLUMNS": "500", "BACKUP_ACCESS_KEY": ACCESS, "BACKUP_SECRET_KEY": SECRET}
    done = CliRunner().invoke(cli, list(words), env=told | environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


async def sent(host: Host, url: str, at: datetime = NOW) -> str:
    name = await host.begun(at)
    assert (await asyncio.to_thread(send, host.job("send", url, name)))["outcome"] == "done"
    return name


@pytest.fixture
def identity(host: Host, tmp_path: Path) -> Path:
    file = tmp_path / "key.txt"
    file.write_text(f"# created: 2027\n# public key: {host.recipient}\n{host.identity}\n")
    return file


async def test_they_are_listed_and_those_that_were_proved_are_marked(host: Host, s3: S3, prefix: str) -> None:
    (s3.folder / prefix).mkdir(parents=True)
    assert await asyncio.to_thread(run, host.folder, "backup", "--list", BACKUP_URL=s3.url(prefix)) == (
        0,
        f"There are no copies in s3://copies/{prefix} yet: the bot sends one when it starts, then one each night.\n",
    )
    older = name_of(BOT, NOW.replace(day=3))
    (s3.folder / prefix / older).write_bytes(b"older")
    (s3.folder / prefix / "notes.txt").write_bytes(b"not ours")
    name = await sent(host, s3.url(prefix))
    id = await host.database.write(backups.begin, "prove", 1, name)
    await host.database.write(backups.end, id, "done", "", 1)
    code, said = await asyncio.to_thread(run, host.folder, "backup", "--list", BACKUP_URL=s3.url(prefix))
    rows = [line.split() for line in said.splitlines()]
    assert code == 0
    assert [(row[0], row[-1], "proved" in row) for row in rows] == [
        ("2027-01-15", name, True),
        ("2027-01-03", older, False),
    ]


async def test_one_comes_back_on_a_new_machine(host: Host, s3: S3, prefix: str, tmp_path: Path, identity: Path) -> None:
    name, key = await sent(host, s3.url(prefix)), ("--identity", str(identity))
    ways = {
        "whole": (f"s3://copies/{prefix}/{name}?endpoint={s3.endpoint}", {}),
        "named": (name, {"BACKUP_URL": s3.url(prefix)}),
        "short": (f"s3://copies/{prefix}/{name}", {"BACKUP_URL": s3.url("another")}),
        "latest": ("latest", {"BACKUP_URL": s3.url(prefix)}),
        "file": (str(s3.folder / prefix / name), {}),
    }
    for way, (source, environment) in ways.items():
        folder = tmp_path / way / "data"
        code, said = await asyncio.to_thread(run, folder, "restore", source, *key, **environment)
        assert code == 0, said
        assert {file.name for file in folder.iterdir()} >= {DATABASE, *KEYS}, way
        await (await Database.open(folder / DATABASE)).close()
    assert list(tmp_path.rglob(".restore-*")) == []


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_a_restore_that_is_ended_leaves_nothing_in_clear(
    host: Host, tmp_path: Path, identity: Path, end: signal.Signals
) -> None:
    """At the moment when the copy was decrypted."""
    (tmp_path / "copies").mkdir()
    name = await sent(host, str(tmp_path / "copies"))
    ends = f"lambda *files: (decrypt(*files), print('decrypted', flush=True), os.kill(os.getpid(), {end.value}))"
    program = f"import os, pyrage; decrypt = pyrage.decrypt_file; pyrage.decrypt_file = {ends}"
    words = ("restore", str(tmp_path / "copies" / name), "--identity", str(identity))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{program}; import bot.__main__; bot.__main__.main()", *words),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path / "new" / "data")},
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=partial(signal.signal, end, signal.SIG_DFL),  # whatever this process was told to ignore
    )
    assert await process.communicate() == (b"decrypted\n", None)
    assert process.returncode not in (0, -end)
    assert [file for file in tmp_path.rglob("*") if file.name.startswith(".restore-")] == []


STOPS = "print('there', flush=True), sys.stdin.readline()"
MOMENTS = {
    "empty": f"open_, copies._opened = copies._opened, lambda *about: ({STOPS}, open_(*about))[-1]",
    "decrypted": f"decrypt, pyrage.decrypt_file = pyrage.decrypt_file, lambda *files: (decrypt(*files), {STOPS})",
    "put back": f"put_back, archive.restore = archive.restore, lambda *where: (put_back(*where), {STOPS})",
    "half gone": f"clear, shutil.rmtree = shutil.rmtree, lambda f, **_: ((f / 'copy.tar').unlink(), {STOPS})",
}


@asynccontextmanager
async def restoring(tmp_path: Path, source: Path, identity: Path, moment: str) -> AsyncIterator[Path]:
    """The folder of the copy in clear, at this moment of a restore by a process of its own; then that is killed."""
    program = f"import shutil, sys, pyrage; from bot.backups import archive; from bot.operator import copies; {moment}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{program}; import bot.__main__; bot.__main__.main()"),
        *("restore", str(source), "--identity", str(identity)),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path / "new" / "data")},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"there\n"
        (folder,) = tmp_path.rglob(".restore-*")
        yield folder
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
async def test_what_a_killed_restore_left_in_clear_is_found_and_removed_and_never_one_that_runs(
    host: Host, tmp_path: Path, identity: Path, moment: str
) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "new").mkdir()
    source, data = tmp_path / "copies" / await sent(host, str(tmp_path / "copies")), tmp_path / "new" / "data"
    async with restoring(tmp_path, source, identity, moment) as folder:
        others = [folder.with_name(".restore-of-another-program"), folder.with_name(".restore-of-a-player")]
        for other, inside in zip(others, ("precious", "lists/of-songs"), strict=True):
            (other / inside).parent.mkdir(parents=True)
            (other / inside).touch()
        assert in_clear.left_beside(data) == in_clear.remove_left(data) == []
        assert folder.is_dir()
    assert in_clear.left_beside(data) == [folder]
    assert await doctor_says(data) == [f"✗ {folder}"]
    assert in_clear.remove_left(data) == [folder]
    assert await doctor_says(data) == []
    assert {*(tmp_path / "new").glob(".restore-*")} == {*others}


async def doctor_says(data: Path) -> list[str]:
    patient = Patient(Settings.load(LEAST | {"DATA_DIR": str(data)}, None), cast(Any, None), None)
    return [f"{row.sign} {row.words.partition(':')[0]}" for row in map(say, await restores(patient))]


async def test_the_next_restore_and_the_next_start_remove_what_one_left_that_was_killed(
    host: Host, tmp_path: Path, identity: Path
) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "new").mkdir()
    source, data = tmp_path / "copies" / await sent(host, str(tmp_path / "copies")), tmp_path / "new" / "data"
    async with restoring(tmp_path, source, identity, MOMENTS["decrypted"]) as folder:
        pass
    code, said = await asyncio.to_thread(run, data, "restore", str(source), "--identity", str(identity))
    assert (code, f"{folder} is removed: a restore that was killed" in said) == (0, True), said
    async with restoring(tmp_path, source, identity, MOMENTS["decrypted"]) as folder:
        pass
    stage = await Stage.open(data, Services())
    await stage.bot.backups.run()
    await stage.close()
    assert not folder.exists()


async def test_one_comes_back_from_another_machine(host: Host, sshd: Sshd, tmp_path: Path, identity: Path) -> None:
    folder, new = sshd.made(tmp_path.name), tmp_path / "new" / "data"
    place = {
        "BACKUP_URL": sshd.url(tmp_path.name),
        "BACKUP_SSH_KEY": str(sshd.key),
        "BACKUP_SSH_HOST_KEY": sshd.fingerprint,
    }
    (first, _) = await said(host, **place, BACKUP_RECIPIENT=host.recipient)
    assert first == ("✓", f"{place['BACKUP_URL']} takes them, gives them back, and deletes them")
    assert list(folder.iterdir()) == []
    name = await host.begun()
    assert (await apart(host.job("send", place["BACKUP_URL"], name, keys=sshd.keys())))["outcome"] == "done"
    code, listed = await asyncio.to_thread(run, new, "backup", "--list", **place)
    assert (code, name in listed) == (0, True), listed
    strange = place | {"BACKUP_SSH_HOST_KEY": "SHA256:" + "a" * 43}
    code, told = await asyncio.to_thread(run, new, "restore", "latest", "-i", str(identity), **strange)
    assert (code, "shows a key that we do not know" in told, sshd.fingerprint in told) == (74, True, True), told
    for source in ("latest", f"{place['BACKUP_URL']}/{name}", f"{place['BACKUP_URL']}/latest"):
        target = tmp_path / str(len(source)) / "data"
        code, told = await asyncio.to_thread(run, target, "restore", source, "-i", str(identity), **place)
        assert (code, name in told) == (0, True), told
        assert {file.name for file in target.iterdir()} >= {DATABASE, *KEYS}, source


async def test_what_keeps_one_from_coming_back(host: Host, s3: S3, prefix: str, tmp_path: Path, identity: Path) -> None:
    name, new = await sent(host, s3.url(prefix)), tmp_path / "new" / "data"
    url = {"BACKUP_URL": s3.url(prefix)}
    other = tmp_path / "other.txt"
    other.write_text(str(pyrage.x25519.Identity.generate()))
    sealed = tmp_path / "sealed.txt"
    sealed.write_text("age-encryption.org/v1\n-> scrypt …")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a file").touch()
    told = {
        "name the file of your age key": run(new, "restore", name, **url),
        "does not open this copy": run(new, "restore", name, "-i", str(other), **url),
        "is no file of an age key": run(new, "restore", name, "-i", str(sealed), **url),
        "is not in s3://copies": run(new, "restore", name_of(BOT, NOW.replace(year=2020)), "-i", str(identity), **url),
        "mend BACKUP_ACCESS_KEY": run(new, "restore", name, **url, BACKUP_SECRET_KEY="hunter2"),
        "make the bucket": run(new, "restore", name, BACKUP_URL=s3.url(prefix, bucket="none")),
        "BACKUP_URL is missing": run(new, "restore", "latest"),
        "the address of the copies must": run(new, "restore", "latest", BACKUP_URL="sftp://x"),
        "there is no file": run(new, "restore", name, "-i", str(tmp_path / "nothing.txt"), **url),
        "see `conciergerie backup --list`": run(new, "restore", "yesterday"),
        "must end with the name of a copy": run(new, "restore", f"s3://copies/{prefix}", **url),
        "BACKUP_ACCESS_KEY is missing; BACKUP_SECRET_KEY": run(
            new, "restore", name, **url, BACKUP_ACCESS_KEY="", BACKUP_SECRET_KEY=""
        ),
        "BACKUP_SSH_HOST_KEY must be": run(new, "restore", "latest", BACKUP_URL="sftp://u@h/x", BACKUP_SSH_KEY="/k"),
        "is no file": run(new, "restore", str(tmp_path / "nothing.tar")),
        "is not empty": run(tmp_path / "full", "restore", name, "-i", str(identity), **url),
    }
    for words, (code, said) in told.items():
        assert (code, words in said, "Traceback" in said) == (74, True, False), (words, code, said)
        assert "hunter2" not in said
        assert SECRET not in said
    assert not new.exists() or not list(new.iterdir())


@pytest.mark.parametrize("from_folder", [False, True], ids=["bucket", "folder"])
async def test_whoever_was_erased_since_does_not_come_back_with_an_older_copy(
    host: Host, s3: S3, prefix: str, identity: Path, tmp_path: Path, from_folder: bool
) -> None:
    url, zoe, bob = s3.url(prefix), "@zoe:example.org", "@bob:example.org"
    await host.database.write(lambda tx: tx.executemany("INSERT INTO members VALUES (1, ?)", [(zoe,), (bob,)]))
    older = await sent(host, url)
    gone = erasures.Erasure.of("e1", 1, "!rosee:example.org", [zoe])
    erasures.add(host.folder / erasures.FILE, [gone])
    await sent(host, url, NOW + timedelta(days=1))
    (host.folder / erasures.FILE).unlink()  # data that were lost, and begun anew
    erasures.add(
        host.folder / erasures.FILE, [erasures.Erasure.of("e2", 2, "!rosee:example.org", ["@eve:example.org"])]
    )
    await sent(host, url, NOW + timedelta(days=2))
    source = str(s3.folder / prefix / older) if from_folder else older
    told = ("restore", source, "--identity", str(identity))
    code, said = await asyncio.to_thread(run, tmp_path / "again", *told, BACKUP_URL=url)
    assert (code, "2 erased since then: erased again." in said) == (0, True), said
    again = await Database.open(tmp_path / "again" / DATABASE)
    assert await again.read(lambda tx: [row["person"] for row in tx.execute("SELECT person FROM members")]) == [bob]
    await again.close()
    kept = [file.read_bytes() for file in (s3.folder / prefix).iterdir() if "erasures" in file.name]
    assert [content.startswith(b"age-encryption.org/") for content in kept] == [True, True]


@pytest.mark.parametrize("harm", ["damaged", "newer-key", "of-noise"])
async def test_a_list_of_whoever_was_erased_that_cannot_be_read_is_said_and_another_taken(
    host: Host, s3: S3, prefix: str, identity: Path, tmp_path: Path, harm: str
) -> None:
    url, zoe = s3.url(prefix), "@zoe:example.org"
    await host.database.write(lambda tx: tx.execute("INSERT INTO members VALUES (1, ?)", (zoe,)))
    copy = await sent(host, url)
    erasures.add(host.folder / erasures.FILE, [erasures.Erasure.of("e1", 1, "!rosee:example.org", [zoe])])
    newer = pyrage.x25519.Identity.generate()
    later = host.job("send", url, await host.begun(NOW + timedelta(days=1)))
    later["recipients"] = [str(newer.to_public())] if harm == "newer-key" else later["recipients"]
    assert (await asyncio.to_thread(send, later))["outcome"] == "done"
    (kept,) = [file for file in (s3.folder / prefix).iterdir() if "erasures" in file.name]
    if harm == "damaged":
        kept.write_bytes(kept.read_bytes()[:-40])
    elif harm == "of-noise":
        kept.write_bytes(pyrage.encrypt(b"\xff\xfe noise", [pyrage.x25519.Recipient.from_str(host.recipient)]))
    new, told = tmp_path / "new" / "data", ("restore", copy, "-i", str(identity))
    code, said = await asyncio.to_thread(run, new, *told, BACKUP_URL=url)
    assert (code, kept.name in said, "--erasures FILE" in said) == (74, True, True), said
    assert not new.exists()
    if harm == "newer-key":
        both = tmp_path / "both.txt"
        both.write_text(f"{identity.read_text()}{newer}\n")
        code, said = await asyncio.to_thread(run, tmp_path / "both", "restore", copy, "-i", str(both), BACKUP_URL=url)
        assert (code, "1 erased since then" in said, "could not be read" in said) == (0, True, False), said
    spare = host.folder / erasures.FILE
    code, said = await asyncio.to_thread(run, new, *told, "--erasures", str(spare), BACKUP_URL=url)
    assert (code, "1 erased since then: erased again." in said) == (0, True), said
    assert f"{kept.name} could not be read, and was left out" in said


async def test_the_latest_is_not_the_one_of_a_clock_that_was_wrong(host: Host, tmp_path: Path, identity: Path) -> None:
    (tmp_path / "disk").mkdir()
    now = datetime.now(UTC).replace(microsecond=0)
    ahead, last, before = [
        await sent(host, str(tmp_path / "disk"), at)
        for at in (now + timedelta(days=365), now - timedelta(days=1), now - timedelta(days=2))
    ]
    told = ("restore", "latest", "-i", str(identity))
    code, said = await asyncio.to_thread(run, tmp_path / "new", *told, BACKUP_URL=str(tmp_path / "disk"))
    assert (code, last in said, ahead in said, before in said) == (0, True, False, False), said


async def test_the_latest_of_a_bot_whose_copies_are_called_otherwise_since(
    host: Host, tmp_path: Path, identity: Path
) -> None:
    place, user = tmp_path / "disk", "@a_b:c.example"
    place.mkdir()
    for name in ("a_b_c.example-20260101T020000Z.tar.age", "a_b_c.example-20260102T020000Z.tar.age"):
        (place / name).write_bytes(b"older")
    new = name_of(user, NOW.replace(year=2026, month=2))
    job = host.job("send", str(place), new)
    assert (await asyncio.to_thread(send, job))["outcome"] == "done"
    told = ("restore", "latest", "-i", str(identity))
    code, said = await asyncio.to_thread(run, tmp_path / "new", *told, BACKUP_URL=str(place))
    assert (code, new in said) == (0, True), said
    (place / "a_b_c.example-20260301T020000Z.tar.age").write_bytes(b"of somebody who goes on")
    code, said = await asyncio.to_thread(run, tmp_path / "newer", *told, BACKUP_URL=str(place))
    assert (code, "copies of several bots" in said) == (74, True), said


def patient(host: Host, **more: str) -> Patient:
    return Patient(Settings.load(LEAST | {"DATA_DIR": str(host.folder)} | more, None), cast(Any, None), None)


async def said(host: Host, **more: str) -> list[tuple[str, str]]:
    whom = patient(host, **more)
    found = [*await storage_for_backups(whom), *await backups_proved(whom)]
    return [(row.sign, row.words) for row in map(say, found)]


async def test_doctor_tries_the_storage(host: Host, s3: S3, prefix: str, tmp_path: Path) -> None:
    assert [sign for sign, _ in await said(host)] == ["·"]
    bucket = {
        "BACKUP_URL": s3.url(prefix),
        "BACKUP_RECIPIENT": host.recipient,
        "BACKUP_ACCESS_KEY": ACCESS,
        "BACKUP_SECRET_KEY": SECRET,
    }
    (first, _) = await said(host, **bucket)
    assert first == ("✓", f"s3://copies/{prefix} takes them, gives them back, and deletes them")
    assert list((s3.folder / prefix).rglob("*probe*")) == []
    ((sign, words), _) = await said(host, **bucket | {"BACKUP_SECRET_KEY": "hunter2"})
    assert (sign, "mend BACKUP_ACCESS_KEY" in words, "hunter2" in words) == ("✗", True, False)
    folder = {"BACKUP_URL": str(tmp_path / "disk"), "BACKUP_RECIPIENT": host.recipient}
    assert (await said(host, **folder))[0] == (
        "✗",
        f"{tmp_path}/disk is not there: make the bucket or the folder, or mount it, or mend BACKUP_URL",
    )
    (tmp_path / "disk").mkdir()
    assert [sign for sign, _ in await said(host, **folder)] == ["✓", "·", "·"], "none was proved yet"


async def test_a_storage_that_lets_nothing_be_deleted_is_a_choice(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.errors import Unavailable
    from integrations.storage.local_folder import LocalFolder

    def locked(self: LocalFolder, name: str) -> None:
        raise Unavailable("backups", cause="rights")

    monkeypatch.setattr(LocalFolder, "delete", locked)
    found = await said(host, BACKUP_URL=str(tmp_path), BACKUP_RECIPIENT=host.recipient)
    assert found[0][0] == "·"
    assert "lets us delete none" in found[0][1]


async def test_doctor_says_how_old_the_last_good_one_is_and_what_went_wrong(host: Host, tmp_path: Path) -> None:
    folder = {"BACKUP_URL": str(tmp_path), "BACKUP_RECIPIENT": host.recipient}
    now = round(time.time() * 1000)

    async def tried(act: str, days: int, outcome: str, cause: str = "") -> None:
        id = await host.database.write(backups.begin, act, now - days * 86_400_000, f"of day {days}")
        await host.database.write(backups.end, id, outcome, cause, 1)

    async def rows() -> list[tuple[str, str]]:
        return [(row.sign, row.words) for row in map(say, await backups_proved(patient(host, **folder)))]

    await tried("send", 7, "done")
    await tried("prove", 7, "done")
    day = time.strftime("%Y-%m-%d", time.gmtime(now / 1000 - 7 * 86_400))
    assert await rows() == [("✓", f"{day}, restored in a trial")]
    await tried("send", 0, "failed", "full")
    _, (sign, words) = await rows()
    assert sign == "✗"
    assert "it did not leave: the place for them is full" in words
    await tried("send", 0, "done")
    await tried("prove", 0, "failed", "altered")
    (first, _), (_, words) = await rows()
    assert first == "✗"
    assert "its disk fails, or somebody was there" in words


async def test_setup_asks_for_all_that_copies_need(
    synapse: Synapse, host: Host, s3: S3, prefix: str, tmp_path: Path
) -> None:
    name = f"bot-{free_port()}"
    await synapse.register(name)
    answers: dict[str, Any] = {
        "encrypted copy": True,
        "where copies go": s3.url(prefix),
        "the public key": host.recipient,
        "key of the bucket": ACCESS,
        "its secret": ["hunter2", SECRET],
        "change these": [True],
    }
    person: Visitor = visitor(synapse, name, tmp_path / "another", **answers)
    await setup(tmp_path / "bot.env", person)
    kept = Settings.load({}, tmp_path / "bot.env").backups
    assert kept == Backups(s3.url(prefix), (host.recipient,), ACCESS, Secret(SECRET))
    said = [line for line in person.read if "backups: " in line]
    assert ["mend BACKUP_ACCESS_KEY" in said[0], "deletes them" in said[1]] == [True, True]
    assert not any("hunter2" in line for line in person.read)


async def test_setup_asks_for_what_opens_another_machine_and_what_it_is_known_by(
    synapse: Synapse, host: Host, sshd: Sshd, tmp_path: Path
) -> None:
    name = f"bot-{free_port()}"
    await synapse.register(name)
    sshd.made(tmp_path.name)
    answers: dict[str, Any] = {
        "encrypted copy": True,
        "where copies go": sshd.url(tmp_path.name),
        "the public key": host.recipient,
        "sftp: the file": str(sshd.key),
        "is known by": ["", "SHA256:" + "a" * 43, sshd.fingerprint],
        "change these": [True, True],
    }
    person: Visitor = visitor(synapse, name, tmp_path / "another", **answers)
    await setup(tmp_path / "bot.env", person)
    kept = Settings.load({}, tmp_path / "bot.env").backups
    assert kept == Backups(sshd.url(tmp_path.name), (host.recipient,), ssh_key=str(sshd.key), host_key=sshd.fingerprint)
    assert not [words for words in person.asked if words.startswith("s3:") or "sftp: the password" in words]
    missing, strange, well = [line for line in person.read if "BACKUP_SSH_HOST_KEY" in line or "deletes them" in line]
    assert "ssh-keyscan -p" in missing
    assert sshd.fingerprint in strange
    assert "takes them, gives them back" in well


async def test_a_bot_that_starts_sends_its_first_copy_and_proves_it(
    serve: Serve,  # noqa: F811
    s3: S3,
    prefix: str,
    tmp_path: Path,
) -> None:
    """The whole way: a real process with its real keys, a real storage, and somebody who puts it back."""
    key = pyrage.x25519.Identity.generate()
    bot = await serve(
        BACKUP_URL=s3.url(prefix),
        BACKUP_RECIPIENT=str(key.to_public()),
        BACKUP_ACCESS_KEY=ACCESS,
        BACKUP_SECRET_KEY=SECRET,
    )
    async with asyncio.timeout(START):
        while not (proofs := [line for line in bot.log().splitlines() if '"act": "prove"' in line]):
            assert bot.process.returncode is None, bot.log()
            await asyncio.sleep(0.1)
    assert json.loads(proofs[0])["outcome"] == "done", bot.log()
    async with plain_http() as http:
        page = (await http.get(f"http://127.0.0.1:{bot.port}/metrics")).text
    (age,) = re.findall(r"(?m)^conciergerie_backup_proved_age_seconds (\S+)$", page)
    assert float(age) < 2 * START
    assert SECRET not in bot.log()
    bot.process.kill()
    await bot.ended()
    identity = tmp_path / "key.txt"
    identity.write_text(str(key))
    (bot.folder / "data").rename(tmp_path / "lost")
    code, told = await asyncio.to_thread(
        run, bot.folder / "data", "restore", "latest", "-i", str(identity), BACKUP_URL=s3.url(prefix)
    )
    assert code == 0, told
    again = await serve(as_it_is=True)
    await again.is_in()


def test_the_latest_of_several_bots_is_nobodys(host: Host, tmp_path: Path) -> None:
    """Two bots in one place: the newest copy there may be the other's, with its keys and its people."""
    place = tmp_path / "disk"
    place.mkdir()
    for user, day in ((BOT, 3), ("@other:example.org", 4)):
        (place / name_of(user, NOW.replace(day=day))).write_bytes(b"age-encryption.org/v1")
    code, said = run(tmp_path / "new" / "data", "restore", "latest", BACKUP_URL=str(place))
    assert (code, "copies of several bots" in said, "backup --list" in said) == (74, True, True), said
    assert not (tmp_path / "new" / "data").exists()
