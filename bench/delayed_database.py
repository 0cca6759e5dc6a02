"""A PostgreSQL that is farther away: what is sent to it and what it answers arrives later.

python -m bench.delayed_database SOCKET MILLISECONDS
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict


@contextmanager
def farther(address: str, milliseconds: float) -> Iterator[str]:
    """Give the address at which a database on this machine answers so much later."""
    known = conninfo_to_dict(address)
    socket = Path(str(known["host"])) / f".s.PGSQL.{known.get('port') or 5432}"
    command = [sys.executable, "-m", "bench.delayed_database", socket, str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdout is not None
        try:
            port = relay.stdout.readline().strip()
            yield f"postgresql://{known['user']}@127.0.0.1:{port}/{known['dbname']}"
        finally:
            relay.kill()


async def serve(socket: str, delay: float) -> None:
    """Relay connections to a socket: half of the delay is on the way there, half on that back."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(socket)
        await asyncio.gather(pass_on(reader, back, delay / 2), pass_on(there, writer, delay / 2))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Write what is read, so many seconds later, until the end."""
    later = asyncio.get_running_loop().call_later
    while part := await reader.read(2**16):
        later(delay, writer.write, part)
    later(delay, writer.close)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], float(sys.argv[2]) / 1_000))
