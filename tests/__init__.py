"""The tests, which run with native threads as the programs do."""

from nova_gs.cmd import common

common.init_backend()
