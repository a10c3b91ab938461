"""LangGraph against itself: other processes, interpreters and releases.

subprocess_check  the corpora built again in other processes; `interpreters` finds those
recipes           environments for another interpreter or another release
baselines         corpora from other releases; `baseline_worker` runs there, `missing_api` says
                  what they lack
places            every place in which two traces of a case differ; `kinds` groups them
readable          whether one release reads what another stored
free_runs         committed cases with LangGraph's own threads, and what differs then
masking           which places move when the committed cases run unpinned; `volatile` says how
"""
