"""What goes wrong with a cloud, in one clear message each."""

from nova_gs import exception


class DevcloudError(exception.NovaGSException):
    """Something about the cloud is not as it must be; the text says what."""


class PartFailed(DevcloudError):
    """A part of the cloud did not start.

    :param name: the part
    :param reason: one line
    :param log: path of its log; its last lines become part of the message
    """

    def __init__(self, name, reason, log=None, tail=''):
        super().__init__(with_tail(
            '%s did not start: %s' % (name, reason), log, tail))
        self.name = name


def with_tail(text, log, tail):
    """Return a message with the last lines of a log below it."""
    if not tail:
        return text
    indented = '\n'.join('    ' + line for line in tail.splitlines())
    return '%s\nThe end of %s:\n%s' % (text, log, indented)
