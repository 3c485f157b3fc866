"""Runs one ONNX sentence encoder: text to tokens to vector, blocking, in the caller's thread."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from imgen.errors import Internal, Unavailable
from imgen.library.embed.folder import ModelFolder

Vectors = NDArray[np.float32]


class Network:
    """A loaded model. One call at a time per thread; calls from several threads are safe.

    Args:
        folder: which files, and how to use them.
        threads: processor threads that one call may use.

    Raises:
        imgen.errors.Unavailable: the files are there, but are no sentence encoder.
    """

    def __init__(self, folder: ModelFolder, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(folder.tokenizer))
            self._session = onnxruntime.InferenceSession(
                str(folder.model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both libraries raise bare or private exceptions
            raise Unavailable(f"The encoder in {folder.model.parent} cannot be loaded.") from error
        # Texts of one length run together, so nothing is padded: a vector is the same alone and in
        # company, and no time goes into padding.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(folder.max_tokens)
        self._pooling = folder.pooling
        self._inputs = {value.name for value in self._session.get_inputs()}
        unknown = self._inputs - {"input_ids", "attention_mask", "token_type_ids"}
        if unknown:
            raise Unavailable(f"The encoder asks for unknown inputs: {', '.join(sorted(unknown))}.")
        self.dimensions = int(self.vectors([""]).shape[1])

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """The vectors of `texts`, (n, dimensions), each of length 1.

        Raises:
            imgen.errors.Internal: the model failed on a text that it should take.
        """
        try:
            encodings = self._tokenizer.encode_batch(list(texts))
            order = sorted(range(len(texts)), key=lambda index: len(encodings[index].ids))
            parts = []
            for _, same in groupby(order, key=lambda index: len(encodings[index].ids)):
                parts.append(self._run([encodings[index] for index in same]))
        except Exception as error:  # onnxruntime's exceptions share no base but Exception
            raise Internal("The text encoder failed.") from error
        stacked = np.concatenate(parts)
        result = np.empty_like(stacked)
        result[order] = stacked
        return result

    def _run(self, encodings: Sequence[Encoding]) -> Vectors:
        """Vectors of texts that have equally many tokens."""
        ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
        every = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        feeds = {name: every[name] for name in self._inputs}
        states = np.asarray(self._session.run(None, feeds)[0], dtype=np.float32)
        return _normalised(self._pooled(states))

    def _pooled(self, states: Vectors) -> Vectors:
        """(n, tokens, d) to (n, d); a model that pools by itself is taken at its word."""
        if states.ndim == 2:
            return states
        return states[:, 0] if self._pooling == "cls" else states.mean(axis=1)


def _normalised(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
