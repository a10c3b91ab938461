"""Graph programs (docs/programs.md), compiled (`langgraph.graph.state`).

model      a compiled program: nodes, triggers, channels, subgraphs
compiler   a program as data to its compiled form
language   node bodies and branches, compiled to functions
schemas    which fields there are, and who may read and write them
policies   retries and timeouts
"""
