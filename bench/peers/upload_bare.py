"""An upload as one would write it: `uvicorn bench.peers.upload_bare:app`."""

from __future__ import annotations

import io

from fastapi import FastAPI, UploadFile
from PIL import Image

app = FastAPI()


@app.post("/upload")
async def upload(image: UploadFile) -> dict[str, int]:
    with Image.open(io.BytesIO(await image.read())) as picture:
        pixels = picture.convert("RGB")
    return {"width": pixels.width, "height": pixels.height}
