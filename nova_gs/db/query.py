"""Small things that every noun's queries need."""

import sqlalchemy as sa

from nova_gs import exception


def first(connection, statement):
    """Return the first row as a dict, or None."""
    row = connection.execute(statement).first()
    return None if row is None else dict(row._mapping)


def rows(connection, statement):
    """Return all rows as dicts."""
    return [dict(row._mapping) for row in connection.execute(statement)]


def insert(connection, table, values):
    """Insert one row; returns its primary key."""
    result = connection.execute(sa.insert(table).values(**values))
    return result.inserted_primary_key[0]


def is_in(column, value):
    """Return the clause for a value, or for any of a list; None is NULL."""
    if not isinstance(value, (list, tuple, set, frozenset)):
        return column == value
    known = [item for item in value if item is not None]
    clause = column.in_(known)
    if len(known) < len(value):
        clause = sa.or_(clause, column.is_(None))
    return clause


def narrow(statement, what, rules, filters):
    """Return the statement with a clause for each filter.

    :param what: plural noun for the error, e.g. ``'instances'``
    :param rules: functions from a value to a clause, by filter name
    :param filters: values by filter name; dashes count as underscores
    :raises: Invalid for a name without a rule
    """
    for name, value in (filters or {}).items():
        rule = rules.get(name.replace('-', '_'))
        if rule is None:
            raise exception.Invalid(
                reason='%s cannot be filtered by %s.' % (
                    what.capitalize(), name))
        statement = statement.where(rule(value))
    return statement


def page(statement, table, last=None, limit=None, key='id',
         descending=True):
    """Return the statement in order, from after a row on.

    Rows without a value come as if it were the smallest, on any database.

    :param last: row (a dict) that the page before ended with, or None
    :param limit: most rows, or None
    :param key: name of the column to sort by; ties go by id
    """
    column = table.c[key]
    known = sa.case((column.is_(None), 0), else_=1)
    order = [known, column] if column.nullable else [column]
    order.append(table.c.id)
    if last is not None:
        statement = statement.where(
            _beyond(column, table.c.id, last[key], last['id'], descending))
    statement = statement.order_by(
        *[term.desc() if descending else term.asc() for term in order])
    return statement if limit is None else statement.limit(limit)


def _beyond(column, tie, value, tie_value, descending):
    """Return the clause for rows that come after one."""
    further = tie < tie_value if descending else tie > tie_value
    if value is None:
        among_equals = sa.and_(column.is_(None), further)
        if descending:
            return among_equals
        return sa.or_(among_equals, column.is_not(None))
    beyond = column < value if descending else column > value
    clause = sa.or_(beyond, sa.and_(column == value, further))
    if descending and column.nullable:
        return sa.or_(clause, column.is_(None))
    return clause


def marked(connection, table, marker, what):
    """Return the row that a page marker (a uuid) names, None for None.

    :param what: noun for the error, e.g. ``'instance'``
    :raises: Invalid when there is none
    """
    if marker is None:
        return None
    row = first(connection, sa.select(table).where(table.c.uuid == marker))
    if row is None:
        raise exception.Invalid(
            reason='Marker %s names no %s. Use the id of the last item of '
                   'the page before.' % (marker, what))
    return row
