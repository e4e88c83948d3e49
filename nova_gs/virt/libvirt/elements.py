"""Elements of a definition, with text that XML can carry."""

import re
from xml.etree import ElementTree

# Characters that XML cannot carry in any form.
_UNPRINTABLE = re.compile('[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-'
                          '\U0010ffff]')


def add(parent, tag, text=None, **attributes):
    """Add an element to another one and return it.

    :param text: what stands in it, or None
    """
    element = ElementTree.SubElement(parent, tag, {
        name: _clean(value) for name, value in attributes.items()})
    if text is not None:
        element.text = _clean(text)
    return element


def _clean(value):
    return _UNPRINTABLE.sub('\ufffd', str(value))
