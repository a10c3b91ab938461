"""Answers a request nobody made."""

from __future__ import annotations

from miniature import OUTCOME, answer, serve

serve(lambda msgid: answer(msgid + 1, [OUTCOME]))
