"""The operator's commands, as they are typed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.operator.process import ENV_FILE, chosen, run_here, sentences
from bot.settings import Settings, backup_storage, data_dir

EnvFile = Annotated[Path | None, typer.Option("--env-file", help="Settings; bot.env where there is one.")]

cli = typer.Typer(
    help="A Matrix bot that helps the concierges of tiers-lieux.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its pages show the values of variables
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"conciergerie {__version__}")
        raise typer.Exit


@cli.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Which version this is.")
    ] = False,
) -> None:
    pass


@cli.command()
def run(
    env_file: EnvFile = None,
    new: Annotated[
        bool,
        typer.Option("--new", help="Begin anew, with what is lost: the database, the keys, the account's identity."),
    ] = False,
    safe: Annotated[
        bool | None,
        typer.Option(
            "--safe/--no-safe",
            help="Answer !état alone, everything else waits for a start without this; or never do so, though the last"
            " starts died.",
        ),
    ] = None,
) -> None:
    """Run the bot in the foreground, until SIGTERM."""
    sys.exit(run_here(env_file, new=new, safe=safe))


@cli.command()
def setup(env_file: EnvFile = None) -> None:
    """Ask for the settings, check each service, and write them down."""
    from bot.operator.setup import setup as ask

    with sentences():
        asyncio.run(ask(env_file or ENV_FILE, environ=os.environ))


@cli.command()
def doctor(
    env_file: EnvFile = None,
    lift_limits: Annotated[
        bool, typer.Option("--lift-limits", help="First take the homeserver's rate limits off the bot.")
    ] = False,
    before_upgrade: Annotated[
        bool,
        typer.Option(
            "--before-upgrade", help="What would become of the data with this version, while the one of before runs."
        ),
    ] = False,
    backup_file: Annotated[
        Path | None, typer.Option("--backup", help="With --before-upgrade: your newest backup, to be tried.")
    ] = None,
    list_checks: Annotated[bool, typer.Option("--list", help="Only say what is looked at.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="First mend what can be mended here, asking before each.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --fix: do not ask.")] = False,
) -> None:
    """Show what works, and what mends the rest; the bot may be running."""
    from bot.operator.doctor import examine, listed

    if before_upgrade:
        from bot.operator.doctor.before_upgrade import foresee

        sys.exit(0 if asyncio.run(foresee(os.environ, chosen(env_file), backup_file, datetime.now(UTC))) else 1)
    if list_checks:
        for line in listed():
            typer.echo(line)
        return
    with sentences():
        file = chosen(env_file)
        settings = Settings.load(os.environ, file)
        if fix:
            from bot.operator.doctor.mending import fix as mend

            asyncio.run(mend(settings, lambda question: yes or typer.confirm(question), typer.echo, file))
        well = asyncio.run(examine(settings, lift=lift_limits, env_file=file))
    sys.exit(0 if well else 1)


@cli.command()
def backup(
    target: Annotated[Path | None, typer.Argument()] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the copies that have left for BACKUP_URL.")] = False,
    env_file: EnvFile = None,
) -> None:
    """Save database, keys and session as one file; the bot may go on running. Whoever has the file is the bot."""
    from bot.backups.archive import backup as save
    from bot.operator.copies import listed
    from bot.operator.erased_again import keep_beside

    if listing:
        with sentences():
            told = chosen(env_file)
            for line in listed(backup_storage(os.environ, told), data_dir(os.environ, told)):
                typer.echo(line)
        return
    now = datetime.now(UTC)
    file = target or Path(f"conciergerie-{now:%Y-%m-%d-%H%M%S}.tar")
    with sentences():
        folder = data_dir(os.environ, chosen(env_file))
        save(folder, file, now)
        keep_beside(folder, file)
    typer.echo(f"{file} is not encrypted, and whoever has it is the bot: keep it where only you can read it.")


@cli.command()
def restore(
    source: Annotated[
        str,
        typer.Argument(
            help="A file, s3://bucket/prefix/name?endpoint=…, sftp://user@host/folder/name, a name, or latest."
        ),
    ],
    identity: Annotated[
        Path | None, typer.Option("--identity", "-i", help="The file of the age key that reads your copies.")
    ] = None,
    erasures: Annotated[
        Path | None,
        typer.Option(help="Who was erased since: erasures.jsonl of the lost data; beside the backup unless told."),
    ] = None,
    env_file: EnvFile = None,
) -> None:
    """Put a backup back into an empty DATA_DIR, with the bot stopped, and erase again whoever was erased since; or, of
    the copies that lie in it, put back the one of before an upgrade."""
    from bot.backups.archive import restore as put_back
    from bot.backups.in_clear import remove_left
    from bot.operator.copies import brought
    from bot.operator.erased_again import erase_again, kept_beside
    from bot.operator.way_back import go_back, is_kept

    with sentences():
        told = chosen(env_file)
        folder = data_dir(os.environ, told)
        for left in remove_left(folder):
            typer.echo(f"{left} is removed: a restore that was killed had left its copy there.")
        if is_kept(Path(source), folder):
            if (kept := go_back(Path(source), folder)).exists():
                typer.echo(f"What was there until now is {kept}: delete it once you want nothing of it any more.")
        else:
            with brought(source, backup_storage(os.environ, told), folder, identity, erasures is not None) as copy:
                later, unread = kept_beside(copy.file, erasures)
                put_back(copy.file, folder)
            _say_left_out([*copy.unread, *unread])
            source = copy.name
            if count := asyncio.run(erase_again(folder, later)):
                typer.echo(f"{count} erased since then: erased again.")
    typer.echo(f"{folder} is as it was when {source} was made.")
    typer.echo("Now, once the bot of before runs nowhere any more: conciergerie run")


@cli.command()
def export(
    lieu: Annotated[str, typer.Argument(help="Its name, or the id of its space.")],
    file: Path,
    to: Annotated[str, typer.Option(help="The bot that the lieu has from now on: @conciergerie:example.org.")],
    env_file: EnvFile = None,
) -> None:
    """Take a lieu out of this bot, stopped, for another one."""
    from bot.operator.transfer import export as take_out

    with sentences():
        typer.echo(asyncio.run(take_out(data_dir(os.environ, chosen(env_file)), lieu, to, file)))


@cli.command(name="import")
def bring_in(
    file: Path,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Take its word for what exists, where other lieux have the same services."),
    ] = False,
    erasures: Annotated[
        Path | None,
        typer.Option(help="Who was erased since, as another bot knows that had the lieu: its erasures.jsonl."),
    ] = None,
    env_file: EnvFile = None,
) -> None:
    """Put a lieu that was exported into this bot, stopped; what the services do not show as its own is left out."""
    with sentences():
        settings = Settings.load(os.environ, chosen(env_file))
        typer.echo(asyncio.run(_brought_in(settings, file, trust, erasures)))


async def _brought_in(settings: Settings, file: Path, trust: bool, erasures: Path | None) -> str:
    from bot.operator.erased_again import kept_beside
    from bot.operator.transfer import bring_in as put_in
    from bot.services.tenancy import build

    later, unread = kept_beside(file, erasures) if erasures is not None else (None, [])
    services = build(settings.services, settings.lieux, settings.trusted_clouds)
    try:
        told = await put_in(settings.data_dir, file, services, word=trust, later=later)
    finally:
        await services.close()
    _say_left_out(unread)
    return told


def _say_left_out(lists: Iterable[str]) -> None:
    """Of whoever was erased."""
    for name in lists:
        typer.echo(f"{name} could not be read, and was left out: whoever is in it alone may be back.")


Column = typer.Option(help="The title of its column, or its number; guessed unless it is told, none if empty.")


@cli.command(name="import-lieux")
def import_lieux(
    file: Annotated[Path | None, typer.Argument(help="A CSV; its first row has the titles.")] = None,
    source: Annotated[str, typer.Option(help="Whose list it is, as people read it beside each lieu.")] = "",
    licence: Annotated[str, typer.Option(help="The licence that allows it.")] = "",
    date: Annotated[str, typer.Option(help="When it was made: 2023, 2023-09 or 2023-09-30.")] = "",
    name: Annotated[str | None, Column] = None,
    town: Annotated[str | None, Column] = None,
    postcode: Annotated[str | None, Column] = None,
    latitude: Annotated[str | None, Column] = None,
    longitude: Annotated[str | None, Column] = None,
    web: Annotated[str | None, Column] = None,
    description: Annotated[str | None, Column] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    forget: Annotated[str | None, typer.Option(help="Show the lieux of this source no more.")] = None,
    env_file: EnvFile = None,
) -> None:
    """Have !lieux show the lieux of a list, after those of the networks; again: in place of what that source said."""
    from bot.operator import census_import

    columns = {"name": name, "town": town, "postcode": postcode, "latitude": latitude, "longitude": longitude}
    with sentences():
        folder = data_dir(os.environ, chosen(env_file))
        if forget is not None:
            typer.echo(asyncio.run(census_import.forget(folder, forget)))
            return
        told = None if dry_run else census_import.Source.told(source, licence, date)
        reading = census_import.read(file, {**columns, "web": web, "description": description})
        for line in reading.lines():
            typer.echo(line)
        if told and (yes or typer.confirm("Show these lieux?")):
            typer.echo(asyncio.run(census_import.write(folder, told, reading.lieux)))


lieux = typer.Typer(help="Which spaces are lieux: list them, allow one, end one; the bot may be running.")
cli.add_typer(lieux, name="lieux")

Which = Annotated[str, typer.Argument(help="Its name, or the id of its space.")]


@lieux.callback(invoke_without_command=True)
def list_lieux(context: typer.Context, env_file: EnvFile = None) -> None:
    """List the lieux, and the spaces that want to be one."""
    from bot.operator.lieu_spaces import listed

    context.obj = env_file
    if context.invoked_subcommand is None:
        with sentences():
            for line in asyncio.run(listed(data_dir(os.environ, chosen(env_file)))):
                typer.echo(line)


@lieux.command(name="allow")
def allow_lieu(context: typer.Context, which: Which, env_file: EnvFile = None) -> None:
    """This space is a lieu, with the services of the settings."""
    from bot.operator.lieu_spaces import allow

    with sentences():
        typer.echo(asyncio.run(allow(data_dir(os.environ, chosen(env_file or context.obj)), which)))


@lieux.command(name="end")
def end_lieu(context: typer.Context, which: Which, env_file: EnvFile = None) -> None:
    """This space is no lieu, or no more: the bot leaves it; what it made there stays."""
    from bot.operator.lieu_spaces import end

    with sentences():
        typer.echo(asyncio.run(end(data_dir(os.environ, chosen(env_file or context.obj)), which)))


aside = typer.Typer(help="What the bot died of, or could not handle: list it, release it, drop it; it may be running.")
cli.add_typer(aside, name="aside")

Number = Annotated[int, typer.Argument(help="Its number in the list.")]


@aside.callback(invoke_without_command=True)
def list_aside(context: typer.Context, env_file: EnvFile = None) -> None:
    """List what was put aside: where and whose, and nothing of what was written."""
    from bot.operator.aside_list import listed

    context.obj = env_file
    if context.invoked_subcommand is None:
        with sentences():
            for line in asyncio.run(listed(data_dir(os.environ, chosen(env_file)))):
                typer.echo(line)


@aside.command(name="release")
def release_aside(context: typer.Context, number: Number, env_file: EnvFile = None) -> None:
    """Have the bot try it again: after an upgrade, or what was the matter is mended."""
    from bot.operator.aside_list import release

    with sentences():
        typer.echo(asyncio.run(release(data_dir(os.environ, chosen(env_file or context.obj)), number)))


@aside.command(name="drop")
def drop_aside(context: typer.Context, number: Number, env_file: EnvFile = None) -> None:
    """Never handle it."""
    from bot.operator.aside_list import drop

    with sentences():
        typer.echo(asyncio.run(drop(data_dir(os.environ, chosen(env_file or context.obj)), number)))


@cli.command()
def journal(
    verify: Annotated[bool, typer.Option("--verify", help="Exit with 1 where one is not whole.")] = False,
    env_file: EnvFile = None,
) -> None:
    """Show whether the lieux' journals are as they were written; the bot may be running."""
    from bot.operator.audit_check import verify as look

    with sentences():
        lines, whole = asyncio.run(look(data_dir(os.environ, chosen(env_file))))
    for line in lines:
        typer.echo(line)
    sys.exit(1 if verify and not whole else 0)


@cli.command()
def demo() -> None:
    """Play a whole welcome on an embedded lieu."""
    sys.path.insert(0, str(Path(__file__).parents[2]))  # the demo lives beside the tests, in the sources alone
    try:
        play = import_module("tests.demo").main
    except ModuleNotFoundError as missing:
        if missing.name not in ("tests", "tests.demo"):
            raise
        typer.echo("The demo is part of the sources: clone them, then `make demo`.", err=True)
        sys.exit(1)
    sys.exit(play())
