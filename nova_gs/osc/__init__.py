"""Commands for the ``openstack`` client, which finds them by itself."""
