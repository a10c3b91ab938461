"""Sessions: the contract's operations on each kind of subject, turned into outcomes.

codec, channel, saver, graph, store, cache   a session for each subject
options                        the arguments of operations on a graph
outcomes                       what the sessions share: finding an operation, making its outcome
"""
