"""Which prompt of a ComfyUI is ours: its id, from the job's, and a mark of what it asks for."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from typing import TypeGuard

from imgen.engines.comfyui.order import Order

_NAMESPACE = uuid.UUID("5d4a3f0e-8c57-4f0b-9a66-1f4f0b7c2e91")
MARK = "imgen"
"""Where a prompt's `extra_data` says what it asks for."""
_LENGTH = 32
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_name(given: object) -> TypeGuard[str]:
    """Whether it can be the id of a prompt or a client: what a server says goes into addresses."""
    return isinstance(given, str) and _NAME.fullmatch(given) is not None


def prompt_id(job: str) -> str:
    """The prompt id of a job, the same in each of its tries; a new one where no job is named.

    ComfyUI takes canonical lower-case UUIDs alone.
    """
    return str(uuid.uuid5(_NAMESPACE, job) if job else uuid.uuid4())


def mark_of(order: Order) -> str:
    """Tells orders apart: another try of a job may ask for something else, as catalogs change.

    Blocking.
    """
    whole = hashlib.sha256(json.dumps(order.workflow, sort_keys=True).encode())
    for name, data in sorted(order.files.items()):
        whole.update(name.encode() + hashlib.sha256(data).digest())
    return whole.hexdigest()[:_LENGTH]
