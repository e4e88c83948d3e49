"""The local flake8 checks find what they are for and leave the rest alone."""

import ast
import pathlib
import re

import testtools

from nova_gs.hacking import checks

ROOT = pathlib.Path(__file__).resolve().parents[3]

#: code, file, a line that breaks the rule
BROKEN = (
    ('N301', 'nova_gs/service.py', 'time.sleep(1)'),
    ('N301', './tests/functional/test_stop.py', 'time.sleep(0)'),
    ('N302', 'nova_gs/service.py', 'deadline = time.monotonic() + 3'),
    ('N302', 'nova_gs/service.py', 'Retry(clock=time.time)'),
    ('N302', 'nova_gs/db/store.py', 'now = timeutils.utcnow()'),
    ('N303', 'nova_gs/service.py', 'cfg.CONF.host'),
    ('N303', '/nova_gs/tests/x/nova_gs/api/app.py', 'CONF = None'),
    ('N303', 'tests/unit/test_service.py', 'CONF.host'),
    ('N304', 'nova_gs/service.py', 'topic = "compute-alt"'),
    ('N304', 'nova_gs/service.py', 'queue = "compute-alt.%s" % host'),
    ('N305', 'nova_gs/service.py', 'def stop(hosts=[]): pass'),
    ('N305', 'tests/fixtures/cloud.py', 'def up(*, options=dict()): pass'),
    ('N306', 'nova_gs/virt/driver.py', 'OPT = cfg.StrOpt("driver")'),
)

#: file, a line that only looks like it
SOUND = (
    ('nova_gs/service.py', 'stopped.wait(timeout=1)'),
    ('nova_gs/service.py', 'Sleeper().sleep(1)'),
    ('nova_gs/clock.py', 'time.monotonic()'),
    ('nova_gs/service.py', 'clock.now() + clock.utcnow()'),
    ('tests/functional/test_stop.py', 'begun = time.monotonic()'),
    ('nova_gs/cmd/compute.py', 'conf = cfg.CONF'),
    ('tests/fixtures/rpc.py', 'cfg.CONF.reset()'),
    ('nova_gs/service.py', 'conf.host'),
    ('nova_gs/rpc/catalogue.py', 'ONGOING = "compute-alt"'),
    ('nova_gs/conf/compute.py', 'cfg.IntOpt("a", help="compute-alts")'),
    ('nova_gs/service.py', 'text = "the second server, compute-alt"'),
    ('tests/functional/test_stop.py', 'queue = "compute-alt.host1"'),
    ('nova_gs/service.py', 'def stop(hosts=(), why=None): pass'),
    ('nova_gs/cmd/manage.py', 'cfg.SubCommandOpt("category")'),
)


class ChecksTestCase(testtools.TestCase):

    def codes(self, filename, source):
        checker = checks.Checker(ast.parse(source), filename)
        return [message[:4] for _, _, message, _ in checker.run()]

    def test_broken(self):
        for code, filename, source in BROKEN:
            self.assertEqual(
                [code], self.codes(filename, source), (filename, source))

    def test_sound(self):
        for filename, source in SOUND:
            self.assertEqual(
                [], self.codes(filename, source), (filename, source))

    def test_place_of_a_finding(self):
        checker = checks.Checker(
            ast.parse('if stop:\n    time.sleep(1)\n'), 'nova_gs/service.py')
        (line, column, message, kind), = checker.run()
        self.assertEqual((2, 4), (line, column))
        self.assertIn('event', message)
        self.assertIs(checks.Checker, kind)

    def test_each_check_is_tried_and_listed(self):
        codes = {check.__doc__[:4] for check in checks.CHECKS}
        self.assertEqual(codes, {row[0] for row in BROKEN})
        listed = re.findall(r'^\* ``(N3\d\d)``',
                            (ROOT / 'HACKING.rst').read_text(), re.M)
        self.assertEqual(sorted(codes), listed)

    def test_flake8_knows_the_checker(self):
        text = (ROOT / 'tox.ini').read_text()
        self.assertIn('N3 = checks:%s\n' % checks.Checker.__name__, text)
        self.assertIn('paths = ./nova_gs/hacking\n', text)
