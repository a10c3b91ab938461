"""Answers the bad case with what another case's session holds."""

from __future__ import annotations

import ormsgpack
from miniature import ANSWERS, answer, serve

OTHER = next(outcomes for case, outcomes in ANSWERS.items() if case != "bad")

serve(lambda msgid: answer(msgid, ormsgpack.unpackb(OTHER)[:1]))
