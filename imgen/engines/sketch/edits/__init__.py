"""Operations on a given picture: inpaint, erase, outpaint, upscale, cut out."""
