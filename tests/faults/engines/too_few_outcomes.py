"""Answers with no outcome for a case of one operation."""

from __future__ import annotations

from miniature import answer, serve

serve(lambda msgid: answer(msgid, []))
