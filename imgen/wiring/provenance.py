"""What vouches for pictures, and what checks them: keys, certificates, marks."""

from __future__ import annotations

from dataclasses import dataclass

from imgen.errors import Invalid
from imgen.finishing.credentials.certificates import Chain, Signer, load_chain, load_local_key
from imgen.finishing.credentials.development import development_key, past_development_chains
from imgen.finishing.credentials.read import ReadCredentials
from imgen.finishing.credentials.sign import Sign
from imgen.finishing.credentials.signing_service import SigningService
from imgen.finishing.credentials.trust import Trust
from imgen.finishing.credentials.words import Words
from imgen.finishing.finish import Finisher
from imgen.settings import Settings
from imgen.settings.sections import FinishingSettings
from imgen.verification.verify import Verify
from imgen.wiring.core import Core
from imgen.wiring.memory import GenerationsInDatabase, LookalikesInLibrary
from imgen.wiring.secret import deployment_secret

_FOLDER = "credentials"


@dataclass(frozen=True, slots=True)
class Provenance:
    """The keys behind marks and credentials, loaded once."""

    signer: Signer
    trust: Trust
    mark_key: bytes
    earlier_mark_keys: tuple[bytes, ...]
    """Those of secrets used before: pictures marked with them are still ours."""


def load_provenance(settings: Settings) -> Provenance:
    """The operator's certificate or signing service, else a development certificate of our own.

    Raises:
        imgen.errors.Invalid: a certificate or key cannot be used; names the file.
    """
    finishing, folder = settings.finishing, settings.data_dir / _FOLDER
    signer = _signer(finishing) or development_key(folder)
    earlier = past_development_chains(folder)
    trust = Trust.of([signer.chain, *earlier], anchor_files=finishing.trust_anchors)
    return Provenance(
        signer=signer,
        trust=trust,
        mark_key=deployment_secret(settings),
        earlier_mark_keys=tuple(
            secret.get_secret_value().encode() for secret in settings.previous_secrets
        ),
    )


def make_finisher(settings: Settings) -> Finisher:
    """What every picture goes through before it is stored."""
    finishing, provenance = settings.finishing, load_provenance(settings)
    sign = None
    if finishing.c2pa:
        url = finishing.timestamp_url
        sign = Sign(provenance.signer, trust=provenance.trust, timestamp_url=url)
    return Finisher(
        mark_key=provenance.mark_key if finishing.invisimark else None,
        sign=sign,
        words=Words(
            author=finishing.author,
            title=finishing.title,
            description=finishing.description,
            organization=finishing.organization,
            vendor=finishing.vendor,
        ),
        compute_pdq=finishing.pdq,
    )


def make_verify(core: Core) -> Verify:
    """What tells whether a picture is ours."""
    provenance = load_provenance(core.settings)
    return Verify(
        credentials=ReadCredentials(provenance.trust),
        mark_key=provenance.mark_key,  # also where new pictures are no longer marked
        earlier_mark_keys=provenance.earlier_mark_keys,
        generations=GenerationsInDatabase(core.database),
        lookalikes=LookalikesInLibrary(core.database),
    )


def _signer(finishing: FinishingSettings) -> Signer | None:
    """None where nothing is configured. Half a configuration is refused, never replaced."""
    path, key, url = finishing.certificate_chain, finishing.private_key, finishing.signing_url
    if path is None and key is None and not url:
        return None
    if path is None:
        raise Invalid("finishing.certificate_chain is missing: the signer needs its certificate")
    if bool(url) == (key is not None):
        raise Invalid("Set either finishing.private_key or finishing.signing_url, and not both")
    if key is not None:
        return load_local_key(path, key)
    chain: Chain = load_chain(path)
    return SigningService(url, chain, token=finishing.signing_token.get_secret_value())
