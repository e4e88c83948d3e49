"""Reading a guest's console."""


def output(host, instance, tail_length):
    """Return the end of a guest's console log as text.

    :param tail_length: number of lines, or None for everything
    """
    text = host.driver.console_output(instance).decode('utf-8', 'replace')
    if tail_length is None or int(tail_length) < 0:
        return text
    lines = text.splitlines(keepends=True)
    return ''.join(lines[len(lines) - min(int(tail_length), len(lines)):])
