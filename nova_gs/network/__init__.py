"""What gives instances their ports: built-in networks, or Neutron."""

from nova_gs.network import built_in
from nova_gs.network import neutron


def load(conf):
    """Return the ``base.Network`` that the options name.

    :param conf: ConfigOpts
    :raises: ConfigurationError for nonsense in [network]
    """
    return neutron.Neutron(conf) if conf.neutron.url else (
        built_in.BuiltIn(conf))
