"""Guests on real hypervisors: where they are, and whether they live on."""

import libvirt

from nova_gs.devcloud import console

#: Seconds for one thing, on a machine that does much else.
PATIENCE = 120


class RealGuests:
    """Put before a scenario class whose cloud has libvirt hosts."""

    def life(self, uuid):
        """Return the console.Continuity of a guest."""
        return console.read(self.api.console(uuid))

    def await_life(self, uuid, condition):
        """Wait for a console that shows an unbroken life, and so much of it.

        :param condition: callable(console.Continuity)
        """
        def look():
            seen = self.life(uuid)
            self.assertTrue(seen.unbroken or not seen.ticks_seen, seen)
            return condition(seen)

        self.await_that('guest goes on', look, PATIENCE, every=0.2)

    def await_rounds(self, uuid, rounds=2):
        """Wait until a guest has been through its memory so often again.

        Whatever went wrong in a page is seen when its turn comes.
        """
        last = self.life(uuid).rounds
        self.await_life(uuid, lambda seen: seen.rounds >= last + rounds)

    def await_ticks(self, uuid, ticks=8):
        """Wait until a guest has counted so far."""
        last = self.life(uuid).ticks_seen
        self.await_life(uuid, lambda seen: seen.ticks_seen >= last + ticks)

    def moves(self, uuid):
        """Return whether a part of a guest's memory has moved."""
        return any(one['memory_processed_bytes']
                   for one in self.api.live_migrations(uuid))

    def domains(self, host):
        """Return {UUID: virDomain} of a host."""
        connection = libvirt.open(self.cloud.part('libvirtd@' + host).uri)
        self.addCleanup(_close, connection)
        return {domain.UUIDString(): domain
                for domain in connection.listAllDomains()}

    def check_place(self, uuid, place):
        """It runs in one place, and no other host knows it."""
        found = {host: state for host in self.cloud.hosts
                 if (state := self.state(uuid, host)) is not None}
        self.assertEqual({place: libvirt.VIR_DOMAIN_RUNNING}, found)

    def state(self, uuid, host):
        """Return a guest's state on a host; None: it is not known there."""
        connection = libvirt.open(self.cloud.part('libvirtd@' + host).uri)
        try:
            return connection.lookupByUUIDString(uuid).state()[0]
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:
                raise
            return None
        finally:
            _close(connection)


def _close(connection):
    try:
        connection.close()
    except libvirt.libvirtError:
        # Its libvirtd was killed meanwhile.
        pass
