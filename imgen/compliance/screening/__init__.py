"""What a prompt asks for, by its words: lists as data, disguises, negations and look-alikes."""

from imgen.compliance.screening.screen import VERSION, screen, screen_text

__all__ = ["VERSION", "screen", "screen_text"]
