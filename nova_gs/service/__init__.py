"""One daemon each: servers, manager and the coordinator of their stop."""
