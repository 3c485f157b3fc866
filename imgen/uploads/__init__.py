"""What clients send besides words: multipart forms, and untrusted pictures and masks in them."""
