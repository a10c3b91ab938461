"""Threads of a database under two releases of LangGraph.

`worker`   reads and resumes threads in one environment, in a process of its own
`sides`    starts the workers: before, after, and each again on what the other wrote
`databases`, `sqlite_copies`, `postgres_copies`
           copy a database without touching it
`savers`   LangGraph's savers on a copy
`installing`
           what an installer would change
`pinning`  which part of LangGraph does not import, and the pin that mends it
`judging`  what becomes of each thread
"""
