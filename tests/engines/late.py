"""An engine that remembers which thread imported it."""

from __future__ import annotations

import threading

from imgen.engines.protocol import EngineRequest, EngineResult, Progress
from imgen.errors import Upstream

IMPORTED_BY = threading.current_thread()


class LateEngine:
    """Says only that it was asked."""

    async def run(self, request: EngineRequest, progress: Progress) -> EngineResult:
        """Fails."""
        raise Upstream("It was asked")
