"""The catalogue agrees with itself and with everyone who reads it."""

import inspect

from nova_gs.compute import manager as compute_manager
from nova_gs.compute import rpcapi as compute_rpcapi
from nova_gs.conductor import manager as conductor_manager
from nova_gs.conductor import rpcapi as conductor_rpcapi
from nova_gs.objects import fields
from nova_gs.rpc import catalogue
from nova_gs.rpc import versions
from nova_gs.shutdown import policy
from tests.unit import base

MANAGERS = {
    catalogue.Topic.NEW_WORK: compute_manager.ComputeManager,
    catalogue.Topic.ONGOING: compute_manager.ComputeManager,
    catalogue.Topic.CONDUCTOR: conductor_manager.ConductorManager,
}
CLIENTS = {
    catalogue.Topic.NEW_WORK: compute_rpcapi.ComputeAPI,
    catalogue.Topic.ONGOING: compute_rpcapi.ComputeAPI,
    catalogue.Topic.CONDUCTOR: conductor_rpcapi.ConductorAPI,
}


def parameters(method):
    return tuple(inspect.signature(method).parameters)[1:]


def public(cls):
    return {name for name, value in vars(cls).items()
            if inspect.isfunction(value) and not name.startswith('_')}


class TestRows(base.TestCase):

    def test_calls_have_patience_and_casts_have_none(self):
        for row in catalogue.ROWS.values():
            waits = row.patience is not catalogue.Patience.NONE
            self.assertEqual(
                row.kind is catalogue.Kind.CALL, waits, row.name)

    def test_steps_are_named_by_their_record_alone(self):
        for row in catalogue.ROWS.values():
            if (row.kind is catalogue.Kind.CAST
                    and row.role is not catalogue.Role.READ):
                self.assertEqual(('operation_uuid',),
                                 row.arguments_at('6.5'), row.name)

    def test_what_begins_something_is_refused_by_a_draining_host(self):
        for row in catalogue.ROWS.values():
            if row.role is catalogue.Role.BEGINS:
                self.assertIs(policy.WhileDraining.NEVER,
                              row.while_draining, row.name)

    def test_what_carries_begun_work_on_is_let_in(self):
        for row in catalogue.ROWS.values():
            if row.topic is catalogue.Topic.ONGOING:
                # Of an operation there is one to be open.
                self.assertIs(policy.WhileDraining.ALWAYS
                              if row.role is catalogue.Role.READ
                              else policy.WhileDraining.OPEN_OPERATION,
                              row.while_draining, row.name)

    def test_what_a_quiesced_host_takes(self):
        for row in catalogue.ROWS.values():
            if row.while_draining is not policy.WhileDraining.NEVER:
                self.assertTrue(row.lets_go, row.name)
        self.assertEqual(
            {'delete_instance', 'stop_instance', 'pause_instance',
             'suspend_instance', 'get_console_output', 'get_vnc_console',
             'check_can_live_migrate_source', 'confirm_resize',
             'revert_resize'},
            {row.name for row in catalogue.ROWS.values() if row.lets_go
             and row.while_draining is policy.WhileDraining.NEVER})

    def test_each_row_came_with_a_version_of_the_history(self):
        history = [v for v, _ in catalogue.COMPUTE_HISTORY]
        self.assertEqual(history, sorted(history, key=catalogue.as_tuple))
        for row in catalogue.ROWS.values():
            if row.topic is not catalogue.Topic.CONDUCTOR:
                self.assertIn(row.since, history, row.name)

    def test_sentences(self):
        for row in catalogue.ROWS.values():
            self.assertTrue(row.sentence.endswith('.'), row.name)

    def test_reasons_fit_to_what_is_chosen(self):
        why = catalogue.Why
        for row in catalogue.ROWS.values():
            fits = {
                why.BEGINS: row.topic is catalogue.Topic.NEW_WORK
                and row.role is catalogue.Role.BEGINS,
                why.CHECK: row.topic is catalogue.Topic.NEW_WORK
                and row.kind is catalogue.Kind.CALL
                and row.while_draining is policy.WhileDraining.NEVER,
                why.AGREED: row.topic is catalogue.Topic.ONGOING
                and row.role is catalogue.Role.STEP,
                why.AGAIN: row.topic is catalogue.Topic.NEW_WORK
                and row.role is catalogue.Role.READ,
                why.GETS_THROUGH:
                row.while_draining is policy.WhileDraining.ALWAYS,
                **dict.fromkeys(
                    (why.WAITED_FOR, why.HANDED_OUT),
                    row.topic is catalogue.Topic.ONGOING
                    and row.role is catalogue.Role.READ
                    and row.while_draining is policy.WhileDraining.ALWAYS),
                why.RECORDS: row.topic is catalogue.Topic.CONDUCTOR,
            }
            self.assertTrue(fits[row.why], row.name)

    def test_every_operation_has_its_phases(self):
        self.assertEqual(set(fields.OperationKind.ALL),
                         set(catalogue.OPERATIONS))
        # A move is a resize to the same size.
        phases = [step for steps in set(catalogue.OPERATIONS.values())
                  for step in steps]
        self.assertEqual(sorted(set(phases)), sorted(phases))
        for row in catalogue.ROWS.values():
            if row.role is not catalogue.Role.READ:
                self.assertIn(row.name, phases)
        for kind, steps in catalogue.OPERATIONS.items():
            self.assertIs(catalogue.Role.BEGINS,
                          catalogue.ROWS[steps[0]].role, kind)

    def test_begun_work_and_what_must_get_through_are_served_twice(self):
        both = {row.name for row in catalogue.ROWS.values()
                if row.served_on(catalogue.Topic.NEW_WORK) and
                row.served_on(catalogue.Topic.ONGOING)}
        begun = {row.name for row in catalogue.ROWS.values()
                 if row.topic is catalogue.Topic.ONGOING}
        self.assertEqual(begun | {
            'live_migration_abort', 'live_migration_force_complete',
            'quiesce_host', 'resume_host', 'describe_drain'}, both)

    def test_a_host_with_one_server_can_be_sent_everything(self):
        for row in catalogue.ROWS.values():
            self.assertEqual(row.topic is not catalogue.Topic.CONDUCTOR,
                             row.served_on(catalogue.Topic.NEW_WORK),
                             row.name)

    def test_only_conductors_serve_what_is_theirs(self):
        for row in catalogue.ROWS.values():
            self.assertEqual(row.topic is catalogue.Topic.CONDUCTOR,
                             row.served_on(catalogue.Topic.CONDUCTOR),
                             row.name)

    def test_arguments_have_a_birthday(self):
        row = catalogue.Row(
            'x', catalogue.Topic.NEW_WORK, catalogue.Kind.CALL,
            catalogue.Patience.SHORT, catalogue.Role.READ,
            policy.WhileDraining.NEVER, False, policy.OnShutdown.DROP, '6.0',
            'old new@6.5', 'Test.', catalogue.Why.AGAIN)
        self.assertEqual(('old',), row.arguments_at('6.4'))
        self.assertEqual(('old', 'new'), row.arguments_at('6.5'))


