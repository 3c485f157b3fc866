"""From a request to a delivered picture: submit, run, store; and what may happen on the way."""
