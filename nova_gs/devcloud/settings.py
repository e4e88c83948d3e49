"""Options of a cloud's services: ``[NAME:]SECTION.OPTION=VALUE``."""

import dataclasses
import re

from nova_gs.devcloud import errors

_SETTING = re.compile(
    r'(?:(?P<name>[\w-]+):)?(?P<section>\w+)\.(?P<option>\w+)=(?P<value>.*)',
    re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Setting:
    """One option for all services (name None) or for one of them."""

    section: str
    option: str
    value: str
    name: str | None = None


def parse(text):
    """Return the Setting that a user wrote.

    :raises: DevcloudError
    """
    match = _SETTING.fullmatch(text)
    if match is None:
        raise errors.DevcloudError(
            '--set %s: write [HOST:]SECTION.OPTION=VALUE, for example '
            'libvirt.live_migration_bandwidth=16 or '
            'host-a:DEFAULT.graceful_shutdown_timeout=30.' % text)
    return Setting(match['section'], match['option'], match['value'],
                   match['name'])


def parse_all(texts, names):
    """Return the Settings of a list of strings, each for a known name.

    :param names: the services there are
    :raises: DevcloudError
    """
    parsed = [parse(text) for text in texts]
    for setting in parsed:
        if setting.name is not None and setting.name not in names:
            raise errors.DevcloudError(
                '--set %s:%s.%s: there is no %s. There are: %s.' % (
                    setting.name, setting.section, setting.option,
                    setting.name, ', '.join(names)))
    return parsed


def apply(sections, settings, name):
    """Put the settings that concern a service into its sections.

    :param sections: {section: {option: value}}, changed in place
    """
    for setting in settings:
        if setting.name in (None, name):
            sections.setdefault(setting.section, {})[setting.option] = (
                setting.value)


def render(sections):
    """Return the text of a configuration file."""
    lines = []
    for section, options in sections.items():
        lines.append('[%s]' % section)
        lines += ['%s = %s' % item for item in options.items()]
        lines.append('')
    return '\n'.join(lines)
