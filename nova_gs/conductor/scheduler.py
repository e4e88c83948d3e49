"""Which host a guest goes to: pure functions over what is recorded."""

import dataclasses

from nova_gs import exception
from nova_gs.objects import fields


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A host that might take a guest; sizes in MiB and GiB.

    ``refusal`` is empty for a host that takes work, otherwise what its
    service record says against it.  ``zone`` is its availability zone.
    """

    host: str
    node: str
    free_memory_mb: float
    free_vcpus: float
    free_disk_gb: float
    running_vms: int
    refusal: str = ''
    zone: str = fields.DEFAULT_ZONE


def candidate_from(node, refusal='', zone=None):
    """Return what a ComputeNode's record says as a Candidate."""
    usable = ((node.memory_mb - node.reserved_memory_mb) *
              node.ram_allocation_ratio)
    return Candidate(
        host=node.host, node=node.hypervisor_hostname, refusal=refusal,
        zone=zone or fields.DEFAULT_ZONE,
        free_memory_mb=usable - node.memory_mb_used,
        free_vcpus=node.vcpus * node.cpu_allocation_ratio - node.vcpus_used,
        free_disk_gb=(node.local_gb * node.disk_allocation_ratio
                      - node.local_gb_used),
        running_vms=node.running_vms)


def objection(candidate, size, wanted=None, unwanted=None, zone=None):
    """Return why a host cannot take a guest, or an empty string.

    :param size: what has ``memory_mb``, ``vcpus`` and ``disk_gb``: an
        instance or a flavor
    :param wanted: the only host that will do, or None
    :param unwanted: {host that will not do: why}
    :param zone: the only availability zone that will do, or None
    """
    if wanted is not None and candidate.host != wanted:
        return 'it is not the host that was asked for'
    if candidate.host in (unwanted or {}):
        return unwanted[candidate.host]
    if candidate.refusal:
        return candidate.refusal
    if zone not in (None, candidate.zone):
        return 'it is in the availability zone %s, %s is needed' % (
            candidate.zone, zone)
    return _shortage(candidate, size)


def _shortage(candidate, size):
    if candidate.free_memory_mb < size.memory_mb:
        return 'it has %d MiB of memory left, %d are needed' % (
            candidate.free_memory_mb, size.memory_mb)
    if candidate.free_vcpus < size.vcpus:
        return 'it has %d CPUs left, %d are needed' % (
            candidate.free_vcpus, size.vcpus)
    if candidate.free_disk_gb < size.disk_gb:
        return 'it has %d GiB of disk left, %d are needed' % (
            candidate.free_disk_gb, size.disk_gb)
    return ''


def less(candidate, instance):
    """Return a candidate as it is once it has an instance more."""
    return dataclasses.replace(
        candidate, running_vms=candidate.running_vms + 1,
        free_memory_mb=candidate.free_memory_mb - instance.memory_mb,
        free_vcpus=candidate.free_vcpus - instance.vcpus,
        free_disk_gb=candidate.free_disk_gb - instance.disk_gb)


def choose(candidates, size, wanted=None, unwanted=None, last=(), zone=None):
    """Return the candidates that can take a guest, best first.

    The host with the most free memory is best, among equals the one with
    the fewest guests.

    :param last: hosts that all others are better than; for the other
        arguments see ``objection``
    :raises: NoValidHost, with each host's objection
    """
    objections = {c.host: objection(c, size, wanted, unwanted, zone)
                  for c in candidates}
    fit = [c for c in candidates if not objections[c.host]]
    if not fit:
        shown = {host: why for host, why in objections.items()
                 if wanted is None or host == wanted}
        raise exception.NoValidHost(reason=tell(shown) or (
            'There is no compute host%s.' % (
                ' named %s' % wanted if wanted else '')))
    return sorted(fit, key=lambda c: (
        c.host in last, -c.free_memory_mb, c.running_vms, c.host))


def tell(objections):
    """Return a sentence for people; '' when there are none.

    :param objections: {host: why it will not do}
    """
    return '; '.join('Host %s: %s' % (host, why.rstrip('.'))
                     for host, why in sorted(objections.items())) + (
                         '.' if objections else '')
