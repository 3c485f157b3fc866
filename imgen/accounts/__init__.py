"""Who is calling: accounts, their plans and their API keys."""
