"""Threads of a database under two releases of LangGraph.

`worker`   reads and resumes threads in one environment, in a process of its own
`sides`    starts the workers: before, after, and before again on what after wrote
`copying`  copies a database without touching it
`judging`  what becomes of each thread
"""
