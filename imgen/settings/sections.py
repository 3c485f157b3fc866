"""The parts of the configuration, each setting with what it means."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Section(BaseModel):
    """A part of the tree: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(Section):
    """The HTTP process."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    public_url: str = Field(
        "",
        description="How clients reach this server, for links: `https://img.example.com`. "
        "Empty: `http://host:port`.",
    )
    max_body_bytes: int = Field(
        4 * 1024 * 1024, ge=1024, description="Largest JSON request body, in bytes."
    )
    max_header_bytes: int = Field(
        32 * 1024, ge=1024, description="Largest sum of all request headers, in bytes."
    )


class CorsSettings(Section):
    """Which web pages may call the public APIs from a browser."""

    strict: bool = Field(
        False,
        description="Whether only `origins` may. The document's name for it works too: "
        "`CORS_PUBLIC_API_STRICT_ORIGINS`.",
    )
    origins: tuple[str, ...] = Field(
        (),
        description="Origins such as `https://shop.example.com`. Also, comma-separated: "
        "`CORS_PUBLIC_API_ORIGINS`.",
    )


class StorageSettings(Section):
    """Where pictures are kept."""

    url: str = Field(
        "",
        description="`s3://bucket/prefix`, `gs://bucket`, `az://container`, or a folder. "
        "Empty: `objects` in the data folder.",
    )
    endpoint: str = Field("", description="Endpoint of an S3-compatible server (MinIO, R2, …).")
    region: str = Field("", description="Region of the bucket.")
    access_key: SecretStr = Field(
        SecretStr(""), description="S3: access key id. Azure: account name."
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="S3: secret access key. Azure: account key. GCS: service account as JSON.",
    )
    links: Literal["auto", "presigned", "own"] = Field(
        "auto",
        description="`presigned`: clients fetch from the bucket. `own`: through this server, for "
        "buckets that clients cannot reach. `auto`: presigned where the store can.",
    )
    link_seconds: int = Field(
        3600, ge=1, le=7 * 24 * 3600, description="How long a link to a picture works, in seconds."
    )


class UploadsSettings(Section):
    """The pictures that clients send along."""

    most_bytes: int = Field(72 * 1024 * 1024, ge=1024, description="Largest form, in bytes.")
    most_file_bytes: int = Field(
        32 * 1024 * 1024, ge=1024, description="Largest file in a form, in bytes."
    )
    most_pixels: int = Field(4096 * 4096, ge=4096, description="Most pixels of a sent picture.")
    longest_side: int = Field(4096, ge=64, description="Longest side of one, in pixels.")
    at_once: int = Field(
        4, ge=1, description="Calls whose pictures one process has in memory at the same time."
    )
    hours: float = Field(24.0, gt=0, description="How long sent pictures are kept, in hours.")


class WorkerSettings(Section):
    """The processes that make pictures."""

    embedded: bool = Field(True, description="`imgen serve` runs a worker of its own.")
    concurrency: int = Field(
        0,
        ge=0,
        le=64,
        description="Jobs at once in one worker; 0 = one for each core, but two batches where "
        "weights are loaded, and 16 where remote servers do the work.",
    )
    heartbeat_seconds: float = Field(
        2.0, gt=0, description="How often a worker says that it is alive."
    )
    stalled_seconds: float = Field(
        10.0, gt=0, description="Silence after which a worker's jobs go to another."
    )
    janitor_seconds: float = Field(
        1.0, gt=0, description="How often lost and overdue jobs are looked for."
    )
    drain_seconds: float = Field(
        6.0, ge=0, description="How long a stopping worker lets running jobs finish."
    )


class GenerationSettings(Section):
    """How jobs are run."""

    deadline_seconds: float = Field(
        900.0, gt=0, description="From submission; a job that is not done by then is TIMED_OUT."
    )
    tries: int = Field(3, ge=1, le=100, description="How often a job is tried before it is FAILED.")
    wait_seconds: float = Field(
        120.0, gt=0, description="How long a synchronous call waits before its job is cancelled."
    )
    stand_ins: bool = Field(
        False,
        description="Whether `sketch` answers for models that cannot run here, and every reply "
        "says so: for integrating without a GPU. `imgen serve --stand-ins`.",
    )


class ComplianceSettings(Section):
    """The review of every picture."""

    kind: Literal["on", "off"] = Field(
        "on",
        description="`off` shows pictures unreviewed, and says so. The floor is refused all the "
        "same.",
    )
    rulesets: tuple[Path, ...] = Field(
        (), description="TOML files or folders laid over the built-in rulesets, in this order."
    )
    refuse_prompts: bool = Field(
        False,
        description="Whether a prompt that its ruleset blocks is refused at submit, before a "
        "picture is made and judged.",
    )
    nudity: Literal["auto", "on", "off"] = Field(
        "auto", description="The nudity detector; `auto`: where the extra `safety` is installed."
    )
    text: Literal["auto", "on", "off"] = Field(
        "auto", description="Reading text in pictures; `auto`: where an OCR package is installed."
    )
    hash_distance: int = Field(
        31, ge=0, le=31, description="Bits of 256 within which a picture is on a hash list."
    )
    timeout_seconds: float = Field(
        30.0, gt=0, description="Longest wait for one detector; then the review is tried again."
    )
    vision_url: str = Field(
        "",
        description="Base URL of an OpenAI-compatible server with a vision model that judges "
        "pictures too. Empty: none does.",
    )
    vision_key: SecretStr = Field(SecretStr(""), description="Its API key.")
    vision_model: str = Field("", description="Model to ask for.")
    acs_url: str = Field(
        "", description="An external review service, asked too; docs/acs.md. Empty: none."
    )
    acs_token: SecretStr = Field(SecretStr(""), description="Bearer token for that service.")
    acs_ruleset: str = Field(
        "", description="Ruleset that it is asked for. Empty: the one that the job names."
    )
    quarantine_days: float = Field(
        30.0, gt=0, description="How long blocked pictures are kept, for appeals."
    )
    audit_days: float = Field(365.0, gt=0, description="How long the audit log is kept.")


class AccountsSettings(Section):
    """Counting, and what is kept of calls."""

    request_log_days: float = Field(90.0, gt=0, description="How long the request log is kept.")
    idempotency_hours: float = Field(
        24.0, gt=0, description="How long an Idempotency-Key's answer is kept."
    )
    lease_seconds: float = Field(
        10.0, gt=0, description="How long a dead process's open calls still count as open."
    )
    sign_up: bool = Field(True, description="Whether strangers can make an account (plan `free`).")
    session_days: float = Field(
        30.0, gt=0, description="Longest life of a signed-in session, in days."
    )
    session_idle_days: float = Field(
        7.0, gt=0, description="Silence after which a session ends, in days."
    )


class DiffusersSettings(Section):
    """The engine `diffusers`: weights on this machine's GPU or processor."""

    models: Path | None = Field(
        None,
        description="Folder of weights that `imgen models pull` fetched. Empty: `models` in the "
        "data folder.",
    )
    device: str = Field("auto", description="`cuda:0`, `cpu`, or `auto`: the best there is.")
    memory_gb: float = Field(
        0.0, ge=0, description="Budget for weights on the device, in GiB; 0: what it has."
    )
    batch: int = Field(4, ge=1, le=64, description="Most requests that run together.")
    batch_window_ms: float = Field(
        20.0, ge=0, description="How long a request waits for others like it, in milliseconds."
    )
    loras: int = Field(8, ge=0, description="LoRAs that a loaded model keeps at hand.")
    offload: Literal["auto", "none", "model", "sequential"] = Field(
        "auto", description="Weights wait in main memory: `auto`: where they do not fit otherwise."
    )
    compile: bool = Field(False, description="Whether models are compiled, in the background.")


