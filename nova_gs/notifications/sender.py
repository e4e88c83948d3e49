"""Sends notifications by oslo.messaging, at once or not at all."""

import oslo_messaging

from nova_gs import exception
from nova_gs.rpc import broker
from nova_gs.rpc import transport


class Sender:
    """Has a connection to the broker that notifications go to.

    :param conf: ConfigOpts
    :param publisher: who sends, e.g. 'nova-compute:host1'
    :raises ConfigurationError: for a broker's URL that cannot be used; an
        absent broker shows only in ``send``
    """

    def __init__(self, conf, publisher):
        transport.prepare()
        try:
            self._transport = oslo_messaging.get_notification_transport(conf)
        except (oslo_messaging.DriverLoadFailure,
                oslo_messaging.InvalidTransportURL, ValueError) as error:
            raise exception.ConfigurationError(
                option='[oslo_messaging_notifications] transport_url',
                problem='it cannot be used',
                remedy='Name a broker as rabbit://user:password@host:port/, '
                       'or none to use that of transport_url.') from error
        self._notifier = oslo_messaging.Notifier(
            self._transport, publisher_id=publisher, driver='messagingv2',
            topics=conf.notifications.topics, retry=0)

    def send(self, event_type, payload):
        """Send one; may wait for a broker that hangs, but not for one.

        :param event_type: a string
        :param payload: ``base.Payload``
        :raises PeerUnavailable: when there is no broker
        """
        # The library would tell the log at length, and us nothing.
        broker.reach(self._transport)
        self._notifier.info({}, event_type, payload.obj_to_primitive())

    def close(self):
        """Close the connection; ``send`` makes a new one."""
        transport.close((self._transport,))
