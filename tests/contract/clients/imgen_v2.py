# The Python client of the Imgen v2 document, its indentation restored.
# Only the address, the key and the prompt are filled in by the test.
import requests, time, base64

API = "@API@"
TOKEN = "@TOKEN@"


def api(body):
    return requests.post(API, json=body, headers={"Authorization": f"Bearer {TOKEN}"}).json()


def generate(prompt, model="eros", style="", fmt="jpeg",
             use_cache=False, cache_only=False, cache_force=False, cache_pick=5,
             ruleset="", precompliance=""):
    job = api({"action": "generate", "prompt": prompt, "model": model, "style": style,
               "format": fmt,
               "use_cache": use_cache, "cache_only": cache_only,
               "cache_force": cache_force, "cache_pick": cache_pick,
               "compliance_ruleset": ruleset,
               "precompliance": precompliance})
    if "error" in job: raise Exception(job["error"])
    for _ in range(120):
        time.sleep(3)
        s = api({"action": "status", "id": job["id"], "prompt": job["prompt"], "model": job["model"]})
        if s["status"] in ("IN_QUEUE", "IN_PROGRESS"): continue
        if s["status"] == "COMPLETED":
            if s.get("compliance") == "unsafe":
                blocked_url = base64.b64decode(s["unsafe_url"]).decode() if s.get("unsafe_url") else None
                raise Exception(f"{s.get('error')} (blocked_url={blocked_url})")
            return s["meta"], bool(s.get("cache"))
        raise Exception(s.get("error", f"Failed: {s['status']}"))
    raise TimeoutError("Polling timed out")


meta, from_cache = generate("@PROMPT@",
                            style="professional",
                            use_cache=True, cache_only=False,
                            cache_force=False, cache_pick=5,
                            ruleset="default",
                            precompliance="ban-word-service v3.2: no banned tokens matched; risk_score=0.04")
signed = next(i for i in meta["images"] if i["type"] == "signed")
print("URL:", signed["url"], "(cached)" if from_cache else "(generated)")
