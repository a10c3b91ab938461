"""Answers with an outcome whose stored bytes are text."""

from __future__ import annotations

from miniature import OUTCOME, answer, serve

serve(lambda msgid: answer(msgid, [{**OUTCOME, "stored": {"data": "text"}}]))
