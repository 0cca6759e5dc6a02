"""Dovecot, the mail server of Debian, on loopback, with one user and mails on disk."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from msgspec import Struct

from support.imap_server import USER
from support.newsroom import until

PASSWORD = 'p"ss\\word {4}'
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/home
}}
"""


class Dovecot(Struct):
    """A running server."""

    folder: Path
    imap: int
    imaps: int

    def url(self, name: str = "INBOX", scheme: str = "imap", host: str = "127.0.0.1") -> str:
        """Return the address of a folder."""
        port = self.imap if scheme == "imap" else self.imaps
        return f"{scheme}://{USER.replace('@', '%40')}@{host}:{port}/{name}"

    @contextmanager
    def mail_program(self) -> Iterator[imaplib.IMAP4]:
        """Log in as a mail program, which may write."""
        with imaplib.IMAP4("127.0.0.1", self.imap, timeout=30) as program:
            program.login(USER, PASSWORD)
            yield program

    def deliver(self, *mails: EmailMessage, folder: str = "INBOX") -> None:
        """Put mails into a folder, which is made if it is not there."""
        with self.mail_program() as program:
            if folder != "INBOX":
                program.create(f'"{folder}"')
            for mail in mails:
                status, answer = program.append(f'"{folder}"', "", "", mail.as_bytes())
                assert status == "OK", answer

    def flags(self) -> list[bytes]:
        """Return number, UID and flags of all mails in the inbox, without changing them."""
        with self.mail_program() as program:
            program.select("INBOX", readonly=True)
            _status, rows = program.fetch("1:*", "(UID FLAGS)")
            return [row for row in rows if isinstance(row, bytes)]

    def rebuild(self) -> None:
        """Forget the numbers of all mails: the folder gets another UIDVALIDITY."""
        for path in (self.folder / "mail").glob("dovecot*"):
            path.unlink() if path.is_file() else shutil.rmtree(path)


@contextmanager
def dovecot(certificate: Path) -> Iterator[Dovecot]:
    """Run a server with a certificate, its key beside it; skip the test if there is none."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("no Dovecot on this machine: apt-get install dovecot-imapd")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    if os.getuid() or not version.stdout.startswith("2.3."):
        pytest.skip("Dovecot runs as root only, and this test knows the settings of 2.3")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:  # others must be able to enter
        folder = Path(name)
        folder.chmod(0o755)
        for inner in ("mail", "home"):
            (folder / inner).mkdir()
            shutil.chown(folder / inner, "mail", "mail")
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            second.bind(("127.0.0.1", 0))
            server = Dovecot(folder, first.getsockname()[1], second.getsockname()[1])
        (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        settings = folder / "dovecot.conf"
        settings.write_text(
            _CONFIG.format(
                folder=folder, imap=server.imap, imaps=server.imaps, ssl="yes",
                certificate=certificate, key=certificate.with_name("key.pem"),
                login="dovenull", internal="dovecot", group=pwd.getpwnam("dovecot").pw_name,
            )
        )  # fmt: skip
        process = subprocess.Popen([program, "-F", "-c", settings])
        try:
            until(lambda: _answers(server))
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _answers(server: Dovecot) -> bool:
    with suppress(OSError, imaplib.IMAP4.error), server.mail_program():
        return True
    return False
