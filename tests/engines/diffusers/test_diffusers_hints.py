from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgen.engines.diffusers.files.pull import Need, needs
from imgen.engines.diffusers.obstacle import obstacle
from imgen.engines.diffusers.options import read_options
from imgen.engines.protocol import Control, Task
from imgen.errors import Unavailable
from tests.engines.diffusers.conftest import Ask, Weights, picture

pytestmark = pytest.mark.filterwarnings("ignore")

STANDING = {
    "nose": (50.0, 20.0),
    "neck": (50.0, 40.0),
    "right_shoulder": (30.0, 40.0),
    "left_shoulder": (70.0, 40.0),
    "right_hip": (40.0, 90.0),
    "left_hip": (60.0, 90.0),
    "left_knee": (60.0, 130.0),
}


@pytest.fixture
def networks(weights: Weights) -> Any:
    weights("sd15")
    from tests.engines.diffusers import networks

    return networks


@pytest.fixture
def cpu(networks: Any) -> Any:
    del networks
    from imgen.engines.diffusers.device import Device

    return Device("cpu")


def heat_at(points: NDArray[np.float64], height: int = 64, width: int = 48) -> Any:
    """(17, height, width): a hill of height 1 at each point."""
    rows, columns = np.mgrid[0:height, 0:width]
    away = (columns - points[:, 0, None, None]) ** 2 + (rows - points[:, 1, None, None]) ** 2
    return np.exp(-away / 8).astype(np.float32)


def test_limbs_and_points_have_the_colours_that_controlnets_know() -> None:
    from imgen.engines.diffusers.networks.skeleton import COLOURS, draw

    assert COLOURS[:4] == ((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0))
    assert COLOURS[16:] == ((255, 0, 170), (255, 0, 85))
    drawing = draw([STANDING], 100, 160)
    assert drawing.shape == (160, 100, 3)
    assert tuple(drawing[20, 50]) == COLOURS[0]  # nose
    assert tuple(drawing[40, 30]) == COLOURS[2]  # right shoulder
    assert tuple(drawing[40, 40]) == (153, 0, 0)  # neck to right shoulder, dimmed
    assert tuple(drawing[110, 60]) == (0, 102, 153)  # left hip to knee
    assert (drawing[140:] == 0).all()


def test_what_is_not_seen_is_not_drawn_and_a_larger_picture_has_thicker_lines() -> None:
    from imgen.engines.diffusers.networks.skeleton import draw

    assert draw([{}], 64, 64).max() == 0
    alone = draw([{"nose": (32.0, 32.0)}], 64, 64)
    assert set(map(tuple, alone.reshape(-1, 3))) == {(0, 0, 0), (255, 0, 0)}
    large = draw([{"nose": (512.0, 512.0)}], 1024, 1024)
    assert (large > 0).any(axis=2).sum() > 10 * (alone > 0).any(axis=2).sum()


def test_hills_of_heat_become_points_of_the_picture_and_shoulders_a_neck(cpu: Any) -> None:
    del cpu
    from imgen.engines.diffusers.networks.pose import View, person_of

    view = View.around((100, 50, 60, 200), 48 / 64)
    truth = np.array([[5 + 2 * place, 8 + 3 * place] for place in range(17)], float)
    person = person_of(heat_at(truth), view)
    assert len(person) == 18
    for name, place in (("nose", 0), ("left_shoulder", 5), ("right_ankle", 16)):
        assert person[name] == pytest.approx(view.back(tuple(truth[place]), 48, 64), abs=0.1)
    middle = (np.array(person["left_shoulder"]) + person["right_shoulder"]) / 2
    assert person["neck"] == pytest.approx(tuple(middle))
    unsure = person_of(heat_at(truth) * 0.2, view)
    assert unsure == {}


@pytest.mark.parametrize("box", [(10, 5, 30, 50), (-20, 40, 100, 20)])
def test_a_person_is_shown_and_found_where_the_library_shows_and_finds_one(
    box: tuple[float, float, float, float], cpu: Any
) -> None:
    del cpu
    pytest.importorskip("scipy")
    import torch
    from transformers import VitPoseImageProcessorPil

    from imgen.engines.diffusers.networks.pose import View, person_of

    theirs = VitPoseImageProcessorPil(size={"height": 64, "width": 48}, do_normalize=False)
    view = View.around(box, 48 / 64)
    fed = theirs(images=picture(), boxes=[[list(box)]], return_tensors="np")["pixel_values"][0]
    ours = view.shown(picture(), 48, 64).astype(float) / 255
    assert np.abs(fed.transpose(1, 2, 0) - ours).mean() < 0.01
    heat = heat_at(np.array([[20.3, 30.6]] * 17))
    found = theirs.post_process_pose_estimation(
        SimpleNamespace(heatmaps=torch.from_numpy(heat[None])), boxes=[[list(box)]]
    )[0][0]["keypoints"][0]
    pixel = view.width / 47
    assert person_of(heat, view)["nose"] == pytest.approx(tuple(found.tolist()), abs=pixel / 2)


