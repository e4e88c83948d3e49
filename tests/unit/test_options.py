"""Options explain themselves, and the sample file has every one of them."""

from oslo_config import cfg
import testtools

from nova_gs import conf as nova_conf

#: A help text shorter than this only says the option's name again.
SHORTEST_HELP = 40


def _explanation(opt):
    """Return the help of an option with that of its choices."""
    choices = getattr(opt.type, 'choices', None) or {}
    return '\n'.join([opt.help or ''] + [
        about for about in choices.values() if about])


class OptionsTestCase(testtools.TestCase):

    def setUp(self):
        super().setUp()
        self.listed = [(group, opt) for group, opts in nova_conf.list_opts()
                       for opt in opts]

    def complain(self, bad):
        if bad:
            self.fail('\n'.join(sorted(bad)))

    def names(self, test):
        """Return [group]option of the options that fail a test."""
        return ['[%s]%s: %r' % (group or 'DEFAULT', opt.dest, opt.help)
                for group, opt in self.listed if not test(opt)]

    def test_help_is_a_sentence(self):
        self.complain(self.names(
            lambda opt: opt.help and opt.help.endswith('.')))

    def test_help_begins_with_a_capital(self):
        self.complain(self.names(
            lambda opt: opt.help and not opt.help[0].islower()))

    def test_help_has_no_slip_in_its_pieces(self):
        # A piece of a split literal that lost its space, or got a second.
        self.complain(self.names(
            lambda opt: opt.help == ' '.join((opt.help or '').split())))

    def test_help_states_the_consequence(self):
        self.complain(self.names(
            lambda opt: len(_explanation(opt)) >= SHORTEST_HELP))

    def test_choices_are_explained_or_plain(self):
        # Either each choice has a text of its own, or none has.
        for group, opt in self.listed:
            choices = getattr(opt.type, 'choices', None) or {}
            self.assertIn(
                len([about for about in choices.values() if about]),
                (0, len(choices)), '[%s]%s' % (group, opt.dest))

    def test_list_has_every_registered_option_once(self):
        conf = cfg.ConfigOpts()
        its_own = set(conf)
        nova_conf.register_opts(conf)
        registered = set()
        for name in set(conf) - its_own:
            if isinstance(conf[name], cfg.ConfigOpts.GroupAttr):
                registered |= {(name, dest) for dest in conf[name]}
            else:
                registered.add((None, name))
        listed = [(str(group) if group else None, opt.dest)
                  for group, opt in self.listed]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertEqual(registered, set(listed))

    def test_registering_twice_does_no_harm(self):
        conf = cfg.ConfigOpts()
        nova_conf.register_opts(conf)
        nova_conf.register_opts(conf)

    def test_defaults_pass_their_own_bounds(self):
        conf = cfg.ConfigOpts()
        nova_conf.register_opts(conf)
        for group, opt in self.listed:
            if opt.default is not None:
                conf.set_default(opt.dest, opt.default, group)

    def test_defaults_make_sense_together(self):
        conf = cfg.ConfigOpts()
        nova_conf.register_opts(conf)
        self.assertGreaterEqual(
            conf.service_down_time, 3 * conf.report_interval)
        self.assertGreater(
            conf.graceful_shutdown_timeout,
            conf.shutdown.abort_reserve + conf.shutdown.release_reserve)
        self.assertGreater(
            conf.operations.host_lost_after, conf.service_down_time)
