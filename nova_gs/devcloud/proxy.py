"""A way to the broker that can fail as networks do.

::

    proxy = Proxy(lambda: cloud.broker.port)
    ... transport_url of a service: 'rabbit://guest:guest@127.0.0.1:%d/' %
        proxy.port
    proxy.refuse()      # cut what there is, refuse what comes
    proxy.swallow()     # keep what there is, accept what comes, say nothing
    proxy.heal()        # whatever was not cut goes on where it stood
"""

import asyncio
import socket
import threading

_ADDRESS = '127.0.0.1'
_PIECE = 65536

#: Seconds for the proxy's thread to do as it is told.
_PROMPT = 10


class Proxy:
    """A thread that passes bytes on, as long as it may.

    It works from when it is made until ``close``.

    :param target: callable() -> the port on this machine that connections
        are passed on to; asked for each of them
    """

    def __init__(self, target):
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server = None
        self._writers = set()
        # Bound for good, so that nobody else can have the port meanwhile.
        self._claim = _bound(0)
        self.port = self._claim.getsockname()[1]
        self._thread = threading.Thread(
            target=self._loop.run_forever, name='proxy', daemon=True)
        self._thread.start()
        self.heal()

    def cut(self):
        """Reset every connection; new ones are served."""
        self._do(self._cut())

    def refuse(self):
        """Reset every connection and refuse new ones."""
        self._do(self._refuse())

    def swallow(self):
        """Deliver nothing more, in either direction; accept new ones."""
        self._do(self._swallow())

    def heal(self):
        """Work again."""
        self._do(self._heal())

    def close(self):
        """End it, with every connection."""
        self._do(self._refuse())
        self._do(self._abandon())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PROMPT)
        self._loop.close()
        self._claim.close()

    def _do(self, task):
        asyncio.run_coroutine_threadsafe(task, self._loop).result(_PROMPT)

    async def _cut(self):
        for writer in list(self._writers):
            writer.transport.abort()

    async def _refuse(self):
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()
        # Held up bytes find out that there is nowhere to go.
        self._flowing.set()

    async def _abandon(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _swallow(self):
        self._flowing.clear()
        await self._listen()

    async def _heal(self):
        self._flowing.set()
        await self._listen()

    async def _listen(self):
        if self._server is None:
            self._server = await asyncio.start_server(
                self._serve, sock=_bound(self.port))

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        try:
            await self._flowing.wait()
            far_reader, far_writer = await asyncio.open_connection(
                _ADDRESS, self._target())
            self._writers.add(far_writer)
            try:
                await asyncio.gather(self._pass_on(reader, far_writer),
                                     self._pass_on(far_reader, writer))
            finally:
                self._drop(far_writer)
        except OSError:
            pass  # either end went away: so does the other
        finally:
            self._drop(writer)

    async def _pass_on(self, reader, writer):
        while piece := await reader.read(_PIECE):
            await self._flowing.wait()
            writer.write(piece)
            await writer.drain()
        writer.close()

    def _drop(self, writer):
        self._writers.discard(writer)
        writer.transport.abort()


def _bound(port):
    """Return a socket that shares its port with others like it."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((_ADDRESS, port))
    return made
