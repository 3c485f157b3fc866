"""Which signer a configuration leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from imgen.errors import Invalid
from imgen.finishing.credentials.development import development_key
from imgen.settings import load_settings
from imgen.wiring.provenance import load_provenance


def test_without_a_certificate_a_development_one_is_made_and_kept(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    one, again = load_provenance(settings), load_provenance(settings)
    assert one.signer.chain == again.signer.chain
    assert "development" in one.signer.chain.leaf.subject.rfc4514_string()


def test_the_operator_s_certificate_is_used(tmp_path: Path) -> None:
    operator = development_key(tmp_path / "operator")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_text(operator.chain.pem)
    key.write_text(operator.key_pem)
    settings = load_settings(
        data_dir=tmp_path / "data", finishing={"certificate_chain": chain, "private_key": key}
    )
    assert load_provenance(settings).signer.chain == operator.chain


@pytest.mark.parametrize(
    "finishing",
    [
        {"certificate_chain": "chain.pem"},
        {"private_key": "key.pem"},
        {"signing_url": "http://127.0.0.1:1/sign"},
        {"certificate_chain": "c.pem", "private_key": "k.pem", "signing_url": "http://x/sign"},
    ],
)
def test_half_a_signer_is_refused_and_not_replaced_by_another(
    tmp_path: Path, finishing: dict[str, Any]
) -> None:
    with pytest.raises(Invalid, match=r"finishing\."):
        load_provenance(load_settings(data_dir=tmp_path, finishing=finishing))


def test_pictures_marked_with_an_earlier_secret_are_still_looked_for(tmp_path: Path) -> None:
    settings = load_settings(
        data_dir=tmp_path, secret="new secret of today", previous_secrets=["old secret of then"]
    )
    provenance = load_provenance(settings)
    assert provenance.mark_key == b"new secret of today"
    assert provenance.earlier_mark_keys == (b"old secret of then",)