class ComfyUiSettings(Section):
    """The engine `comfyui`: servers of your own."""

    urls: tuple[str, ...] = Field(
        (), description="Its servers, `http://10.0.0.5:8188`; the least loaded one is asked."
    )
    keys: dict[str, SecretStr] = Field(
        default_factory=dict, description="Host → bearer token, for servers behind a proxy."
    )
    workflows: Path | None = Field(
        None, description="Folder of exported workflows that models may name."
    )
    timeout_seconds: float = Field(30.0, gt=0, description="Longest wait for one answer.")
    patience_seconds: float = Field(
        60.0, gt=0, description="Silence after which a job goes to another server."
    )
    poll_seconds: float = Field(
        1.0, gt=0, description="Between two looks at a job, beside its websocket."
    )


class RunPodSettings(Section):
    """The engine `runpod`: serverless endpoints."""

    key: SecretStr = Field(SecretStr(""), description="RunPod's API key.")
    url: str = Field("https://api.runpod.ai/v2", description="Where its API is.")
    workflows: Path | None = Field(
        None, description="Folder of exported workflows that models may name."
    )
    output_hosts: tuple[str, ...] = Field(
        (),
        description="Hosts (`host` or `host:port`) with a private address that results may be "
        "fetched from, such as a bucket of your own.",
    )
    execution_seconds: float = Field(
        600.0, gt=5, description="Longest run of a job over there, in seconds."
    )
    queue_seconds: float = Field(
        120.0,
        gt=0,
        description="Longest wait of a job for a free worker over there, its start included, in "
        "seconds; then it is cancelled, and the model's next engine asked.",
    )


