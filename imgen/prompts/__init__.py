"""What a prompt says: its syntax, composition and enhancement, and prompts made from nothing."""
