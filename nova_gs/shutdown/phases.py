"""The phases of a service's life, and what leads from one to the next.

::

    QUIESCED <-QUIESCE- SERVING
        |   --RESUME-->    |
       TERM               TERM
        +---------+--------+
                  v
               DRAINING -IDLE-----------> RELEASING -RELEASED-> STOPPED
                  |                           ^
                  +-ABORT_DUE or TERM         |
                  v                           |
               ABORTING -IDLE or RELEASE_DUE--+

    any phase before STOPPED -QUIT or EXIT_DUE-> FORCED

A quiesced service stays: it lets its work end and takes nothing in, until it
is told to serve again, or to stop.

``follow`` is a pure function over one table; ``coordinator`` acts on it.
"""

import enum


class Phase(enum.Enum):
    """How far a service is on its way out."""

    SERVING = 'serving'      # takes work; a stop was not asked for
    QUIESCED = 'quiesced'    # takes nothing in and stays; it can be taken back
    DRAINING = 'draining'    # takes nothing new, completes what it has
    ABORTING = 'aborting'    # calls off what may be called off
    RELEASING = 'releasing'  # no work any more; leaves the host tidy
    STOPPED = 'stopped'      # over, in good order
    FORCED = 'forced'        # over, wherever it was


class Event(enum.Enum):
    """What moves a service from one phase to another."""

    QUIESCE = 'quiesce'          # take nothing in, let go what there is
    RESUME = 'resume'            # take work again
    TERM = 'term'                # stop; once more: and call off what is left
    QUIT = 'quit'                # leave now, whatever runs
    IDLE = 'idle'                # nothing is left that the host must wait for
    ABORT_DUE = 'abort_due'      # the time for completing is over
    RELEASE_DUE = 'release_due'  # the time for calling off is over
    EXIT_DUE = 'exit_due'        # the time for everything is over
    RELEASED = 'released'        # the host is tidy


class Action(enum.Enum):
    """What is done on the way; the coordinator does the gate's itself."""

    LET_GO = 'let_go'                # admit steps, and what empties the host
    SET_ASIDE = 'set_aside'          # drop what waits unbegun; it is offered
    OPEN_GATE = 'open_gate'          # admit everything
    TAKE_UP = 'take_up'              # begin what is offered to this host
    NARROW_GATE = 'narrow_gate'      # admit only what belongs to begun work
    CLOSE_INTAKE = 'close_intake'    # stop receiving requests for new work
    ANNOUNCE = 'announce'            # tell the peers and the init system
    STOP_PERIODIC = 'stop_periodic'  # start no periodic task but heartbeats
    FOLLOW = 'follow'                # watch what is left, post IDLE
    CALL_OFF = 'call_off'            # end at a safe point what may be ended
    CLOSE_GATE = 'close_gate'        # admit nothing
    RELEASE = 'release'              # report, records, connections, pools
    REPORT_FORCED = 'report_forced'  # the last words before a forced exit


#: Phases that nothing leads out of.
TERMINAL = frozenset((Phase.STOPPED, Phase.FORCED))

#: Events that end every other phase at once.
CUTS = frozenset((Event.QUIT, Event.EXIT_DUE))

# The gate goes first: what it lets in later is lost time for all.
_QUIESCE = (Action.LET_GO, Action.SET_ASIDE)
_DRAIN = (Action.NARROW_GATE, Action.CLOSE_INTAKE, Action.ANNOUNCE,
          Action.STOP_PERIODIC, Action.FOLLOW)
_LEAVE = (Action.CLOSE_GATE, Action.RELEASE)

#: (phase, event) -> (next phase, actions in their order)
TRANSITIONS = {
    (Phase.SERVING, Event.QUIESCE): (Phase.QUIESCED, _QUIESCE),
    # Once more, with another reason or deadline.
    (Phase.QUIESCED, Event.QUIESCE): (Phase.QUIESCED, _QUIESCE),
    (Phase.QUIESCED, Event.ABORT_DUE): (Phase.QUIESCED, (Action.CALL_OFF,)),
    (Phase.QUIESCED, Event.RESUME): (
        Phase.SERVING, (Action.OPEN_GATE, Action.TAKE_UP)),
    (Phase.SERVING, Event.TERM): (Phase.DRAINING, _DRAIN),
    (Phase.QUIESCED, Event.TERM): (Phase.DRAINING, _DRAIN),
    (Phase.DRAINING, Event.IDLE): (Phase.RELEASING, _LEAVE),
    (Phase.DRAINING, Event.ABORT_DUE): (Phase.ABORTING, (Action.CALL_OFF,)),
    (Phase.DRAINING, Event.TERM): (Phase.ABORTING, (Action.CALL_OFF,)),
    (Phase.ABORTING, Event.IDLE): (Phase.RELEASING, _LEAVE),
    (Phase.ABORTING, Event.RELEASE_DUE): (Phase.RELEASING, _LEAVE),
    (Phase.RELEASING, Event.RELEASED): (Phase.STOPPED, ()),
}


def follow(phase, event):
    """Tell what an event leads to.

    :param phase: the ``Phase`` that the service is in
    :param event: the ``Event`` that happened
    :returns: (next ``Phase``, tuple of ``Action`` to do in this order); an
        event that means nothing in this phase changes nothing, and there is
        nothing to do then
    """
    if phase in TERMINAL:
        return phase, ()
    if event in CUTS:
        return Phase.FORCED, (Action.REPORT_FORCED,)
    return TRANSITIONS.get((phase, event), (phase, ()))
