"""Whether two prompts ask for the same picture, where an embedding alone cannot tell."""

from imgen.library.meaning.comparing import Difference, Reason, Verdict, same_meaning
from imgen.library.meaning.essence import essence
from imgen.library.meaning.prompt import Prompt

__all__ = ["Difference", "Prompt", "Reason", "Verdict", "essence", "same_meaning"]
