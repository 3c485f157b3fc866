"""How good the review is, on pictures that an operator has labelled."""
