"""Figures that scenarios measure, for "make verify" to print.

``NOVA_GS_FULL=1`` asks for full counts; ``NOVA_GS_FIGURES`` names the file
that takes one JSON object a line.
"""

import json
import os


def is_full():
    """Return whether scenarios shall run at their full counts."""
    return os.environ.get('NOVA_GS_FULL') == '1'


def record(scenario, **values):
    """Write down what a scenario has measured, if anybody wants it.

    :param values: figure by name; units belong into the names
    """
    path = os.environ.get('NOVA_GS_FIGURES')
    if not path:
        return
    with open(path, 'a', encoding='utf-8') as figures:
        figures.write(json.dumps(dict(values, scenario=scenario)) + '\n')


def load(path):
    """Return all that was recorded, in order; [] without a file."""
    try:
        with open(path, encoding='utf-8') as figures:
            return [json.loads(line) for line in figures]
    except FileNotFoundError:
        return []


def percentile(values, percent):
    """Return the nearest-rank percentile of some numbers.

    :param percent: 0 to 100
    :raises: ValueError when there are none
    """
    if not values:
        raise ValueError('There are no values.')
    rank = max(1, -(-len(values) * percent // 100))
    return sorted(values)[int(rank) - 1]
