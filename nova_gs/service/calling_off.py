"""What is called off when the time for completing it is over."""

from nova_gs.compute.live_migration import arrivals
from nova_gs.compute.live_migration import calling_off
from nova_gs.compute.live_migration import overdue
from nova_gs.conf import shutdown as shutdown_conf
from nova_gs import exception

#: What is said of a guest that waits for its ports.
_BUILD = 'A build'


class CallingOff:
    """Ends what a host is not to wait for any more.

    :param conf: ConfigOpts
    :param ctxt: admin RequestContext
    :param coordinator: shutdown.coordinator.Coordinator
    :param tracker: shutdown.tracker.Tracker
    :param leaving: Event that is set when the host is released
    """

    def __init__(self, conf, ctxt, coordinator, tracker, leaving):
        self._settings = conf.shutdown
        self._ctxt = ctxt
        self._coordinator = coordinator
        self._tracker = tracker
        self._leaving = leaving

    def run(self, manager):
        """Call off what there is, until the host is released or all is over.

        :param manager: compute.manager.ComputeManager
        """
        sides = (manager.departures, arrivals.Arrivals(
            manager.host, self._ctxt, self._tracker,
            self._coordinator.bounded))
        if self._coordinator.calls_off:
            self._end_waits(manager.host, 'had to be stopped', for_good=True)
            calling_off.CallingOff(
                manager.host, self._settings, self._coordinator,
                self._leaving).run(*sides)
            return
        self._end_waits(manager.host, overdue.WHY)
        if self._settings.live_migration_at_deadline != shutdown_conf.RESUME:
            late = overdue.Overdue(self._coordinator)
            calling_off.CallingOff(
                manager.host, self._settings, late, self._leaving,
                overdue.WHY).run(*[late.of(side) for side in sides])

    @staticmethod
    def _end_waits(host, why, for_good=False):
        """End the builds whose guests wait for their ports."""
        host.plugging.waits.call_off(exception.CalledOff(
            task=_BUILD, reason='nova-compute on host %s %s' % (
                host.name, why)), for_good)
