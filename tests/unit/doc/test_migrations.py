import testtools

from nova_gs.compute.live_migration import deadline
from nova_gs.conf import shutdown
from tests.fixtures import docs  # noqa: F401

import migrations  # noqa: I100


class MigrationsTestCase(testtools.TestCase):

    def test_every_policy_and_stage_is_shown(self):
        option, = (opt for opt in shutdown.OPTS
                   if opt.name == 'live_migration_at_deadline')
        self.assertEqual(set(option.type.choices), set(migrations.POLICIES))
        self.assertEqual(
            set(deadline.Stage),
            {stage for _, stage, _, _ in migrations.SITUATIONS})

    def test_every_verdict_has_words(self):
        self.assertEqual(set(deadline.Verdict), set(migrations._WORDS))
