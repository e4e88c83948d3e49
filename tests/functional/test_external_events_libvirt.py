"""A real guest that waits until its port is plugged in, and then moves."""

import json
import urllib.request
from xml.etree import ElementTree

import libvirt

from nova_gs.devcloud import figures
from tests.functional import base
from tests.functional import test_external_events as waiting

HOST, OTHER = waiting.HOST, 'host-b'

#: Seconds for one thing of a real guest, on a machine that does much else.
PATIENCE = 90


class TestWaitingLibvirt(base.Spared, waiting.WaitingTestCase):

    OPTIONS = {'driver': 'libvirt', 'hosts': 2, 'neutron': 3600}

    def test_guest_stands_still_until_it_is_plugged_in(self):
        """SIGTERM, then the event: it runs, and the daemon has gone."""
        took = []
        for _ in range(self.times(1, 10)):
            uuid = self.begin()
            event = self.event(uuid)
            state, interface = self.look(uuid)
            self.assertEqual(libvirt.VIR_DOMAIN_PAUSED, state)
            self.assertEqual(
                self.api.interfaces(uuid)[0]['mac_addr'],
                interface.find('mac').get('address'))
            self.assertEqual('', self.api.console(uuid))
            self.terminate(HOST)
            self.await_that('it drains', lambda: self.api.service(
                HOST)['status'] == 'disabled')
            self.api.tell(event)
            told = self.clock.utcnow().timestamp()
            code, ended = self.await_exit(HOST)
            took.append(ended - told)
            self.assertEqual(0, code)
            self.assertEqual('ACTIVE', self.api.server(uuid)['status'])
            self.assertEqual(libvirt.VIR_DOMAIN_RUNNING, self.look(uuid)[0])
            self.ensure_up()
            self._check_move(uuid, event)
            self._delete_all()
            self.assertEqual([], self.ports())
        self.figure('libvirt: build waits for its port, SIGTERM, event later',
                    runs=len(took),
                    event_to_exit_median_s=round(
                        figures.percentile(took, 50), 3),
                    event_to_exit_max_s=round(max(took), 3))
        self.assert_prompt(took, waiting.PROMISE)

    def _check_move(self, uuid, event):
        """Its interface and its port go with it."""
        self.api.live_migrate(uuid, OTHER)
        self.await_wait(uuid)
        self.api.tell(event)
        self.api.await_server(uuid, PATIENCE, status='ACTIVE', host=OTHER,
                              task_state=None)
        self.assertIsNotNone(self.look(uuid, OTHER)[1])
        self.await_that('its port is bound there', lambda: [
            port['binding:host_id'] for port in self.ports()] == [OTHER])

    def look(self, uuid, host=HOST):
        """Return a domain's state and the definition of its interface."""
        connection = libvirt.open(self.cloud.part('libvirtd@' + host).uri)
        try:
            domain = connection.lookupByUUIDString(uuid)
            return domain.state()[0], ElementTree.fromstring(
                domain.XMLDesc()).find('devices/interface')
        finally:
            connection.close()

    def ports(self):
        """Return what the stand-in for Neutron has."""
        with urllib.request.urlopen(
                self.cloud.neutron.url + '/v2.0/ports') as answer:
            return json.load(answer)['ports']
