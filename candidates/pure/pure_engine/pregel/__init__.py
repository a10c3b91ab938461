"""The Pregel engine: running a compiled program (`langgraph.pregel`).

Start with `loop`. A run:

    loop          supersteps: prepare, run, apply, store
    run           what a run is, as data: its arguments, where it is nested, how far it has come
    start         from a run's input to its first superstep
    store         what is stored of a run, and when
    emitter       what a run shows in its stream; `streams` queues the items, `payloads` makes them
    nesting       a run inside a task: subgraphs
    replay        where subgraphs begin when a run goes back to an earlier checkpoint

A superstep:

    state         the channels and versions that supersteps read and change
    tasks         a task, its answers to interrupts, and what was recorded for it
    prepare       which tasks come next
    runner        running the tasks of a superstep, and the handlers of those that failed
    node          running one task: its node, then its edges and branches
    host          what a node's body asks of the engine
    apply         applying what tasks wrote to the channels

Checkpoints:

    graph         a program with a saver and a clock: what runs, snapshots and updates work on
    checkpoints   making checkpoints; `versions` orders the versions of channels
    migration     reading checkpoints of earlier LangGraph versions
    deltas        delta channels: counted, snapshotted, replayed
    snapshots     `get_state` and `get_state_history`
    updates       `update_state`
"""
