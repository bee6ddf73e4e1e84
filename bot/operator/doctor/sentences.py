"""What the operator reads for each code: the thing that was looked at, how it is well, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.services.registry import NAMES, SERVICES
from bot.services.service import Sentence, Service
from integrations.findings import SILENT, Finding

# Neither well nor ill: something that the operator may want to know or to do.
HINTS = frozenset(
    {
        "backups-none",
        "backups-same-disk",
        "backups-undeletable",
        "backups-unproved",
        "census-old",
        "client-central",
        "client-form",
        "clock-unknown",
        "copies",
        "data-errors",
        "in-clear",
        "limits-unknown",
        "folder-unproven",
        "group-unproven",
        "lieu-by-name",
        "no-data",
        "operators-none",
        "pages-later",
        "pages-none",
        "pages-proxy-silent",
        "wants-lieu",
        *(hint for service in SERVICES for hint in service.hints),
    }
)


SETTING = re.compile(rf"\b({'|'.join(NAMES)})\b")


@dataclass(frozen=True, slots=True)
class Said:
    sign: str
    title: str
    words: str


def say(finding: Finding) -> Said:
    """One row of the table. A code that nobody described is shown as it is."""
    title, well, mend = SENTENCES.get(finding.code, (finding.code, "", ""))
    hint = finding.ok and finding.code in HINTS
    sentence = well if finding.ok else mend
    sign = "·" if hint else "✓" if finding.ok else "✗"
    of, words = finding.words.get("of", ""), _Words(finding.words)
    if of:  # a lieu has this service for itself, with settings of its own
        title, sentence = f"{of}…: {title}", SETTING.sub(rf"{of}\1", sentence)
    return Said(sign, title.format_map(words), sentence.format_map(words))


class _Words(dict[str, str]):
    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__(words)

    def __missing__(self, name: str) -> str:
        return "?"


AWAY: Mapping[str, str] = {
    "certificate": "its certificate cannot be believed, so nothing was said to it: have it replaced",
    "certificate-authority": "its certificate is signed by nobody that this machine trusts, so nothing was said to it:"
    " have the server send its whole chain, take one that everybody trusts, or have this machine trust its signer"
    " (SSL_CERT_FILE)",
    "certificate-early": "its certificate does not hold yet, so nothing was said to it: set the clock right, there or"
    " here (timedatectl set-ntp true)",
    "certificate-expired": "its certificate has run out, so nothing was said to it: have it renewed, and look at what"
    " should have done so (or at this machine's clock)",
    "certificate-name": "its certificate is for another name than {host}, so nothing was said to it: set SETTING to a"
    " name that is in the certificate, or have this one put into it",
    "no-tls": "there is no encryption that we can speak, so nothing was said to it: is SETTING with its encryption"
    " (https, ldaps), and is its port right?",
    "name": "nobody knows the name {host}: mend SETTING, or the domain's DNS",
    "lookup": "names cannot be looked up from this machine now: see its DNS (/etc/resolv.conf), then its network",
    "nobody": "nobody listens there: start it, or mend the address and the port in SETTING",
    "proxy": "its proxy answers in its place, that nothing works behind: start it, see the proxy's log",
    "busy": "says to come back later: see its own log",
    "limited": "asks for patience, we asked too often: wait some minutes",
    "throttled": "asks for patience after too many wrong passwords: wait half an hour",
    "moved": "sends us to {to}, where no password is sent: if that is yours, set SETTING to it",
    "portal": "a page stands before it ({to}), mostly to sign in: have programs let through there without it",
    "address": "what answers there is not it: write its whole address in SETTING",
    "locked": "our account is locked there: an administrator unlocks it",
    "gate": "something before it asks for a password of its own: have programs let through there without it",
    "credentials": "refuses us: give us new credentials",
    "broken": "answers that it is broken within (an error 500): see its own log",
}


def mending(service: str, cause: str, words: Mapping[str, str]) -> str:
    """What mends it that a service lets nobody in, as one sentence."""
    finding = Finding(f"{service}-{cause}" if cause else "no-answer", False, words)
    return say(finding).words


def _named(mend: str, setting: str) -> str:
    return mend.replace("SETTING", setting)


def _of(service: Service[Any, Any]) -> Mapping[str, Sentence]:
    """What a service says of itself, and what may befall any of them."""
    title = service.sentences[f"{service.name}-{SILENT}"][0]
    common = {f"{service.name}-{cause}": (title, "", _named(mend, service.where)) for cause, mend in AWAY.items()}
    return {**common, **service.sentences}


# What keeps a copy from leaving, or from being proved (`bot.backups`, `integrations.storage`).
OF_BACKUPS: Mapping[str, str] = {
    "silent": "{place} does not answer: is it up, is its address in BACKUP_URL right, does the network let us through?",
    "slow": "it took more than three hours: is the way to {place} wide enough, is there something that never ends?",
    "credentials": "{place} does not know our keys: mend BACKUP_ACCESS_KEY and BACKUP_SECRET_KEY",
    "login": "{place} does not let us in: is the user in BACKUP_URL right, does that machine know the public half of"
    " BACKUP_SSH_KEY (in ~/.ssh/authorized_keys there, or on the page of its host), or is BACKUP_SSH_PASSWORD right?",
    "host-key": "the machine of {place} shows a key that we do not know ({shown}), so nothing was said to it: compare"
    " it with what its host publishes. If it is theirs, write that into BACKUP_SSH_HOST_KEY; else somebody stands"
    " between",
    "known-hosts": "the file of BACKUP_SSH_HOST_KEY cannot be read as a known_hosts by the bot's user: see where it is,"
    " and whose",
    "ssh-key": "the file of BACKUP_SSH_KEY cannot be read by the bot's user as a private key without a passphrase: make"
    " one for this alone (ssh-keygen -t ed25519 -N '' -f FILE)",
    "no-sftp": "{place} lets us in and has no SFTP for us: have it allowed there for this user",
    "no-ssh": "what answers at {place} is no SSH that we can speak: is the port in BACKUP_URL right?",
    "rights": "{place} does not let us: we must be allowed to list, read and write there (and to delete)",
    "place": "{place} is not there: make the bucket or the folder, or mount it, or mend BACKUP_URL",
    "unwritten": "{place} took a part of the copy, then no more, and did not say why: mostly it is full, or a quota is"
    " used up",
    "crowded": "{place} has too many files for a folder of copies: give them one of their own",
    "full": "{place} is full: make room there, or raise its quota",
    "skewed": "{place} finds our clock wrong: start a time service (timedatectl set-ntp true) here, or there",
    "region": "{place} is of another region: write it in BACKUP_URL (&region=…, as the storage calls it)",
    "refused": "{place} refuses, for a reason of its own: see its log",
    "package": "a package is missing: pip install 'conciergerie[backup]'",
    "recipient": "BACKUP_RECIPIENT is no public key of age: copy it again (age-keygen -y FILE shows it)",
    "cut": "{place} took the copy and does not show it whole: see its log",
    "gone": "the copy is not in {place} any more: who deletes there, and what do its own rules delete?",
    "altered": "the copy in {place} is not what was sent: its disk fails, or somebody was there; keep older copies",
    "damaged": "what is in the copy is not what was put into it: keep older copies, and please report it",
    "database": "the database in the copy cannot be opened, or is not whole: keep older copies, see the row “data”",
    "journal": "a lieu's journal in the copy is not as it was written: see `conciergerie journal`",
    "mark": "the copy is not the one of that moment: the row that was written before it was made is not in it",
    "keys": "the keys in the copy do not open what they should: keep older copies, see the row “data”",
    "key": "the key with which this bot reads its last copy back is not here: the next night makes another",
    "data": "the data could not be read: see the row “data”",
    "no-room": "there is no room left under DATA_DIR to make or to try a copy: make some",
    "disk": "the disk under DATA_DIR cannot be read or written: see the row “data”",
    "interrupted": "the process ended meanwhile: it is tried again; if this stays, see why it ends",
    "bug": "it failed by itself: please report the line “backup process failed” of the log",
}

SENTENCES: Mapping[str, Sentence] = {
    # What may befall any of them; what one of them says of itself comes after it.
    **{f"pages-{cause}": ("public pages", "", _named(mend, "PUBLIC_URL")) for cause, mend in AWAY.items()},
    **{f"backups-{cause}": ("backups", "", _named(mend, "BACKUP_URL")) for cause, mend in AWAY.items()},
    **{f"backups-{cause}": ("backups", "", mend) for cause, mend in OF_BACKUPS.items()},
    **{f"matrix-{cause}": ("{about}", "", _named(mend, "MATRIX_HOMESERVER")) for cause, mend in AWAY.items()},
    # Whatever was asked
    "no-answer": (
        "{about}",
        "",
        "no answer: is the service up, is its address right, does the network let us through?",
    ),
    "refused": ("{about}", "", "the service refuses ({code})"),
    "check-broken": ("{about}", "", "this check failed by itself ({error}): please report it"),
    # Copies that leave the machine
    "backups-none": ("backups", "stay on this machine until BACKUP_URL says where copies go every night", ""),
    "backups": ("backups", "{place} takes them, gives them back, and deletes them", ""),
    "backups-undeletable": (
        "backups",
        "{place} takes them and gives them back, and lets us delete none: if that is meant, as a lock against whoever"
        " breaks in here, have it delete old ones by a rule of its own",
        "",
    ),
    "restore-left": (
        "backups",
        "",
        "{folders}: a restore that was killed left its copy there in clear; `conciergerie doctor --fix` removes it, and"
        " so does the next start",
    ),
    "backups-same-disk": ("backups", "{place} is on the disk of the data: what takes one takes the other", ""),
    "backups-proved": (
        "last good backup",
        "{day}, restored in a trial",
        "{day}: nothing else could be restored in a trial since",
    ),
    "backups-unproved": (
        "last good backup",
        "none so far: the first one is restored in a trial as soon as it has left",
        "none so far: see why below; if there is nothing, does the bot run?",
    ),
    "backups-not-send": ("backup", "", "{when}, it did not leave: {why}"),
    "backups-not-prove": ("trial of a backup", "", "{when}, it did not come off: {why}"),
    # Homeserver
    "homeserver": (
        "homeserver",
        "answers, Matrix {version}",
        "speaks Matrix {version} only: upgrade it",
    ),
    "not-a-homeserver": (
        "homeserver",
        "",
        "{address} is not a homeserver: set MATRIX_HOMESERVER to where clients connect",
    ),
    "homeserver-elsewhere": (
        "homeserver",
        "",
        "{address} only tells where it is, as .well-known: set MATRIX_HOMESERVER to {to}",
    ),
    "clock": (
        "clock",
        "within {seconds} s of the homeserver's",
        "{seconds} s away from the homeserver's: start a time service (timedatectl set-ntp true) on whichever is wrong",
    ),
    "clock-unknown": ("clock", "the homeserver does not tell the time", ""),
    "account": ("account", "signed in as {user}", "signed in as {user}, but MATRIX_USER is {wanted}: mend one of them"),
    "not-signed-in": ("account", "", "the bot has not signed in yet: start it once (conciergerie run)"),
    "matrix-credentials": (
        "{about}",
        "",
        "the homeserver no longer knows the bot's session: give MATRIX_PASSWORD, then restart the bot",
    ),
    "device-signed": ("device", "signed by the bot's own identity", ""),
    "device-unsigned": (
        "device",
        "",
        "not signed, so clients warn people about the bot: start the bot, it signs itself; if this stays, see its log",
    ),
    "device-unknown": (
        "device",
        "",
        "the homeserver has no keys for {device}: restart the bot, it publishes them again",
    ),
    "identity-replaced": (
        "device",
        "",
        "the homeserver knows another identity: restore the backup that has it, or give MATRIX_PASSWORD and start the"
        " bot with `conciergerie run --new` once (people will see that its identity changed)",
    ),
    "one-time-keys": (
        "one-time keys",
        "{count} left",
        "{count} left, so new conversations cannot be encrypted: start the bot, it makes more",
    ),
    "fallback-key": ("fallback key", "there", "missing or used: restart the bot, it publishes one"),
    "limits": (
        "rate limits",
        "lifted for the bot",
        "in force, so that a few invitations take an hour: conciergerie doctor --lift-limits",
    ),
    "limits-unknown": (
        "rate limits",
        "unknown: with MATRIX_ADMIN_TOKEN, doctor sees them and --lift-limits takes them off the bot",
        "",
    ),
    "admin-token": (
        "rate limits",
        "",
        "MATRIX_ADMIN_TOKEN is not the token of an administrator of a Synapse: mend it, or leave it out",
    ),
    "admin-token-missing": ("rate limits", "", "only an administrator lifts them: set MATRIX_ADMIN_TOKEN"),
    # The house
    "in-clear": (
        "{setting}",
        "passwords go to {host} in clear: write https://, unless the way there is your own",
        "",
    ),
    "no-data": ("data", "{folder} does not exist yet: the first start makes it", ""),
    "data-whole": ("data", "whole, and this account's", ""),
    "data-unusable": ("data", "", "{why}"),
    "settings-shown": ("settings", "", "others may read {file}, and its passwords: conciergerie doctor --fix"),
    "owners": (
        "data",
        "",
        "{files} are of another user than {folder}, so that the bot cannot write them: as root,"
        " conciergerie doctor --fix",
    ),
    "disk": (
        "disk",
        "{free} free under {folder}",
        "{free} free under {folder}, and an upgrade with a backup wants {wanted}: make room before it is full",
    ),
    "disk-shut": ("disk", "", "{folder} is mounted to be read alone: see why (dmesg), and mount it read-write"),
    "copies": (
        "disk",
        "{n} copies from before earlier upgrades take {size}: conciergerie doctor --fix deletes all but the last",
        "",
    ),
    "data-errors": ("disk", "refused what the bot wrote or read since it started ({kinds}): see its log", ""),
    "private": (
        "data",
        "{folder} is the bot's only",
        "others may read {files}: chmod -R go= {folder}, or conciergerie doctor --fix",
    ),
    "running": ("bot", "running", "not running: conciergerie run, or your service manager"),
    "last-sync": ("last sync", "fresh", "not well ({reasons}): see the bot's log"),
    "letters": (
        "letters",
        "{waiting} waiting",
        "{waiting} waiting: is the homeserver slow, or are its limits in force?",
    ),
    "chatons": (
        "register of hosts",
        "read on {day}",
        "last read: {day}. Does CHATONS_URL still lead to the federation's own file? In the log, “federation of hosts"
        " not read” says why",
    ),
    "aside": (
        "events set aside",
        "none",
        "{aside} could not be handled, nobody got an answer: see conciergerie aside, and report what the log says",
    ),
    "set-aside": (
        "set aside",
        "",
        "{besides} conversations or parts of the bot, that it died of or a mistake stopped: see conciergerie aside",
    ),
    "census": ("lieux of {source}", "{n}, of {date}, imported on {day}", ""),
    "census-old": (
        "lieux of {source}",
        "{n}, of {date}, imported on {day}: too old to answer people with. Import a newer list, or conciergerie"
        " import-lieux --forget '{source}'",
        "",
    ),
    "powers": (
        "{lieu}: {room}",
        "the bot can do its work",
        "the bot cannot {cannot}: raise its power level to {level}",
    ),
    "room-absent": ("{lieu}: {room}", "", "the bot is not in this room: invite it there"),
    "lieu-settings": ("settings", "for {lieu}", ""),
    "lieu-by-name": (
        "settings",
        "for {lieu}, as long as there is no other lieu: {of}SPACE={space} makes that sure",
        "of nobody: there are several lieux, and a name can be copied. If they are {lieu}'s, write {of}SPACE={space}",
    ),
    "group-unproven": (
        "{lieu}: group {name}",
        "an earlier version took it as this lieu's: look whether it was another's",
        "its members administer a service: nobody is put into it any more; !installer chooses another one",
    ),
    "folder-unproven": (
        "{lieu}: folder {name}",
        "an earlier version took it as this lieu's: look whether it was another's",
        "it is no folder of a lieu, and is not used any more; !installer chooses another one",
    ),
    "lieu-unknown": ("settings", "", "the bot serves no lieu of this name: mend it, or invite the bot there"),
    "lieu-namesakes": ("settings", "", "several lieux are called so, and none gets these services: set {of}SPACE"),
    "operators": ("hosts", "{who}: asked before a space becomes a lieu", ""),
    "operators-none": (
        "hosts",
        "nobody is asked about new lieux: write OPERATORS=@you:…, or conciergerie lieux allow",
        "",
    ),
    "is-lieu": ("{lieu}", "is a lieu ({space})", ""),
    "wants-lieu": (
        "{lieu}",
        "wants to be a lieu: {who} asked, the hosts have the question",
        "wants to be a lieu: {who} asked. conciergerie lieux allow '{space}', or conciergerie lieux end '{space}'",
    ),
    # Public pages
    "pages-none": ("public pages", "none: write PUBLIC_URL, and newcomers are guided by a page", ""),
    "pages-needed": (
        "public pages",
        "",
        "none: where accounts are the homeserver's, people choose their first password on the page of their invitation;"
        " without it they make their account themselves, by a code, where the homeserver takes any: write PUBLIC_URL",
    ),
    "pages-in-clear": (
        "public pages",
        "",
        "{url} is read by everybody on the way, and its links are secrets: https://",
    ),
    "pages-later": ("public pages", "at {url}: looked at once the bot has started", ""),
    "pages": ("public pages", "{url} reaches this bot", ""),
    "pages-silent": (
        "public pages",
        "",
        "nothing answers at {url}: does the bot run, does your proxy pass it to {listen}, does this machine reach it?",
    ),
    "pages-another": (
        "public pages",
        "",
        "{url} is answered, but not by this bot with its whole path: your proxy must pass what is asked there to"
        " {listen} and leave the path as it is (nginx: no / at the end of proxy_pass)",
    ),
    "pages-moved": ("public pages", "", "{url} sends on to {to}: write that as PUBLIC_URL, or pass it to the bot"),
    "pages-inside": (
        "public pages",
        "show nothing of what is inside",
        "anybody reads {paths} there: have your proxy pass on who asks (X-Forwarded-For), or refuse these paths",
    ),
    "pages-proxy": (
        "proxy",
        "{peer} is believed when it says who asks",
        "{peer} says who asks, and is not believed, so that everybody counts as one: TRUSTED_PROXIES={peer}",
    ),
    "pages-proxy-silent": (
        "proxy",
        "does not say who asks, so that everybody counts as one: have it set X-Forwarded-For",
        "",
    ),
    "client-central": (
        "Element",
        "people must choose {server} there by hand: an Element of your own (CLIENT_URL) spares them that",
        "",
    ),
    "client-unknown": ("Element", "", "{url}/config.json is not one of an Element: mend CLIENT_URL"),
    "client": (
        "Element",
        "{url} signs in at your homeserver",
        "{url} signs in at {named}, not at {ours}: mend its config.json (default_server_config), or CLIENT_URL",
    ),
    "client-form": (
        "Element",
        'shows a form first: where everybody signs in at an SSO, "sso_redirect_options": {{"immediate": true}} in its'
        " config.json leads newcomers straight into their conversation",
        "",
    ),
    **{code: words for service in SERVICES for code, words in _of(service).items()},
}
