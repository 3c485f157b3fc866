from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from imgen.engines.diffusers import libraries, obstacle
from imgen.engines.diffusers.libraries import misfit


@pytest.mark.parametrize(
    ("torch", "vision", "needs", "fits"),
    [
        ("2.13.0", "0.28.0", ["numpy", "torch==2.13.0"], True),
        ("2.13.0+cpu", "0.28.0+cpu", ["torch (==2.13.0)"], True),
        ("2.15.1", "0.29.2", ["torch (>=2.14.0)"], True),
        ("2.13.0", None, [], True),
        (None, "0.28.0", ["torch==2.13.0"], True),
        ("2.13.0+cpu", "0.28.0", ["torch==2.13.0"], False),
        ("2.13.0+cu130", "0.28.0+cu128", ["torch==2.13.0"], False),
        ("2.13.0", "0.29.2", ["torch (>=2.14.0)"], False),
        ("2.13.1", "0.28.0", ["torch==2.13.0"], False),
        ("2.9.1", "0.29.2", ["torch>=2.14.0"], False),
    ],
)
def test_a_torchvision_made_for_another_torch_is_found_out(
    torch: str | None,
    vision: str | None,
    needs: list[str],
    fits: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version(name: str) -> str:
        found = {"torch": torch, "torchvision": vision}[name]
        if found is None:
            raise PackageNotFoundError(name)
        return found

    monkeypatch.setattr(libraries, "version", version)
    monkeypatch.setattr(libraries, "requires", lambda _name: needs)
    said = misfit()
    assert (said == "") is fits
    if not fits:
        assert f"torchvision {vision} is not made for torch {torch}" in said
    monkeypatch.setattr(obstacle, "find_spec", lambda name: name)
    whole = obstacle.obstacle({"weights": "/nowhere"}, {})
    assert ("not made for torch" in whole) is not fits
