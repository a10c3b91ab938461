"""Channels: where a graph's values live between supersteps (`langgraph.channels`).

channel      what every channel does
values       channels that keep a write as it is: LastValue, AnyValue, EphemeralValue, Topic, ...
aggregates   channels that fold writes with a reducer: BinaryOperatorAggregate, DeltaChannel
barriers     channels that wait for several writers: NamedBarrierValue
reducers     the named reducers, and the types a field may have
factory      a channel from its settings
"""
