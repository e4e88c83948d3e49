"""Who asks, and under which request id; it travels with every message."""

from oslo_context import context

#: What a message carries, by its name in the message: the name here, and the
#: value that need not be said.
_CARRIED = {
    'user': ('user_id', None),
    'project_id': ('project_id', None),
    'domain': ('domain_id', None),
    'user_domain': ('user_domain_id', None),
    'project_domain': ('project_domain_id', None),
    'system_scope': ('system_scope', None),
    'roles': ('roles', []),
    'is_admin': ('is_admin', False),
    'is_admin_project': ('is_admin_project', True),
    'request_id': ('request_id', None),
    'global_request_id': ('global_request_id', None),
}


class RequestContext(context.RequestContext):
    """The context of one request."""

    def to_dict(self):
        """Return what a message carries of this context.

        The token stays behind: nobody past the API needs it, and a broker is
        no place for it.
        """
        values = {key: getattr(self, name)
                  for key, (name, _default) in _CARRIED.items()}
        return {key: value for key, value in values.items()
                if value != _CARRIED[key][1]}

    @classmethod
    def from_dict(cls, values):
        """Return the context that a message carries.

        :param values: dict; what is not known here is passed over
        """
        return cls(**{_CARRIED[key][0]: value
                      for key, value in values.items() if key in _CARRIED})


def get_admin_context():
    """Return a context for what a service does of its own accord."""
    return RequestContext(is_admin=True, overwrite=False)
