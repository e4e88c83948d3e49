"""``python -m nova_gs.cmd.manage``."""

import sys

from nova_gs.cmd import manage

sys.exit(manage.main())
