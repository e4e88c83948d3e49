"""Which service version speaks which version of the compute RPC.

The service version is one number for a whole release, recorded by each
service when it starts.  It rises with every change that another service must
know of.
"""

from nova_gs.rpc import catalogue

#: (service version, compute RPC version), oldest first.
SERVICE_HISTORY = (
    (1, '6.0'),
    (2, '6.4'),
    (3, '6.5'),
    (4, '6.6'),
    (5, '6.7'),
    (6, '6.8'),
    (7, '6.9'),
    (8, '6.10'),
)

SERVICE_VERSION = SERVICE_HISTORY[-1][0]


def rpc_version_of(service_version):
    """Return the compute RPC version that a service version speaks.

    A version from the future speaks at least our newest.  0 (no record, as
    in a fleet without computes yet) means nothing needs consideration.
    """
    if not service_version:
        return catalogue.COMPUTE_VERSION
    spoken = SERVICE_HISTORY[0][1]
    for number, rpc_version in SERVICE_HISTORY:
        if number <= service_version:
            spoken = rpc_version
    return spoken


def is_before_alt(rpc_version):
    """Whether computes that speak this version have no compute-alt."""
    return (catalogue.as_tuple(rpc_version) <
            catalogue.as_tuple(catalogue.ALT_SERVER_SINCE))


def is_pinned_before_alt(pin):
    """Whether a pin keeps every message off compute-alt.

    :param pin: the option ``[upgrade_levels] compute``
    """
    return pin != 'auto' and is_before_alt(pin)


def has_alt_server(service_version):
    """Whether a compute with this service version runs compute-alt."""
    return bool(service_version) and not is_before_alt(
        rpc_version_of(service_version))
