"""How large a batch of one model may be, as painting has shown, and when to try for more again."""

from __future__ import annotations

from dataclasses import dataclass

_PATIENCE = 16
"""Full batches that have to go well before a larger one is tried."""
_MOST_PATIENCE = 1024


@dataclass(slots=True)
class Room:
    """A limit lasts no longer than what caused it: other programs and models come and go."""

    pixels: int | None = None
    """Of all pictures of a batch together; None: no limit has been met."""
    offloaded: bool = False
    """Whether the model's weights had to leave the device for a picture."""
    _patience: int = _PATIENCE
    _well: int = 0
    _trying: bool = False
    """Whether a limit was lifted and has not been met again since."""
    _departures: int = 0
    _sent_away: bool = False
    _stay: int = 0
    _stay_next: int = _PATIENCE

    def most(self, area: int, departures: int) -> int | None:
        """Pictures of `area` pixels that may be painted at once; None: any number.

        Args:
            departures: how many models have left the device so far; each leaves room behind.
        """
        if departures != self._departures:
            self._departures = departures
            self.pixels = None
        return None if self.pixels is None else max(1, self.pixels // area)

    def was_full(self, area: int, count: int) -> int:
        """A batch was too large: half as many from now on."""
        self._tried_in_vain()
        half = max(1, count // 2)
        self.pixels = half * area
        return half

    def was_offloaded(self) -> None:
        """Not even one picture fitted beside the weights, which leave room behind."""
        self._tried_in_vain()
        self.offloaded = True
        self.pixels = None

    @property
    def others_may_leave(self) -> bool:
        """Whether idle models are to leave for a larger batch.

        Where they are asked for again and come back, that is done ever more seldom: two models in
        turns would spend their time on loading each other.
        """
        return not self._stay

    def others_left(self) -> None:
        """For a batch of this model, which is tried again."""
        self._sent_away = True

    def went_well(self, *, limited: bool) -> bool:
        """A batch was painted; True when it is time to see whether the limits still hold.

        Args:
            limited: whether it was smaller, or slower, than it could have been without them.
        """
        if self._sent_away:
            self._sent_away, self._stay = False, self._stay_next
            self._stay_next = min(2 * self._stay_next, _MOST_PATIENCE)
        else:
            self._stay = max(0, self._stay - 1)
        if limited:
            self._well += 1
        if self._well < self._patience:
            return False
        self._well, self._trying = 0, True
        if self.pixels is not None:
            self.pixels *= 2
        return True

    def _tried_in_vain(self) -> None:
        if self._trying:
            self._patience = min(2 * self._patience, _MOST_PATIENCE)
        self._well, self._trying = 0, False
