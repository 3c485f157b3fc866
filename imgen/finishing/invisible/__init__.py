"""InvisiMark: a keyed, blind, invisible mark that leads a picture back to its generation.

`embed` writes 48 bits into the pixels, `detect` reads them back without the original, also after
recompression, scaling, cropping, mirroring and small rotations. docs/invisible-mark.md tells how.
"""

from imgen.finishing.invisible.codec import PAYLOAD_BITS
from imgen.finishing.invisible.detect import Detection, detect
from imgen.finishing.invisible.embed import embed

__all__ = ["PAYLOAD_BITS", "Detection", "detect", "embed"]
