"""A web server on loopback: nginx where it is installed, Python's own elsewhere.

Both send ETag or Last-Modified and answer 304.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NGINX = """
daemon off; master_process off; worker_rlimit_nofile 4096;
pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; etag on; keepalive_requests 100000;
  types {{ application/rss+xml xml; }}
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen {address}:{port}; root {site}; }}
}}
"""


@contextmanager
def serving(site: Path, folder: Path, address: str = "127.0.0.1") -> Iterator[tuple[int, str]]:
    """Serve a folder at an address while the block runs; yield the port and the server's name."""
    port = free_port()
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
    if nginx:
        config = folder / "nginx.conf"
        config.write_text(
            _NGINX.format(folder=folder, address=address, port=port, site=site), encoding="utf-8"
        )
        command = [nginx, "-e", str(folder / "nginx.log"), "-c", str(config)]
    else:
        command = [sys.executable, "-m", "http.server", "-b", address, "-d", str(site)]
        command += ["--protocol", "HTTP/1.1", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/feed-0000.xml")
        yield port, "nginx" if nginx else "Python's http.server"
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing answers at {url}")
