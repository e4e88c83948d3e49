"""Holds a body against its schema and says what is wrong in one sentence."""

import base64
import binascii
import json
import uuid

import jsonschema

from nova_gs import exception

_FORMATS = jsonschema.FormatChecker(formats=())
_VALIDATORS = {}


@_FORMATS.checks('uuid')
def _is_uuid(value):
    try:
        return not isinstance(value, str) or bool(uuid.UUID(value))
    except ValueError:
        return False


@_FORMATS.checks('base64')
def _is_base64(value):
    try:
        return not isinstance(value, str) or (
            base64.b64decode(value, validate=True) is not None)
    except (binascii.Error, ValueError):
        return False


@_FORMATS.checks('printable')
def _is_printable(value):
    # Line breaks and tabs are fine in a description.
    return not isinstance(value, str) or all(
        letter.isprintable() or letter in '\n\r\t' for letter in value)


@_FORMATS.checks('name')
def _is_name(value):
    return not isinstance(value, str) or (
        value.isprintable() and value == value.strip() and value != '')


def pick(schemas, minor):
    """Return the newest schema of a tuple that a version may know, or None.

    :param schemas: ((minor, schema), ...), oldest first
    """
    fitting = [schema for since, schema in schemas if since <= minor]
    return fitting[-1] if fitting else None


def check(body, schema):
    """Do nothing if a body fits, else raise Invalid with the reason."""
    key = id(schema)
    if key not in _VALIDATORS:
        # The schema is kept with its validator: an id is only good for as
        # long as its object lives.
        _VALIDATORS[key] = schema, jsonschema.Draft202012Validator(
            schema, format_checker=_FORMATS)
    error = jsonschema.exceptions.best_match(
        _VALIDATORS[key][1].iter_errors(body))
    if error is not None:
        raise exception.Invalid(reason=_sentence(error))


def _sentence(error):
    if not error.path:
        return 'Invalid input: %s' % _shorten(error.message)
    return 'Invalid input for field/attribute %s. Value: %s. %s' % (
        error.path[-1], _shorten(json.dumps(error.instance)),
        _shorten(error.message))


def _shorten(text, most=400):
    return text if len(text) <= most else text[:most] + '...'
