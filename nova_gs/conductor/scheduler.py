"""Which host a guest goes to: pure functions over what is recorded."""

import dataclasses

from nova_gs import exception


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A host that might take a guest; sizes in MiB and GiB.

    ``refusal`` is empty for a host that takes work, otherwise what its
    service record says against it.
    """

    host: str
    node: str
    free_memory_mb: float
    free_vcpus: float
    free_disk_gb: float
    running_vms: int
    refusal: str = ''


def candidate_from(node, refusal=''):
    """Return what a ComputeNode's record says as a Candidate."""
    usable = ((node.memory_mb - node.reserved_memory_mb) *
              node.ram_allocation_ratio)
    return Candidate(
        host=node.host, node=node.hypervisor_hostname, refusal=refusal,
        free_memory_mb=usable - node.memory_mb_used,
        free_vcpus=node.vcpus * node.cpu_allocation_ratio - node.vcpus_used,
        free_disk_gb=node.local_gb - node.local_gb_used,
        running_vms=node.running_vms)


def objection(candidate, instance, wanted=None, unwanted=()):
    """Return why a host cannot take an instance, or an empty string.

    :param wanted: the only host that will do, or None
    :param unwanted: hosts that will not do
    """
    if wanted is not None and candidate.host != wanted:
        return 'it is not the host that was asked for'
    if candidate.host in unwanted:
        return 'it was ruled out'
    if candidate.refusal:
        return candidate.refusal
    if candidate.free_memory_mb < instance.memory_mb:
        return 'it has %d MiB of memory left, %d are needed' % (
            candidate.free_memory_mb, instance.memory_mb)
    if candidate.free_vcpus < instance.vcpus:
        return 'it has %d CPUs left, %d are needed' % (
            candidate.free_vcpus, instance.vcpus)
    if candidate.free_disk_gb < instance.root_gb:
        return 'it has %d GiB of disk left, %d are needed' % (
            candidate.free_disk_gb, instance.root_gb)
    return ''


def choose(candidates, instance, wanted=None, unwanted=()):
    """Return the candidates that can take an instance, best first.

    The host with the most free memory is best, among equals the one with
    the fewest guests.

    :raises: NoValidHost, with each host's objection
    """
    objections = {c.host: objection(c, instance, wanted, unwanted)
                  for c in candidates}
    fit = [c for c in candidates if not objections[c.host]]
    if not fit:
        shown = {host: why for host, why in objections.items()
                 if wanted is None or host == wanted}
        raise exception.NoValidHost(reason=tell(shown) or (
            'There is no compute host%s.' % (
                ' named %s' % wanted if wanted else '')))
    return sorted(fit, key=lambda c: (-c.free_memory_mb, c.running_vms,
                                      c.host))


def tell(objections):
    """Return a sentence for people; '' when there are none.

    :param objections: {host: why it will not do}
    """
    return '; '.join('Host %s: %s' % (host, why.rstrip('.'))
                     for host, why in sorted(objections.items())) + (
                         '.' if objections else '')