class TestReaders(base.TestCase):
    """Managers and clients have exactly the methods of the rows."""

    def test_clients_send_what_the_rows_say(self):
        for row in catalogue.ROWS.values():
            method = getattr(CLIENTS[row.topic], row.name)
            known = row.arguments_at(catalogue.version_of(row.topic))
            sent = parameters(method)
            self.assertEqual('ctxt', sent[0], row.name)
            to_host = row.topic is not catalogue.Topic.CONDUCTOR
            self.assertEqual(known, sent[1 + to_host:], row.name)

    def test_managers_take_what_the_rows_say(self):
        for row in catalogue.ROWS.values():
            taken = parameters(getattr(MANAGERS[row.topic], row.name))
            known = row.arguments_at(catalogue.version_of(row.topic))
            if (row.kind is catalogue.Kind.CAST
                    and row.role is not catalogue.Role.READ):
                self.assertEqual(('ctxt', 'operation'), taken[:2], row.name)
            else:
                self.assertEqual(('ctxt',) + known, taken, row.name)

    def test_nothing_without_a_row(self):
        for classes in (MANAGERS, CLIENTS):
            for topic, cls in classes.items():
                extra = public(cls) - set(catalogue.ROWS) - {
                    'prepare_for_alt_rpcserver', 'require_known'}
                self.assertEqual(set(), extra, cls.__name__)


class TestVersions(base.TestCase):

    def test_history_ends_with_what_is_spoken(self):
        self.assertEqual(catalogue.COMPUTE_VERSION,
                         versions.SERVICE_HISTORY[-1][1])

    def test_rpc_version(self):
        for service, spoken in ((0, '6.10'), (1, '6.0'), (2, '6.4'),
                                (3, '6.5'), (4, '6.6'), (5, '6.7'),
                                (6, '6.8'), (7, '6.9'),
                                (8, '6.10'), (99, '6.10')):
            self.assertEqual(spoken, versions.rpc_version_of(service))

    def test_pin(self):
        for pin, keeps_off in (('auto', False), ('6.0', True), ('6.4', True),
                               ('6.5', False), ('6.10', False),
                               ('7.0', False)):
            self.assertIs(keeps_off, versions.is_pinned_before_alt(pin), pin)

    def test_alt_server(self):
        for service, has in ((0, False), (1, False), (2, False), (3, True),
                             (99, True)):
            self.assertIs(has, versions.has_alt_server(service))


class TestMayBegin(base.TestCase):

    def test_by_what_keeps_the_host(self):
        for step, stopping, quiesced in (
                ('reboot_instance', False, False),
                ('delete_instance', False, True),
                ('post_live_migration_at_destination', True, True)):
            self.assertIs(stopping, catalogue.may_begin(step, False), step)
            self.assertIs(quiesced, catalogue.may_begin(step, True), step)


class TestHolding(base.TestCase):

    def test_what_has_not_begun_does_not_hold_a_host(self):
        self.assertFalse(catalogue.holds_host('reboot_instance', False))

    def test_what_is_claimed_does(self):
        self.assertTrue(catalogue.holds_host('reboot_instance', True))

    def test_offered_steps_of_begun_work_do(self):
        self.assertTrue(catalogue.holds_host(
            'post_live_migration_at_destination', False))
