"""The append-only log of every review and of every decision about one."""
