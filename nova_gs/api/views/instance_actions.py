"""What was asked of a server, and the steps it took."""

from nova_gs.api.views import servers as server_view
from nova_gs.api.views import times
from nova_gs.policies import instance_actions as rules


def item(call, action):
    """Return one action without its events."""
    view = {name: getattr(action, name) for name in (
        'action', 'instance_uuid', 'request_id', 'user_id', 'project_id',
        'message')}
    view['start_time'] = times.exact(action.start_time)
    if call.minor >= 58:
        view['updated_at'] = times.exact(
            action.updated_at or action.start_time)
    return view


def with_events(call, action, instance):
    """Return one action with as much of its events as the user may see."""
    view = item(call, action)
    trusted = call.allowed(rules.EVENTS, instance)
    if trusted or call.minor >= 51:
        view['events'] = [_event(call, event, action, trusted)
                          for event in action.events]
        if call.minor >= 84 and call.allowed(rules.EVENT_DETAILS, instance):
            for shown, event in zip(view['events'], action.events):
                shown['details'] = event.details
    return view


def _event(call, event, action, trusted):
    view = {'event': event.event,
            'start_time': times.exact(event.start_time),
            'finish_time': times.exact(event.finish_time),
            'result': event.result}
    if trusted:
        view['traceback'] = event.traceback
    if call.minor >= 62:
        view['hostId'] = server_view.host_id(event.host, action.project_id)
        if trusted:
            view['host'] = event.host or ''
    return view
