# The Python client of the Cache API document, its indentation restored.
# Only the address is filled in by the test; the key comes from the environment, as there.
import os
import requests

BASE = "@BASE@"
KEY = os.environ["IMGEN_API_KEY"]


def search(query, **opts):
    r = requests.post(
        f"{BASE}/api/search",
        headers={
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/json",
        },
        json={
            "query": query,
            "character": opts.get("character"),
            "model": opts.get("model"),
            "style": opts.get("style"),
            "search_in": opts.get("search_in", "both"),
            "limit": opts.get("limit", 10),
        },
        timeout=15,
    )
    r.raise_for_status()
    return r.json()["results"]


# Usage
for img in search("sunset over mountains", limit=5):
    print(img["id"], round(img["score"], 3), img["url"])
