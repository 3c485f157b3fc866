"""`python -m bench.diffusers_engine`."""

from bench.diffusers_engine import main

if __name__ == "__main__":
    raise SystemExit(main())