class OpenAiSettings(Section):
    """The engine `openai`: any server with OpenAI's image calls."""

    url: str = Field("", description="Base URL where a model names none (`https://…/v1`).")
    key: SecretStr = Field(SecretStr(""), description="Its API key.")
    keys: dict[str, SecretStr] = Field(
        default_factory=dict, description="Host → API key, for models that name other servers."
    )
    output_hosts: tuple[str, ...] = Field(
        (),
        description="Hosts (`host` or `host:port`) with a private address that results may be "
        "fetched from, such as a bucket of your own.",
    )
    timeout_seconds: float = Field(300.0, gt=0, description="Longest wait for one picture.")


class CatalogSettings(Section):
    """Models, styles and characters."""

    paths: tuple[Path, ...] = Field(
        (), description="TOML files or folders laid over the built-in catalog, in this order."
    )


class EnhancerSettings(Section):
    """The language model behind `optimize`."""

    url: str = Field(
        "",
        description="Base URL of an OpenAI-compatible server (`https://…/v1`). "
        "Empty: the built-in enhancer, which needs no model.",
    )
    key: SecretStr = Field(SecretStr(""), description="Its API key.")
    model: str = Field("", description="Model to ask for.")
    timeout_seconds: float = Field(20.0, gt=0, description="Longest wait for one answer.")


class FinishingSettings(Section):
    """What vouches for every picture."""

    invisimark: bool = Field(True, description="Whether pictures get the invisible mark.")
    c2pa: bool = Field(True, description="Whether files get signed content credentials.")
    pdq: bool = Field(True, description="Whether pictures get a perceptual fingerprint (PDQ).")
    certificate_chain: Path | None = Field(
        None,
        description="PEM file of the signing certificate and its chain, leaf first. "
        "Empty: a development certificate, made on first start and named as such.",
    )
    private_key: Path | None = Field(None, description="PEM file of the certificate's ES256 key.")
    signing_url: str = Field(
        "", description="A signing service that holds the key instead; docs/content-credentials.md."
    )
    signing_token: SecretStr = Field(SecretStr(""), description="Bearer token for that service.")
    timestamp_url: str = Field(
        "", description="RFC 3161 timestamp authority, asked for every signature. Empty: none."
    )
    trust_anchors: tuple[Path, ...] = Field(
        (), description="PEM files of authorities whose credentials `verify` calls trusted."
    )
    author: str = Field("", description="Author in the credentials, unless a request names one.")
    title: str = Field("", description="Title, likewise.")
    description: str = Field("", description="Description, likewise.")
    organization: str = Field("", description="Organization, likewise.")
    vendor: str = Field("", description="Vendor, likewise.")


class LibrarySettings(Section):
    """The semantic library of pictures that may be served again."""

    remember_unreviewed: bool = Field(
        False,
        description="Whether pictures enter the library although no review has cleared them.",
    )
    shared: bool = Field(
        True,
        description="Whether generated pictures are seen by every account (one operator) or by "
        "their own alone (several tenants).",
    )
    threshold: float = Field(
        0.95,
        ge=0,
        le=1,
        description="Similarity that a cached picture must exceed to be served for a prompt.",
    )
    floor: float = Field(
        0.40,
        ge=0,
        le=1,
        description="Similarity below which the Cache API's `generate` finds no match.",
    )
    public_taxonomies: bool = Field(
        True, description="Whether the lists of characters, models and styles need no key."
    )


class EmbedderSettings(Section):
    """The text encoder behind the library."""

    path: Path | None = Field(
        None, description="Folder of another ONNX sentence encoder. Empty: the built-in one."
    )
    threads: int = Field(1, ge=1, le=64, description="Processor threads for one batch.")


class CaptionerSettings(Section):
    """The vision model that says what pictures show."""

    url: str = Field(
        "",
        description="Base URL of an OpenAI-compatible server with a vision model. "
        "Empty: captions are made from prompts.",
    )
    key: SecretStr = Field(SecretStr(""), description="Its API key.")
    model: str = Field("", description="Model to ask for.")
    timeout_seconds: float = Field(30.0, gt=0, description="Longest wait for one answer.")


class LogSettings(Section):
    """What is written to standard error."""

    level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="debug, info, warning, error."
    )
    format: str = Field(
        "auto",
        pattern="^(auto|json|text)$",
        description="`json` (one object a line), `text`, or `auto`: text on a terminal.",
    )
