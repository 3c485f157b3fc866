"""`python -m bench`: the same for every benchmark."""

from bench.runner import run

if __name__ == "__main__":
    raise SystemExit(run())
