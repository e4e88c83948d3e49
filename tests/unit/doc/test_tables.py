import testtools

from nova_gs.rpc import catalogue
from tests.fixtures import docs  # noqa: F401

import tables  # noqa: I100


class AfterAKillTestCase(testtools.TestCase):

    def test_every_message_has_an_answer(self):
        for row in catalogue.ROWS.values():
            self.assertRegex(tables.after_a_kill(row), r'\w.*\.$', row.name)

    def test_by_what_is_found(self):
        said = tables.after_a_kill(catalogue.ROWS['reboot_instance'])
        self.assertIn('finish: the guest is here and switched off', said)
        self.assertIn('fail: the guest runs here', said)

    def test_whatever_is_found(self):
        self.assertEqual(
            'finish, wherever the guest is.',
            tables.after_a_kill(catalogue.ROWS['delete_instance']))
