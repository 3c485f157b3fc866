"""What an account may use, as data that an operator can change."""
