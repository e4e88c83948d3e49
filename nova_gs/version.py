"""Which release this is, as pbr knows it from the package's metadata."""

import importlib.metadata

PACKAGE = 'nova_gs'


def version_string():
    """Return the installed version, e.g. ``'0.1.0'``."""
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return '0.0.0'
