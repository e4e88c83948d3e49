"""What is said, by what is on record."""

import importlib.resources

from nova_gs.consoles import outlook
from nova_gs import objects
from nova_gs.objects import fields
from tests.unit import base

SAID = [one for one in vars(outlook).values()
        if isinstance(one, outlook.Outlook)]


class TestOutlook(base.TestCase):

    def setUp(self):
        super().setUp()
        objects.register_all()

    def instance(self, vm_state='active', task_state=None, host='host1'):
        return objects.Instance(
            vm_state=vm_state, task_state=task_state, host=host)

    def test_table(self):
        for instance, phase, during, at_its_end in (
                (self.instance(), 'serving', outlook.HERE, outlook.LOST),
                (self.instance(), None, outlook.HERE, outlook.LOST),
                (self.instance('paused'), 'serving', outlook.HERE,
                 outlook.LOST),
                (self.instance(), 'draining', outlook.DRAINING,
                 outlook.DRAINING),
                (self.instance(), 'quiesced', outlook.DRAINING,
                 outlook.DRAINING),
                (self.instance(), 'stopped', outlook.AWAY, outlook.AWAY),
                (self.instance(task_state='migrating'), 'draining',
                 outlook.MOVING, outlook.LEAVING),
                (self.instance('stopped'), 'serving', outlook.OFF,
                 outlook.OFF),
                (self.instance('deleted', 'migrating'), 'draining',
                 outlook.DELETED, outlook.DELETED)):
            self.assertEqual((during, at_its_end), (
                outlook.of(instance, phase),
                outlook.of_end('host1', instance, phase)))
            self.assertEqual(
                at_its_end, outlook.of_end(None, instance, phase))

    def test_moved(self):
        self.assertEqual(outlook.MOVED, outlook.of_end(
            'host1', self.instance(host='host2'),
            fields.ServicePhase.SERVING))

    def test_each_fits_into_the_end_of_a_websocket(self):
        for one in SAID:
            self.assertLessEqual(len(one.text.encode()), 120, one)

    def test_who_is_to_come_back(self):
        self.assertEqual(
            {'deleted', 'expired', 'no-console', 'taken'},
            {one.kind for one in SAID if one.code is outlook.Close.OVER})

    def test_the_page_knows_how_it_ends(self):
        self.assertIn('const OVER = %d;' % outlook.Close.OVER, page())


def page():
    """Return the text of the page's script."""
    return (importlib.resources.files('nova_gs.consoles')
            / 'static' / 'console.js').read_text()
