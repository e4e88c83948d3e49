"""Servers that answer what they are told, and whoever asks them.

Started by ``rpc.py`` as a process: ``echo.py KIND URL``.  It prints
``ready``, and its processor time whenever it reads ``cpu``.
"""

import functools
import logging
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from nova_gs.cmd import common  # noqa: E402

common.init_backend()

from oslo_config import cfg  # noqa: E402
import oslo_messaging  # noqa: E402

from nova_gs import clock  # noqa: E402
import nova_gs.conf  # noqa: E402
from nova_gs import context  # noqa: E402
from nova_gs import objects  # noqa: E402
from nova_gs import pools  # noqa: E402
from nova_gs.rpc import catalogue  # noqa: E402
from nova_gs.rpc import client as rpc_client  # noqa: E402
from nova_gs.rpc import freshness  # noqa: E402
from nova_gs.rpc import serializer  # noqa: E402
from nova_gs.rpc import server as rpc_server  # noqa: E402
from nova_gs.rpc import transport  # noqa: E402
from nova_gs.shutdown import tracker  # noqa: E402
from nova_gs import steps  # noqa: E402

# Whoever is left when the broker ends complains on the terminal.
logging.getLogger().addHandler(logging.NullHandler())

HOST = 'bench'

#: As many threads as nova-compute has by default.
WORKERS = 8

#: What is sent and comes back.
ARGUMENTS = {'instance': 'f6a1c1d4-7f43-4c2a-8f2c-0a3a3f7b1b11',
             'tail_length': 20}

_NEW, _ONGOING = catalogue.Topic.NEW_WORK, catalogue.Topic.ONGOING


@functools.cache
def _configure():
    nova_gs.conf.register_opts(cfg.CONF)
    cfg.CONF([], project='bench', default_config_files=[],
             default_config_dirs=[])
    objects.register_all()
    transport.prepare()


def _transport(url):
    _configure()
    return oslo_messaging.get_rpc_transport(
        cfg.CONF, url=url,
        allowed_remote_exmods=list(transport.REMOTE_EXCEPTION_MODULES))


class Bare:
    """The endpoint of a server that has nothing of ours."""

    target = oslo_messaging.Target(version=catalogue.COMPUTE_VERSION)

    def get_console_output(self, ctxt, instance, tail_length):
        return instance


class Manager:
    """A manager that only answers."""

    def __getattr__(self, name):
        if name not in catalogue.ROWS:
            raise AttributeError(name)
        return self._answer

    @staticmethod
    def _answer(ctxt, **arguments):
        return next(iter(arguments.values()))


def serve_bare(url):
    """Return a started stock server."""
    target = oslo_messaging.Target(topic='bare', server=HOST)
    server = oslo_messaging.get_rpc_server(_transport(url), target, [Bare()])
    server.start(override_pool_size=WORKERS)
    return [server]


def serve(url, topic, runner=None):
    """Return a started server of ours, with gate and tracker."""
    if runner is None:
        works = tracker.Tracker(clock.Clock())
        runner = steps.StepRunner(
            tracker.Gate(works, HOST), 'bench', pools.Pool('bench', WORKERS))
    server = rpc_server.create(
        _transport(url), topic, HOST, Manager(), runner.invoke)
    server.start(override_pool_size=WORKERS)
    return [server]


KINDS = {
    'bare': serve_bare,
    'tracked': lambda url: serve(url, _NEW),
    'both': lambda url: serve(url, _NEW) + serve(url, _ONGOING),
}


def client(kind, url):
    """Return a function that asks a server of this kind and waits.

    :param kind: of ``KINDS``, or 'ongoing' for the second server of 'both'
    """
    method, arguments = 'get_console_output', ARGUMENTS
    topic = _NEW.value
    if kind == 'bare':
        return _bare_client(url, method, arguments)
    if kind == 'ongoing':
        topic, method = _ONGOING.value, 'live_migration_abort'
        arguments = {'migration_uuid': ARGUMENTS['instance']}
    caller = rpc_client.Client(cfg.CONF, _transport(url))
    prepared = caller.library_client.prepare(
        topic=topic, server=HOST, version='6.0', timeout=60)
    return functools.partial(
        caller.send, context.get_admin_context(), catalogue.ROWS[method],
        prepared, HOST, '6.0', arguments)


def _bare_client(url, method, arguments):
    """The same bytes on their way, with nothing that interprets them."""
    with serializer.saying(freshness.Asked(60)):
        ctxt = serializer.RequestSerializer().serialize_context(
            context.get_admin_context())
    caller = oslo_messaging.get_rpc_client(
        _transport(url), oslo_messaging.Target(
            topic='bare', server=HOST, version='6.0'), timeout=60)
    return functools.partial(caller.call, ctxt, method, **arguments)


def flood(url, threads):
    """Ask 'tracked' without a pause until a line is read; print how often."""
    # Once, before the threads do.
    _configure()
    answered, over = [0] * threads, threading.Event()
    under_way = threading.Barrier(threads + 1)

    def ask_on(number):
        ask = client('tracked', url)
        ask()
        under_way.wait()
        while not over.is_set():
            ask()
            answered[number] += 1

    crowd = [threading.Thread(target=ask_on, args=(number,))
             for number in range(threads)]
    for one in crowd:
        one.start()
    under_way.wait()
    print('ready', flush=True)
    sys.stdin.readline()
    over.set()
    for one in crowd:
        one.join()
    print(sum(answered), flush=True)


def main():
    kind, url = sys.argv[1:3]
    if kind == 'flood':
        flood(url, int(sys.argv[3]))
        return
    servers = KINDS[kind](url)
    print('ready', flush=True)
    for _line in sys.stdin:
        print(time.process_time(), flush=True)
    for server in servers:
        server.stop()


if __name__ == '__main__':
    main()