@pytest.mark.parametrize("experts", [1, 3])
def test_poses_of_several_people_are_taken_at_once(
    experts: int, networks: Any, cpu: Any, tmp_path: Path
) -> None:
    from imgen.engines.diffusers.networks.pose import Pose

    pose = Pose(networks.make_pose(tmp_path / "pose", experts=experts), cpu)
    boxes = [(0.0, 0.0, 40.0, 60.0), (30.0, 5.0, 50.0, 50.0)]
    both = pose.people(picture(), boxes)
    assert [len(person) for person in both] == [18, 18]
    assert both == [pose.people(picture(), [box])[0] for box in boxes]
    assert pose.people(picture(), []) == []


@pytest.mark.parametrize("sees", ["person", "kite"])
def test_people_are_found_and_other_things_are_not(
    sees: str, networks: Any, cpu: Any, tmp_path: Path
) -> None:
    from imgen.engines.diffusers.networks.people import People

    boxes = People(networks.make_people(tmp_path / "people", sees=sees), cpu).boxes(picture())
    assert len(boxes) == (4 if sees == "person" else 0)
    for left, top, width, height in boxes:
        assert left >= 0
        assert top >= 0
        assert left + width <= 96
        assert top + height <= 64


def test_depth_is_drawn_from_black_to_white_at_the_size_of_the_picture(
    networks: Any, cpu: Any, tmp_path: Path
) -> None:
    import torch
    import transformers

    from imgen.engines.diffusers.networks.depth import Depth

    folder = networks.make_depth(tmp_path / "depth")
    hint = Depth(folder, cpu).draw(picture())
    assert hint.shape == (64, 96, 3)
    assert (hint.min(), hint.max()) == (0, 255)
    assert (hint == hint[..., :1]).all()
    bare = transformers.pipeline("depth-estimation", model=str(folder), device="cpu")
    from PIL import Image

    theirs = bare(Image.fromarray(picture()))["predicted_depth"]
    theirs = (theirs - theirs.min()) / (theirs.max() - theirs.min())
    assert torch.allclose(theirs, torch.from_numpy(hint[..., 0] / 255).float(), atol=0.01)


def test_what_is_measured_in_metres_is_turned_into_nearness(cpu: Any) -> None:
    del cpu
    from imgen.engines.diffusers.networks.depth import nearness

    metres = np.array([[1.0, 2.0]], np.float32)
    assert nearness(metres, metres=True)[..., 0].tolist() == [[255, 0]]
    assert nearness(metres, metres=False)[..., 0].tolist() == [[0, 255]]
    with pytest.raises(Unavailable, match="damaged"):
        nearness(metres * np.float32("nan"), metres=True)
    assert nearness(np.ones((2, 2), np.float32), metres=False).max() == 0


def test_zoedepth_needs_no_torchvision(networks: Any, cpu: Any, tmp_path: Path) -> None:
    from imgen.engines.diffusers.networks.depth import Depth

    depth = Depth(networks.make_zoedepth(tmp_path / "zoe"), cpu)
    assert depth.draw(picture()).shape == (64, 96, 3)
    assert depth._tells_metres()


def test_metric_networks_say_so(networks: Any, cpu: Any, tmp_path: Path) -> None:
    from imgen.engines.diffusers.networks.depth import Depth

    near = Depth(networks.make_depth(tmp_path / "near"), cpu)
    far = Depth(
        networks.make_depth(tmp_path / "far", depth_estimation_type="metric", max_depth=80), cpu
    )
    assert not near._tells_metres()
    assert far._tells_metres()
    assert far.draw(picture()).max() == 255


