"""Which versions of the Compute API this service speaks, and what each did.

``HISTORY`` names every version that changes something this API serves; the
versions between them change only what it does not serve.  Code asks for
``minor`` (47 for 2.47) at the place that differs; nothing else decides.
"""

import microversion_parse

from nova_gs import exception

SERVICE_TYPE = 'compute'
HEADER = 'OpenStack-API-Version'
LEGACY_HEADER = 'X-OpenStack-Nova-API-Version'

HISTORY = (
    (1, 'The Compute API v2.1 as such.'),
    (3, 'A server shows reservation_id, launch_index, hostname and the like.'),
    (6, 'servers/ID/remote-consoles in place of os-getVNCConsole and '
        'os-getSerialConsole.'),
    (9, 'A server shows whether it is locked.'),
    (11, 'A service shows forced_down; os-services/force-down sets it.'),
    (16, 'A server shows host_status.'),
    (19, 'A server has a description.'),
    (21, 'Actions and migrations of deleted servers stay readable.'),
    (22, 'A live migration can be made to complete (force_complete).'),
    (23, 'servers/ID/migrations; os-migrations shows type and links.'),
    (24, 'A live migration can be aborted.'),
    (25, 'os-migrateLive takes block_migration "auto", no disk_over_commit.'),
    (26, 'A server shows its tags; lists filter by them.'),
    (27, 'The header OpenStack-API-Version.'),
    (28, 'cpu_info of a hypervisor is an object.'),
    (30, 'os-migrateLive takes force.'),
    (33, 'Lists of hypervisors have pages.'),
    (34, 'os-migrateLive answers before the hosts have been asked. (Here it '
         'does so in every version.)'),
    (37, 'networks of a new server is required: "none", "auto" or a list.'),
    (38, 'An unknown status in a list of servers is refused.'),
    (42, 'Networks and disks of a new server take a tag.'),
    (46, 'x-openstack-request-id. (Here it is sent in every version.)'),
    (47, 'A server shows its flavor as it was, not a link to it.'),
    (51, 'Events of an action are shown to everyone, tracebacks to admins. '
         'External events: volume-extended.'),
    (52, 'A new server takes tags.'),
    (53, 'Services and hypervisors are named by UUID.'),
    (55, 'Flavors have a description.'),
    (56, 'migrate takes a host.'),
    (57, 'A new server takes no personality.'),
    (58, 'Lists of actions have pages; an action shows updated_at.'),
    (59, 'Lists of migrations have pages; a migration shows its uuid.'),
    (61, 'A flavor shows its extra_specs.'),
    (62, 'Events of an action show their host.'),
    (63, 'A server shows trusted_image_certificates.'),
    (65, 'A queued or preparing live migration can be aborted too.'),
    (66, 'Lists of servers, actions, migrations filter by changes-before.'),
    (67, 'Disks of a new server take a volume_type.'),
    (68, 'os-migrateLive takes no force.'),
    (70, 'An interface of a server shows its tag.'),
    (71, 'A server shows its server_groups.'),
    (73, 'A server shows locked_reason; lists filter by locked.'),
    (74, 'A new server takes host and hypervisor_hostname.'),
    (75, 'Unknown query parameters are refused; swap of a flavor is a '
         'number; PUT servers/ID answers with the whole server.'),
    (76, 'External events: power-update.'),
    (80, 'Migrations show and filter by user_id and project_id.'),
    (82, 'External events: accelerator-request-bound.'),
    (83, 'Lists of servers take more filters from everyone.'),
    (84, 'Events of an action show details.'),
    (88, 'A hypervisor shows uptime, and no more its usage and cpu_info.'),
    (90, 'A new server takes a hostname; a server shows it to everyone.'),
    (93, 'External events: volume-reimaged.'),
    (94, 'The hostname of a new server may be a full domain name.'),
    (96, 'A server shows pinned_availability_zone.'),
)

MAJOR = 2
MIN_MINOR = HISTORY[0][0]
MAX_MINOR = HISTORY[-1][0]


def text(minor):
    """Return a minor version as clients write it, e.g. ``'2.96'``."""
    return '%d.%d' % (MAJOR, minor)


def from_headers(headers):
    """Return the minor version that a request asks for.

    :param headers: dict of the request's headers
    :returns: int; the lowest when the request asks for none
    :raises: Invalid (400) for nonsense, InvalidMicroversion (406) for a
        version out of range
    """
    asked = microversion_parse.get_version(
        headers, service_type=SERVICE_TYPE, legacy_headers=[LEGACY_HEADER])
    if asked is None:
        return MIN_MINOR
    if asked == 'latest':
        return MAX_MINOR
    try:
        version = microversion_parse.parse_version_string(asked)
    except (TypeError, ValueError):
        raise exception.Invalid(
            reason='API Version String %s is of invalid format. Must be of '
                   'format MajorNum.MinorNum.' % asked)
    if version.major != MAJOR or not (
            MIN_MINOR <= version.minor <= MAX_MINOR):
        raise exception.InvalidMicroversion(
            version=asked, minimum=text(MIN_MINOR), maximum=text(MAX_MINOR))
    return version.minor


def response_headers(minor):
    """Return {name: value} that says which version was spoken."""
    return {
        HEADER: '%s %s' % (SERVICE_TYPE, text(minor)),
        LEGACY_HEADER: text(minor),
        'Vary': '%s, %s' % (HEADER, LEGACY_HEADER),
    }
