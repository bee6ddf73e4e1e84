"""A real Docker with Compose, of Debian, where none runs: in namespaces of its own, of which nothing is left.

Images that only a registry has are made beside it, of packages.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.packaging import bare_debian
from tests.servers import apt
from tests.servers.parent import ends_with_parent

PACKAGES = "ca-certificates docker.io docker-cli docker-compose docker-buildx iptables iproute2"
ENVIRONMENT = bare_debian.ENVIRONMENT | {"HOME": "/root", "TERM": "dumb"}
START = 60.0
# By pivot_root, for Docker does so in its turn. Its cgroups have a name by which they are found afterwards.
DAEMON = """\
mount --bind {root} {root}
for part in dev sys; do mount --rbind /$part {root}/$part; done
mount -t proc proc {root}/proc
for part in run tmp; do mount -t tmpfs tmpfs {root}/$part; done
ip link set lo up
cd {root}
pivot_root . mnt
umount -l /mnt
exec dockerd --host unix:///run/docker.sock --cgroup-parent {cgroup} --exec-opt native.cgroupdriver=cgroupfs
"""
PYTHON = """\
FROM of-debootstrap
COPY authorities /usr/local/share/ca-certificates
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3-venv python3-pip \\
    && update-ca-certificates && ln -s /usr/bin/python3 /usr/local/bin/python
"""
# What is asked of that image: its `docker/start.py` in the modes `generate` and `run`, as 991, in /data.
SYNAPSE = """\
FROM {python}
RUN apt-get update && apt-get install -y --no-install-recommends curl gosu
RUN pip install --no-cache-dir --break-system-packages matrix-synapse=={version}
COPY --chmod=755 start.py /start.py
EXPOSE 8008
ENTRYPOINT ["/start.py"]
HEALTHCHECK --start-period=5s --interval=15s --timeout=5s CMD curl -fSs http://localhost:8008/health || exit 1
"""
START_PY = """\
#!/bin/sh
set -e
if [ "$1" = generate ]; then
    echo '{"version": 1, "handlers": {"said": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["said"]}}' \\
        > "/data/$SYNAPSE_SERVER_NAME.log.config"
    chown -R 991:991 /data
    set -- --server-name "$SYNAPSE_SERVER_NAME" --report-stats "$SYNAPSE_REPORT_STATS" --config-directory /data \\
        --data-directory /data --generate-config --open-private-ports
else
    set --
fi
exec gosu 991:991 python -m synapse.app.homeserver --config-path /data/homeserver.yaml "$@"
"""


class Engine:
    """`folder` becomes a Debian of a gigabyte or two; `work` in it is what Docker builds of."""

    def __init__(self, folder: Path) -> None:
        self._root, self.work = folder, folder / "work"
        self._cgroup = f"conciergerie-tests-{os.getpid()}"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._inside = 0

    @staticmethod
    def lacks() -> str:
        """Why there cannot be one here, empty where there can."""
        if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
            return "NEITHER AN ENGINE NOR A ROOT WHO COULD START ONE: the containers were not run"
        return bare_debian.why_none() or apt.ensure_installed(
            Path("/usr/bin/slirp4netns"), "slirp4netns", lacking="a Docker"
        )

    def start(self) -> None:
        bare_debian.lay_down(self._root)
        bare = self._root / "work/bare.tar"
        bare.parent.mkdir()
        subprocess.run(["tar", "-C", self._root, "--exclude=./work", "-cf", bare, "."], check=True)
        bare_debian.lay_network(self._root)
        install = f"apt-get update && apt-get install -y --no-install-recommends {PACKAGES} && update-ca-certificates"
        subprocess.run(
            ["unshare", "--mount", "chroot", self._root, "sh", "-ec", f"mount -t proc proc /proc; {install}"],
            check=True,
            capture_output=True,
            env=ENVIRONMENT,
        )
        self._launch()
        self.run("sh", "-c", "docker import - of-debootstrap < /work/bare.tar")

    def _launch(self) -> None:
        script = DAEMON.format(root=self._root, cgroup=self._cgroup)
        namespaces = ["--mount", "--propagation=private", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child"]
        daemon = self._begin(["unshare", *namespaces, "sh", "-ec", script], "docker.log")
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children")
        deadline = time.monotonic() + START
        while not (told := children.read_text().split()):
            assert time.monotonic() < deadline
        self._inside = int(told[0])
        self._begin(
            ["slirp4netns", "--configure", "--mtu=1400", "--disable-host-loopback", told[0], "tap0"], "network.log"
        )
        while self.try_run("docker", "info").returncode:
            assert time.monotonic() < deadline, self._log("docker.log").read_text()[-2000:]
            time.sleep(0.2)

    def _begin(self, command: list[str], log: str) -> subprocess.Popen[bytes]:
        with self._log(log).open("ab") as file:
            process = subprocess.Popen(command, env=ENVIRONMENT, stdout=file, stderr=file, preexec_fn=ends_with_parent)
        self._processes.append(process)
        return process

    def _log(self, name: str) -> Path:
        return self.work / name

    def make_python(self, tag: str) -> None:
        """An image in the place of Debian's Python of a registry."""
        folder = self._context("python", {"Dockerfile": PYTHON})
        (folder / "authorities").mkdir()
        bare_debian.lay_authorities(folder / "authorities")
        self.run("docker", "build", "-q", "-t", tag, "/work/python")

    def make_synapse(self, tag: str, python: str) -> None:
        """Likewise of Synapse, in the same version."""
        told = SYNAPSE.format(python=python, version=tag.rpartition(":v")[2])
        self._context("synapse", {"Dockerfile": told, "start.py": START_PY})
        self.run("docker", "build", "-q", "-t", tag, "/work/synapse")

    def _context(self, name: str, files: Mapping[str, str]) -> Path:
        folder = self.work / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text)
        return folder

    def command(self, *command: str, cwd: str = "/") -> list[str]:
        """What is typed on this machine to have it there."""
        inside = ["env", "-i", *(f"{name}={value}" for name, value in ENVIRONMENT.items())]
        enter = ["nsenter", "-t", str(self._inside), "--mount", "--net", "--uts", "--ipc", "--pid", "--root", "--wd"]
        return [*enter, *inside, "sh", "-c", 'cd "$0" && exec "$@"', cwd, *command]

    def beside(self, *command: str) -> list[str]:
        """One of this machine's own programs, for which the engine's ports are on loopback."""
        return ["nsenter", "-t", str(self._inside), "--net", *command]

    def try_run(self, *command: str, **how: Any) -> subprocess.CompletedProcess[str]:
        told = self.command(*command, cwd=how.pop("cwd", "/"))
        return subprocess.run(told, capture_output=True, text=True, check=False, **how)

    def run(self, *command: str, **how: Any) -> str:
        """What it prints; it must do what it says."""
        done = self.try_run(*command, **how)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def reboot(self) -> None:
        """As a machine does it: everything is asked to end, and the daemon starts again by itself."""
        os.kill(self._inside, 15)
        self._end()
        self._launch()

    def _end(self) -> None:
        daemon, *others = self._processes
        daemon.wait(START)
        for process in others:
            process.kill()
            process.wait()
        self._processes.clear()

    def stop(self) -> None:
        if self._inside:
            os.kill(self._inside, 9)  # and all that is in there with it
        if self._processes:
            self._end()
        for folder in sorted(Path("/sys/fs/cgroup").glob(f"**/{self._cgroup}/**/"), reverse=True):
            folder.rmdir()
        shutil.rmtree(self._root, ignore_errors=True)
