"""Read what a guest wrote on its console."""

from nova_gs.api.handlers import common
from nova_gs.policies import servers as rules


def output(call, server_id):
    """``os-getConsoleOutput``: the last lines, or all of them."""
    instance = common.load_instance(call, server_id, rules.CONSOLE_OUTPUT)
    common.require_host(call, instance, letting_go=True)
    length = (call.body['os-getConsoleOutput'] or {}).get('length')
    # -1 is how clients have always written "everything".
    length = None if length in (None, -1, '-1') else int(length)
    text = call.services.compute_rpcapi.get_console_output(
        call.context, instance.host, instance, length)
    return {'output': text}
