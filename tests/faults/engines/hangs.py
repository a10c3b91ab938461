"""Never answers the bad case."""

from __future__ import annotations

import time

from miniature import serve

serve(lambda _: time.sleep(600))
