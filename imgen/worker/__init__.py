"""The process that takes jobs from the queue and makes their pictures."""
