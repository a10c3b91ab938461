"""Real applications: a recorded run, frozen into an ordinary case.

`lowering`    a compiled `StateGraph` as a program without bodies
`calls`       what nodes and routers did, as plain values
`instruments` puts a hook around the nodes, routers and reducers of a graph
`watching`    calls as they happen, and what makes a run unfit for a recording
`arguments`   what the user's code calls on a graph, as operations of the contract
`own_types`   the application's own types in recorded values
`recorder`    takes down those operations and their results
`methods`     the methods of `Pregel` meanwhile
`chance`      pins ids and random numbers that nodes see
`freezing`    calls as the bodies and expressions of a program
`recording`   `parity_kit.record`
`redacting`   a recording with other texts and numbers
`repeated`    a run recorded twice, to find what is not deterministic
`comparing`   a recording as a test
`loading`     the graph that a user names
`configured`  the application that `parity.toml` names
`network`     refused while an application replays or its threads are judged
`replaying`   a recording on the application's present code
`upgrade/`    threads of a database under two releases of LangGraph
"""
