"""Several things at a time; the first failure calls the others off."""

import threading

from nova_gs.devcloud import waiting


def run(tasks, cancelled):
    """Call functions in threads and wait until all have ended.

    Also when the wait is interrupted (Ctrl-C) the others are called off and
    awaited, so that nothing is started after this has returned.

    :param tasks: functions without arguments
    :param cancelled: threading.Event that they give to ``waiting.until``
    :raises: the first failure
    """
    group = _Group(cancelled)
    threads = [
        threading.Thread(target=group.call, args=(task,), daemon=True)
        for task in tasks]
    for thread in threads:
        thread.start()
    try:
        _join(threads)
    except BaseException:
        cancelled.set()
        _join(threads)
        raise
    for error in group.failures + group.called_off:
        raise error


def _join(threads):
    for thread in threads:
        thread.join()


class _Group:
    """What became of tasks that run together."""

    def __init__(self, cancelled):
        self.failures = []
        self.called_off = []
        self._cancelled = cancelled

    def call(self, task):
        try:
            task()
        except waiting.Cancelled as error:
            self.called_off.append(error)
        except BaseException as error:
            self.failures.append(error)
            self._cancelled.set()
