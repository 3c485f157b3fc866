"""A photograph that the tests of the finishing room share."""

import numpy as np
from numpy.typing import NDArray
from skimage import data

PHOTO: NDArray[np.uint8] = data.coffee()[:160, :240].copy()
