"""``openstack compute service drain start|show|cancel HOST``."""

from cliff import columns
from cliff import command
from cliff import show

from nova_gs import clock
from nova_gs.osc import api
from nova_gs.osc import bars
from nova_gs.osc import screens
from nova_gs.osc import wait
from nova_gs.shutdown import order

_COLUMNS = ('host', 'phase', 'reason', 'since', 'deadline', 'complete',
            'live', 'operations', 'refused', 'handed_back')


class Operations(columns.FormattableColumn):
    """The open operations: a line each for people."""

    def human_readable(self):
        now = clock.Clock().utcnow()
        return '\n'.join('%s  %s' % (one['id'], bars.row(
            one, now, bars.LETTERS, deadline=True).rstrip())
            for one in self._value)


class Refused(columns.FormattableColumn):
    """How many requests were refused, by what they asked for."""

    def human_readable(self):
        return '\n'.join('%d x %s' % (number, name)
                         for name, number in sorted(self._value.items()))


class HandedBack(columns.FormattableColumn):
    """Operations that were not begun and stay offered."""

    def human_readable(self):
        return '\n'.join(self._value)


_FORMATS = {'operations': Operations, 'refused': Refused,
            'handed_back': HandedBack}


class _Drain:
    """What the commands share."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('host', metavar='<host>',
                            help='Name of the compute host')
        return parser

    @property
    def _drains(self):
        return api.Drains(
            lambda: self.app.client_manager.sdk_connection.compute)

    def _wait(self):
        return wait.Wait(self._drains, screens.choose(
            self.app.stderr, clock.Clock()))

    def _follow(self, host):
        """Watch a drain to its end; an interrupt ends the watch alone."""
        try:
            return self._wait().until_drained(host)
        except KeyboardInterrupt:
            self.app.stderr.write(
                '\nThe drain of %s goes on. Watch it again: openstack '
                'compute service drain show --wait %s\n' % (host, host))
            raise


class Start(_Drain, show.ShowOne):
    """Let a compute host take nothing in and let its work end

    The host stays up: outbound migration, stop, delete and console go on.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--deadline', metavar='<seconds>', type=order.seconds,
            help='When so many seconds have passed, live migrations that '
                 'still run are treated as the host is configured to; by '
                 'default they take the time they need')
        parser.add_argument(
            '--reason', metavar='<reason>', type=order.reason,
            help='What those who are refused are told')
        parser.add_argument(
            '--wait', action='store_true',
            help='Wait until nothing is open on the host, with a progress '
                 'bar per operation')
        return parser

    def take_action(self, parsed_args):
        view = self._drains.start(
            parsed_args.host, parsed_args.deadline, parsed_args.reason)
        if parsed_args.wait:
            view = self._follow(parsed_args.host)
        return _formatted(view)


class Show(_Drain, show.ShowOne):
    """Show what a compute host still does, and what it refused"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--wait', action='store_true',
            help='Wait until nothing is open on the host first, with a '
                 'progress bar per operation')
        return parser

    def take_action(self, parsed_args):
        if parsed_args.wait:
            return _formatted(self._follow(parsed_args.host))
        return _formatted(self._drains.get(parsed_args.host))


class Cancel(_Drain, command.Command):
    """Let a drained compute host take work again"""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument(
            '--wait', action='store_true',
            help='Wait until the host itself says that it takes work')
        return parser

    def take_action(self, parsed_args):
        self._drains.cancel(parsed_args.host)
        if parsed_args.wait:
            self._wait().until_serving(parsed_args.host)


def _formatted(view):
    return _COLUMNS, [
        _FORMATS[name](view[name]) if name in _FORMATS else view[name]
        for name in _COLUMNS]
