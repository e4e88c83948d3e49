"""A simulated hypervisor: a process per host, and the driver that uses it.

The process (``hypervisor``) keeps a durable world of guests and a journal of
every call that began and ended.  Like a real hypervisor it carries calls and
migrations on when its client dies, so that killing a nova-compute proves
something, and what was done twice stands in the journal twice.
"""
