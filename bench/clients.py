"""Asking a cloud for what a plan says, and the account of the answers."""

import dataclasses

from bench import storm
from nova_gs.devcloud import api_client
from nova_gs.devcloud import errors

#: How a request ended that nobody answered.
UNANSWERED = 'unanswered'

#: Guests for each host, at least and at most.
FEWEST, MOST = 1, 3

#: Flavors between which guests change, with the same disk.
SMALL, LARGE = '1', {'name': 'storm-large', 'ram': 160, 'vcpus': 1, 'disk': 1}

#: Seconds that one answer may take; a writer may stand still meanwhile.
ANSWER_WITHIN = 60


@dataclasses.dataclass(frozen=True)
class Asked:
    """One request and its answer.

    :param kind: one of ``storm``'s
    :param server: UUID; None when nobody said what a new one has
    :param status: of the answer, or UNANSWERED
    :param request_id: that the instance action has too
    :param said: what was answered to one that was not accepted
    """

    kind: str
    server: str | None
    status: object
    request_id: str | None = None
    said: str = ''

    @property
    def is_accepted(self):
        """Whether it was promised to be done."""
        return self.status in (202, 204)

    @property
    def is_refused(self):
        """Whether it was promised not to be done."""
        return self.status != UNANSWERED and not self.is_accepted


class Clients:
    """Asks, and remembers everything that it has asked.

    :param cloud: devcloud.cloud.Cloud
    """

    def __init__(self, cloud):
        self.asked = []
        self._api = api_client.Client(cloud.api.url, timeout=ANSWER_WITHIN)
        self._hosts = len(cloud.hosts)
        # Busy guests take a while to move, and notice a page that is lost.
        image = ('ticker-busy' if cloud.options['driver'] == 'libvirt'
                 else 'ticker')
        self._image = self._api.image_id(image)
        self._flavors = (SMALL, self._api.create_flavor(**LARGE))

    def guests(self, query=''):
        """Return the UUIDs of the servers there are, in the order of names.

        :param query: of which, as the API has it
        """
        found = self._api.get('servers' + query)['servers']
        return [one['id'] for one in sorted(
            found, key=lambda one: (one['name'], one['id']))]

    def boot(self, name, host=None):
        """Ask for a guest; returns the Asked."""
        server = {'name': name, 'imageRef': self._image, 'flavorRef': '1',
                  'networks': 'none'}
        if host:
            server['host'] = host
        return self._note(storm.BOOT, None, 'POST', 'servers',
                          {'server': server})

    def ask(self, ask, name):
        """Ask for what a plan says.

        :param name: of the guest, if it is to be a new one
        :returns: the Asked; None when there is nobody to ask it of
        """
        try:
            guests = self.guests()
            if ask.kind == storm.BOOT:
                if len(guests) >= MOST * self._hosts:
                    return None
                return self.boot(name, ask.host)
            if ask.kind in (storm.ABORT, storm.FORCE):
                return self._steer(ask)
            if ask.kind in (storm.CONFIRM, storm.REVERT):
                guests = self.guests('?status=VERIFY_RESIZE')
        except errors.DevcloudError:
            # It could not even look.
            return None
        if not guests or (ask.kind == storm.DELETE
                          and len(guests) <= FEWEST * self._hosts):
            return None
        server = guests[ask.guest % len(guests)]
        if ask.kind == storm.DELETE:
            return self._note(ask.kind, server, 'DELETE',
                              'servers/' + server)
        return self._note(ask.kind, server, 'POST',
                          'servers/%s/action' % server, self._action(ask))

    def _steer(self, ask):
        moves = [one for one in self._api.get('os-migrations')['migrations']
                 if one['status'] in ('queued', 'preparing', 'running')]
        if not moves:
            return None
        move = moves[ask.guest % len(moves)]
        path = 'servers/%s/migrations/%s' % (move['instance_uuid'],
                                             move['id'])
        if ask.kind == storm.ABORT:
            return self._note(ask.kind, move['instance_uuid'], 'DELETE', path)
        return self._note(ask.kind, move['instance_uuid'], 'POST',
                          path + '/action', {'force_complete': None})

    def _note(self, kind, server, *request):
        try:
            response = self._api.request(*request)
        except api_client.ApiError as error:
            asked = Asked(kind, server, error.status,
                          error.response.request_id, str(error))
        except errors.DevcloudError as error:
            asked = Asked(kind, server, UNANSWERED, said=str(error))
        else:
            if kind == storm.BOOT:
                server = response.body['server']['id']
            asked = Asked(kind, server, response.status, response.request_id)
        self.asked.append(asked)
        return asked

    def _action(self, ask):
        """Return the body of an action on a server."""
        bodies = {
            storm.REBOOT: {'reboot': {'type': 'HARD'}},
            storm.MIGRATE: {'os-migrateLive': {
                'host': ask.host, 'block_migration': 'auto'}},
            storm.MOVE: {'migrate': ask.host and {'host': ask.host}},
            storm.RESIZE: {'resize': {
                'flavorRef': self._flavors[ask.guest % 2]}},
            storm.CONFIRM: {'confirmResize': None},
            storm.REVERT: {'revertResize': None},
            storm.STOP: {'os-stop': None},
            storm.START: {'os-start': None},
        }
        return bodies.get(ask.kind, {ask.kind: None})
