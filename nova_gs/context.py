"""Who asks, and under which request id; it travels with every message."""

from oslo_context import context


class RequestContext(context.RequestContext):
    """The context of one request."""

    def to_dict(self):
        """Return what a message carries of this context.

        The token stays behind: nobody past the API needs it, and a broker is
        no place for it.
        """
        values = super().to_dict()
        values['user_id'] = self.user_id
        values['auth_token'] = None
        return values


def get_admin_context():
    """Return a context for what a service does of its own accord."""
    return RequestContext(is_admin=True, overwrite=False)
