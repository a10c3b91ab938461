// The channel of a specification (docs/contract.md).

import { channels } from "./packages.mjs";
import { EMPTY, reducer } from "./reducers.mjs";
import { Unsupported } from "./unsupported.mjs";

const FACTORIES = {
  LastValue: () => new channels.LastValue(),
  LastValueAfterFinish: () => new channels.LastValueAfterFinish(),
  AnyValue: () => new channels.AnyValue(),
  EphemeralValue: ({ guard = true }) => new channels.EphemeralValue(guard),
  UntrackedValue: ({ guard = true }) => new channels.UntrackedValueChannel({ guard }),
  Topic: ({ accumulate = false }) => new channels.Topic({ accumulate }),
  BinaryOperatorAggregate: ({ type, reducer: name }) =>
    new channels.BinaryOperatorAggregate(reducer(name), EMPTY[type]),
  NamedBarrierValue: ({ names }) => new channels.NamedBarrierValue(new Set(names)),
  NamedBarrierValueAfterFinish: ({ names }) =>
    new channels.NamedBarrierValueAfterFinish(new Set(names)),
  DeltaChannel({ type, reducer: name = "add", snapshot_frequency: snapshotFrequency = 100 }) {
    const fold = (state, writes) => writes.reduce(reducer(name), state);
    return new channels.DeltaChannel(fold, { snapshotFrequency, initialValueFactory: EMPTY[type] });
  },
};

export function makeChannel(spec) {
  const make = FACTORIES[spec.class];
  if (make === undefined) throw new Unsupported(`no channel class ${spec.class}`);
  return make(spec);
}
