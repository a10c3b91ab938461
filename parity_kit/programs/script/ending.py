"""The helper of scripts that lets the tasks of a superstep end in a given order."""

from __future__ import annotations

from parity_kit.programs.script.helper import Helper

ENDING = Helper(
    '''\
@contextmanager
def ending(order):
    """Let the tasks of a superstep end in this order: each begins when the one before has ended."""

    class Ordered:
        def __init__(self, config):
            super().__init__(config)
            self.started, self.ended = Counter(), Counter()

        def submit(self, function, *args, **options):
            return super().submit(self.late(function, *args, **options), *args, **options)

        def late(self, function, task=None, *args, **options):
            if not function.__name__.endswith("run_with_retry") or options.get("__next_tick__"):
                return function
            step = task.config["metadata"]["langgraph_step"]
            number = self.started[step]
            self.started[step] += 1

            def pauses():
                yield 0.03  # all of them start
                numbers = range(self.started[step])
                ends = sorted(numbers, key=lambda n: order.index(n) if n in order else n)
                while self.ended[step] < ends.index(number):
                    yield 0.01
                yield 0.03  # what the one before has written is taken in

            def run(*args, **options):
                for seconds in pauses():
                    time.sleep(seconds)
                try:
                    return function(*args, **options)
                finally:
                    self.ended[step] += 1

            async def arun(*args, **options):
                for seconds in pauses():
                    await asyncio.sleep(seconds)
                try:
                    return await function(*args, **options)
                finally:
                    self.ended[step] += 1

            return arun if function.__name__ == "arun_with_retry" else run

    kept = _loop.BackgroundExecutor, _loop.AsyncBackgroundExecutor
    _loop.BackgroundExecutor, _loop.AsyncBackgroundExecutor = (
        type("Ordered", (Ordered, executor), {})
        for executor in (BackgroundExecutor, AsyncBackgroundExecutor)
    )
    try:
        yield
    finally:
        _loop.BackgroundExecutor, _loop.AsyncBackgroundExecutor = kept''',
    (
        *("contextmanager", "asyncio", "time", "Counter", "_loop"),
        *("BackgroundExecutor", "AsyncBackgroundExecutor"),
    ),
)
