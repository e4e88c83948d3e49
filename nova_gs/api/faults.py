"""Errors as clients read them: ``{"itemNotFound": {"code": 404, ...}}``."""

import falcon
from oslo_log import log as logging

from nova_gs import exception

LOG = logging.getLogger(__name__)

#: What the Compute API calls each status; the others are computeFault.
NAMES = {
    400: 'badRequest',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'itemNotFound',
    405: 'badMethod',
    409: 'conflictingRequest',
    413: 'overLimit',
    415: 'badMediaType',
    429: 'overLimit',
    501: 'notImplemented',
    503: 'serviceUnavailable',
}


def render(resp, code, message):
    """Make a response the error that code and message say."""
    resp.status = code
    resp.data = None
    resp.media = {
        NAMES.get(code, 'computeFault'): {'code': code, 'message': message}}


def on_known_error(req, resp, error, params):
    """Answer an error of our own tree; its ``code`` is the status."""
    # That the database is away was said once, when that began.
    if error.code >= 500 and not isinstance(
            error, exception.DatabaseUnavailable):
        LOG.error('%s %s failed: %s', req.method, req.path, error)
    render(resp, error.code, exception.reason_of(error))


def on_http_error(req, resp, error, params):
    """Answer what the framework itself refuses: no such URL or method."""
    code = error.status_code
    message = error.description or error.title
    if code == 404:
        message = 'The resource could not be found.'
    for name, value in (error.headers or {}).items():
        resp.set_header(name, value)
    render(resp, code, message)


def on_unexpected_error(req, resp, error, params):
    """Answer a bug or a lost database without showing its insides."""
    LOG.exception('%s %s failed unexpectedly', req.method, req.path)
    render(resp, 500,
           'Unexpected API Error (%s). The log of nova-api says more under '
           'request id %s.' % (type(error).__name__,
                               req.context.ctxt.request_id))


def install(app):
    """Make a Falcon app answer every error in this form."""
    app.add_error_handler(Exception, on_unexpected_error)
    app.add_error_handler(falcon.HTTPError, on_http_error)
    app.add_error_handler(exception.NovaGSException, on_known_error)
