"""The request log, whose open entries are the slots that limit how much goes on at once."""
