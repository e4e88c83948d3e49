"""Which parts a cloud has, made from what its state file says."""

import dataclasses
import string

from nova_gs import concurrency
from nova_gs.devcloud import api_client
from nova_gs.devcloud import broker as broker_module
from nova_gs.devcloud import errors
from nova_gs.devcloud import fake_host
from nova_gs.devcloud import libvirt_host
from nova_gs.devcloud import neutron as neutron_module
from nova_gs.devcloud import ports
from nova_gs.devcloud import post_copy
from nova_gs.devcloud import services
from nova_gs.devcloud import settings as settings_module

#: What the console proxy of a cloud is called.
CONSOLE_PROXY = 'novncproxy'
DRIVERS = ('libvirt', 'fake')
CONCURRENCY = tuple(mode.value for mode in concurrency.Mode)


def host_names(count):
    """Return host-a, host-b ... host-z, host-aa ..."""
    names = []
    for number in range(count):
        suffix = ''
        number += 1
        while number:
            number, letter = divmod(number - 1, 26)
            suffix = string.ascii_lowercase[letter] + suffix
        names.append('host-' + suffix)
    return names


def conductor_names(count):
    """Return conductor, conductor-2, conductor-3 ..."""
    return ['conductor'] + [
        'conductor-%d' % number for number in range(2, count + 1)]


@dataclasses.dataclass
class Parts:
    """The parts of one cloud."""

    site: services.Site
    broker: broker_module.Broker
    api: services.Api
    conductors: list
    hypervisors: list
    computes: list
    consoles: list
    neutron: neutron_module.Neutron | None = None

    @property
    def services(self):
        """Return what is ours: conductors, API, computes, console proxy."""
        return self.conductors + [self.api] + self.computes + self.consoles

    def all(self):
        """Return {name: part}."""
        everything = [self.broker] + self.hypervisors + self.services
        if self.neutron is not None:
            everything.append(self.neutron)
        return {part.name: part for part in everything}


def check(options):
    """Refuse a cloud that cannot be.

    :param options: dict with hosts, driver, conductors, concurrency and
        settings
    :raises: DevcloudError that names the option
    """
    if options['driver'] not in DRIVERS:
        raise errors.DevcloudError('--driver %s: choose one of %s.' % (
            options['driver'], ', '.join(DRIVERS)))
    most = ports.MOST_HOSTS if options['driver'] == 'libvirt' else 100
    if not 0 <= options['hosts'] <= most:
        raise errors.DevcloudError(
            '--hosts %d: from 0 to %d, since each takes ports and memory.'
            % (options['hosts'], most))
    if not 1 <= options['conductors'] <= 16:
        raise errors.DevcloudError(
            '--conductors %d: from 1 to 16.' % options['conductors'])
    if options['concurrency'] not in CONCURRENCY:
        raise errors.DevcloudError('--concurrency %s: choose one of %s.' % (
            options['concurrency'], ', '.join(CONCURRENCY)))
    _parse_settings(options)
    if options.get('post_copy'):
        _check_post_copy(options['driver'])


def _check_post_copy(driver):
    if driver != 'libvirt':
        raise errors.DevcloudError(
            '--post-copy: only with --driver libvirt; the fake driver can '
            'always do it.')
    obstacle = post_copy.obstacle()
    if obstacle:
        raise errors.DevcloudError(
            '--post-copy cannot be had: %s. Leave it out, or bring the '
            'cloud up as root of a machine that has it.' % obstacle)


def make(layout, options, first_port):
    """Return the Parts of a cloud.

    :param options: as for ``check``, with database (a URL) too
    :param first_port: of the cloud's block
    """
    broker = broker_module.Broker(layout, first_port)
    api_port = first_port + ports.API
    nova = 'http://127.0.0.1:%d' % api_port
    network = None
    if options.get('neutron') is not None:
        network = neutron_module.Neutron(
            layout, first_port + ports.NEUTRON, nova, options['neutron'])
    site = services.Site(
        layout, broker, api_client.Client(nova),
        options['driver'], options['database'], api_port,
        _parse_settings(options), options['concurrency'],
        first_port + ports.CONSOLE, options.get('consoles', False),
        network and network.url, options.get('own_storage', False))
    hypervisors = [
        _hypervisor(site, name, index, first_port,
                    options.get('post_copy', False))
        for index, name in enumerate(host_names(options['hosts']))]
    parts = Parts(
        site=site, broker=broker, api=services.Api(site, 'api'),
        conductors=[services.Conductor(site, name)
                    for name in conductor_names(options['conductors'])],
        hypervisors=hypervisors,
        computes=[services.Compute(site, hypervisor)
                  for hypervisor in hypervisors],
        consoles=[services.ConsoleProxy(site, CONSOLE_PROXY)]
        if site.consoles else [], neutron=network)
    for service in parts.services:
        service.program = options.get('programs', {}).get(
            service.name, service.program)
    return parts


def _parse_settings(options):
    names = (host_names(options['hosts'])
             + conductor_names(options['conductors']) + ['api']
             + [CONSOLE_PROXY] * bool(options.get('consoles')))
    return settings_module.parse_all(options['settings'], names)


def _hypervisor(site, name, index, first_port, with_post_copy):
    if site.driver == 'fake':
        return fake_host.FakeHost(site.layout, name)
    with_kvm = any(
        (setting.section, setting.option) == ('libvirt', 'virt_type')
        and setting.value != 'qemu' for setting in site.settings)
    return libvirt_host.LibvirtHost(
        site.layout, name, index, first_port, with_kvm, with_post_copy)
