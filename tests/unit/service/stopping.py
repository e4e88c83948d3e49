"""How a service is stopped in a test."""

import threading

from nova_gs.shutdown import phases

#: Seconds for one thing, on a machine that does much else.
WITHIN = 60


class Stopping:
    """Put before a test case that has a ``service``."""

    def stop(self, *events):
        """Begin a stop; returns a function that waits for its exit code.

        :param events: what its coordinator hears; SIGTERM if nothing
        """
        for event in events or (phases.Event.TERM,):
            self.service.coordinator.post(event)
        codes = []
        running = threading.Thread(target=lambda: codes.append(
            self.service.coordinator.run()), daemon=True)
        running.start()

        def end():
            running.join(WITHIN)
            return codes[0]

        return end
