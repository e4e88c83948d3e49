"""Sphinx directives for what others watch a service by.

``.. metrics-table::``
    every figure for Prometheus
``.. payload-table:: ServiceDrainPayload``
    the fields of a notification's payload
"""

import tables

from nova_gs.metrics import families
from nova_gs.notifications import payloads


class MetricsTable(tables.TableDirective):
    """The figures, with their labels."""

    header = ('Name', 'Kind', 'Labels', 'What it says')

    def rows(self):
        return [['``%s``' % family.full_name, family.kind,
                 ', '.join('``%s``' % label
                           for label in family.labels.split()) or '(none)',
                 family.sentence] for family in families.ALL]


class PayloadTable(tables.TableDirective):
    """The fields of one payload."""

    required_arguments = 1
    header = ('Field', 'Type', 'What it says')

    def rows(self):
        payload, = (each for each in payloads.ALL
                    if each.obj_name() == self.arguments[0])
        return [['``%s``' % name, _type_of(field), payload.SENTENCES[name]]
                for name, field in payload.fields.items()]


def _type_of(field):
    """Return what JSON makes of a field."""
    name = type(field).__name__
    if name == 'ListOfObjectsField':
        return 'list of %s' % field.objname
    return {'StringField': 'string', 'IntegerField': 'integer',
            'DateTimeField': 'ISO 8601 time',
            'ListOfStringsField': 'list of strings'}[name]


def setup(app):
    app.add_directive('metrics-table', MetricsTable)
    app.add_directive('payload-table', PayloadTable)
    return {'parallel_read_safe': True}
