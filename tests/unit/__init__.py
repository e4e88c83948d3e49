"""Unit tests: they mirror nova_gs/ and need no network."""

from oslo_service import backend

# oslo.messaging, which the objects bring in, chooses eventlet for the whole
# process unless somebody chose before.
backend.init_backend(backend.BackendType.THREADING)