def test_a_full_device_sends_a_network_to_the_cpu_until_there_is_room_again(
    networks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    import transformers

    from imgen.engines.diffusers.device import Device
    from imgen.engines.diffusers.networks.vision import Vision

    kind = transformers.VitPoseForPoseEstimation
    network = Vision(kind, networks.make_pose(tmp_path / "pose"), Device("cpu:0"))
    fed = torch.zeros(1, 3, 64, 48)
    expected = network(pixel_values=fed).heatmaps
    places = []
    there = kind.to
    full = [True, True, False]

    def to(self: Any, place: str) -> Any:
        places.append(place)
        if place == "cpu:0" and full.pop(0):
            raise RuntimeError("CUDA error: out of memory")
        return there(self, place)

    monkeypatch.setattr(kind, "to", to)
    for _ in range(3):
        assert torch.equal(network(pixel_values=fed).heatmaps, expected)
    assert places == ["cpu:0", "cpu", "cpu:0", "cpu", "cpu:0"]


def test_a_network_of_pickles_or_of_another_kind_is_refused(
    networks: Any, cpu: Any, tmp_path: Path
) -> None:
    import torch

    from imgen.engines.diffusers.networks.depth import Depth
    from imgen.engines.diffusers.networks.pose import Pose

    folder = networks.make_pose(tmp_path / "pose")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        Depth(folder, cpu)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        Pose(folder, cpu)


def test_networks_for_hints_are_pulled_with_a_model_and_missed_before(weights: Weights) -> None:
    named = {
        "weights": str(weights("sd15")),
        "controlnets": {"depth": "acme/depth-net"},
        "hint_models": {"depth": "acme/depth"},
    }
    assert needs(read_options(named)) == [Need("acme/depth-net"), Need("acme/depth")]
    assert "acme/depth-net are not here" in obstacle(named, {})
    assert "acme/depth are not here" in obstacle({**named, "controlnets": {}}, {})


@pytest.fixture
def guided(weights: Weights, networks: Any, tmp_path: Path) -> dict[str, Any]:
    """A picture to be painted over, and options with ControlNets and eyes for every kind."""
    from tests.engines.diffusers.tiny import make_controlnet

    net = str(make_controlnet(weights("sd15"), tmp_path / "net"))
    kinds = ("openpose", "scribble", "canny", "lineart", "depth")
    eyes = {
        "depth": str(networks.make_depth(tmp_path / "depth")),
        "openpose": str(networks.make_pose(tmp_path / "pose")),
        "person": str(networks.make_people(tmp_path / "people")),
    }
    options = {"controlnets": dict.fromkeys(kinds, net), "hint_models": eyes}
    return {"task": Task.IMAGE_TO_IMAGE, "image": picture(), "options": options}


async def test_each_kind_of_control_guides_the_picture_in_its_way(
    weights: Weights, ask: Ask, guided: dict[str, Any]
) -> None:
    free = await ask(weights("sd15"), **guided)
    seen = [free.image.tobytes()]
    for kind in guided["options"]["controlnets"]:
        held = await ask(weights("sd15"), control=Control(kind, 1.0), **guided)
        assert held.ignored == (), kind
        seen.append(held.image.tobytes())
    assert len(set(seen)) == 6


async def test_a_control_whose_network_is_missing_is_said_to_be_ignored(
    weights: Weights, ask: Ask, guided: dict[str, Any]
) -> None:
    free = await ask(weights("sd15"), **guided)
    options = guided["options"]
    for kind, without in (
        ("depth", {"hint_models": {}}),
        ("depth", {"hint_models": {"depth": "acme/not-here"}}),
        ("canny", {"controlnets": {}}),
        ("canny", {"controlnets": {"canny": "acme/not-here"}}),
    ):
        asked = {**guided, "options": {**options, **without}}
        result = await ask(weights("sd15"), control=Control(kind, 1.0), **asked)
        assert result.ignored == ("control",)
        assert np.array_equal(result.image, free.image)


async def test_the_pose_of_nobody_is_ignored(
    weights: Weights, ask: Ask, guided: dict[str, Any], networks: Any, tmp_path: Path
) -> None:
    options = guided["options"]
    kites = str(networks.make_people(tmp_path / "kites", sees="kite"))
    nobody = {"hint_models": {**options["hint_models"], "person": kites}}
    blind = {"hint_models": {"openpose": str(networks.make_pose(tmp_path / "no", seen=False))}}
    for change in (nobody, blind):
        asked = {**guided, "options": {**options, **change}}
        result = await ask(weights("sd15"), control=Control("openpose", 1.0), **asked)
        assert result.ignored == ("control",)


async def test_without_strength_a_control_changes_nothing(
    weights: Weights, ask: Ask, guided: dict[str, Any]
) -> None:
    free = await ask(weights("sd15"), **guided)
    weak = await ask(weights("sd15"), control=Control("depth", 0.0), **guided)
    assert weak.ignored == ()
    assert np.array_equal(free.image, weak.image)


async def test_networks_are_read_and_run_in_the_thread_that_loads_and_paints(
    weights: Weights, ask: Ask, guided: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read one changes number formats of the whole process, and with them what others read."""
    from threading import current_thread

    from imgen.engines.diffusers import engine
    from imgen.engines.diffusers.loading.load import load
    from imgen.engines.diffusers.networks import depth, people, pose, vision
    from imgen.engines.diffusers.paint import paint

    threads: dict[str, set[str]] = {}

    def noted(name: str, act: Any) -> Any:
        def noting(*given: Any, **named: Any) -> Any:
            threads.setdefault(name, set()).add(current_thread().name)
            return act(*given, **named)

        return noting

    for module in (depth, people, vision):
        monkeypatch.setattr(module, "read", noted("read", vision.read))
    monkeypatch.setattr(vision.Vision, "_run", noted("look", vision.Vision._run))
    monkeypatch.setattr(pose, "person_of", noted("look", pose.person_of))
    monkeypatch.setattr(engine, "load", noted("load", load))
    monkeypatch.setattr(engine, "paint", noted("paint", paint))
    options = {**guided["options"], "clip_skip": 1}  # a model of its own, not loaded yet
    await asyncio.gather(
        *(
            ask(weights("sd15"), **{**guided, "options": options}, control=Control(kind, 1.0))
            for kind in ("depth", "openpose")
        ),
        ask(weights("lcm")),
    )
    assert {name: len(places) for name, places in threads.items()} == {
        "read": 1,
        "look": 1,
        "load": 1,
        "paint": 1,
    }
    assert len(set.union(*threads.values())) == 1
