"""A relay to a PostgreSQL that delays requests and answers, as a network does.

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
def delayed(address: str, milliseconds: float) -> Iterator[str]:
    """Give an address at which a database on this machine answers with a delay."""
    parameters = conninfo_to_dict(address)
    socket = Path(str(parameters["host"])) / f".s.PGSQL.{parameters.get('port') or 5432}"
    command = [sys.executable, "-m", "bench.delayed_database", str(socket), str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdout is not None
        try:
            port = relay.stdout.readline().strip()
            yield f"postgresql://{parameters['user']}@127.0.0.1:{port}/{parameters['dbname']}"
        finally:
            relay.kill()


async def serve(socket: str, delay: float) -> None:
    """Relay connections to a socket, with half of the delay in each direction."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        source, sink = await asyncio.open_unix_connection(socket)
        await asyncio.gather(pass_on(reader, sink, delay / 2), pass_on(source, writer, delay / 2))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Write the bytes of a reader to a writer with a delay in seconds, until the end."""
    later = asyncio.get_running_loop().call_later
    while part := await reader.read(2**16):
        later(delay, writer.write, part)
    later(delay, writer.close)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], float(sys.argv[2]) / 1_000))
