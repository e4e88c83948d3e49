"""Who may call what: oslo.policy defaults, a module per noun.

A deployment changes them in ``[oslo_policy] policy_file``.
"""

import itertools

from nova_gs.policies import base
from nova_gs.policies import catalogues
from nova_gs.policies import external_events
from nova_gs.policies import flavors
from nova_gs.policies import hypervisors
from nova_gs.policies import instance_actions
from nova_gs.policies import interfaces
from nova_gs.policies import migrations
from nova_gs.policies import servers
from nova_gs.policies import services

MODULES = (
    base, catalogues, external_events, flavors, hypervisors,
    instance_actions, interfaces, migrations, servers, services,
)


def list_rules():
    """Return every default, as oslo.policy's generators ask for them."""
    return list(itertools.chain.from_iterable(
        module.list_rules() for module in MODULES))
