"""A running cloud as an inventory for Ansible.

The variables are those of ``playbooks/nova-graceful-shutdown/group_vars``,
which holds what they are on nodes with systemd.
"""

import sys

import yaml

from nova_gs.devcloud import environment

#: A line of "devcloud status" of a part that has ended, with its exit code.
_ENDED = r'(?m)^%s +stopped \(exit code (-?\d+)\)'


def make(cloud):
    """Return the inventory as plain dicts and lists.

    :param cloud: ``cloud.Cloud``, up
    """
    return {'all': {
        'vars': {'ansible_connection': 'local',
                 'ansible_python_interpreter': sys.executable},
        'children': {
            'controllers': {'hosts': {'controller': _controller(cloud)}},
            'computes': {'hosts': {
                compute.name: _compute(cloud, compute)
                for compute in cloud.parts.computes}},
        },
    }}


def text(cloud):
    """Return the inventory as YAML."""
    return yaml.safe_dump(make(cloud), sort_keys=False)


def _controller(cloud):
    return {
        'ansible_become': False,
        'openstack_environment': cloud.environment(),
        'nova_manage': environment.command(
            'nova-manage', '--config-file', cloud.parts.api.config),
        'controller_logs': [part.process.log for part in (
            cloud.parts.api, *cloud.parts.conductors)],
    }


def _compute(cloud, compute):
    def devcloud(verb, *words):
        return environment.command(
            'devcloud', verb, '--dir', cloud.layout.directory, *words)

    return {
        'ansible_become': False,
        'compute_terminate': devcloud('stop', '--no-wait', compute.name),
        'compute_start': devcloud('start', compute.name),
        'compute_state': devcloud('status'),
        'compute_ended': _ENDED % compute.name,
        'compute_state_path': cloud.layout.state_path(compute.name),
        'compute_logs': [compute.process.log],
        'compute_libvirt_uri': getattr(compute.hypervisor, 'uri', ''),
    }
