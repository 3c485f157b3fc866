"""What strangers' picture files hold, as upright 8-bit sRGB: the same for every door."""
