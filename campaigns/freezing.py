"""The figures of a campaign's last day, kept for good and signed; and what has moved since.

The key comes out of SECRET_KEY. Another SECRET_KEY makes another key: what was signed before keeps its own, on its
row, and whoever wrote that one down can still trust it.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.api import described
from campaigns.figures import Figures, figures
from campaigns.models import Campaign, Frozen, Statement, Withdrawal
from campaigns.progress import measure
from funders.models import Asked
from fundtracker.models import User
from fundtracker.money import Money

HOW = (
    "digest is the SHA-256 of the bytes of document (UTF-8). "
    "signature is Ed25519, by public_key, of the 32 bytes of that digest. All are hexadecimal."
)


@dataclass(frozen=True, slots=True)
class Part:
    """A cause, and how far it moved the figure."""

    why: str
    moved: Money


@dataclass(frozen=True, slots=True)
class Since:
    """What moved after the figures were frozen."""

    frozen: Frozen
    moved: Money
    parts: tuple[Part, ...]


def at_the_end(campaign: Campaign, day: date) -> Figures:
    """The figures at the end of `day`, as far as they are known now."""
    [made] = measure([campaign], on=day)
    return figures(made, today=day, now=timezone.now())


def obstacle(campaign: Campaign, *, today: date) -> str:
    """Why the figures cannot be frozen yet; empty where they can."""
    if campaign.ends_on is None:
        return _("Set the last day first.")
    if not campaign.is_over(today):
        return _("The last day has to be over: its figures can be frozen from the day after.")
    asked = Withdrawal.objects.waiting().filter(statement__campaign=campaign)
    if Statement.objects.waiting().filter(campaign=campaign).exists() or asked.exists():
        return _("A total waits for a second person: it has to be decided first.")
    if Asked.objects.waiting().filter(kind=Asked.Kind.CAMPAIGN, thing=campaign.pk).exists():
        return _("A change of what counts waits for a second person: it has to be decided first.")
    if at_the_end(campaign, campaign.ends_on).received is None:
        return _("No figure was published, so there is none to freeze.")
    return ""


def freeze(campaign: Campaign, user: User) -> Frozen:
    """For good: there is one for each campaign. The caller holds the campaign and has asked for an obstacle()."""
    assert campaign.ends_on
    document = _document(at_the_end(campaign, campaign.ends_on), campaign.ends_on)
    digest, key = hashlib.sha256(document.encode()), _key()
    return Frozen.objects.create(
        campaign=campaign,
        day=campaign.ends_on,
        document=document,
        digest=digest.hexdigest(),
        signature=key.sign(digest.digest()).hex(),
        public_key=_hex(key.public_key()),
        recorded_by=user,
    )


def problem(row: Frozen, trusted: Collection[str] = ()) -> str:
    """What is wrong with a row, in words; empty where it is as it was signed. `trusted`: keys of former days."""
    digest = hashlib.sha256(row.document.encode())
    if digest.hexdigest() != row.digest:
        return _("The digest is not that of the document.")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public_key))
        key.verify(bytes.fromhex(row.signature), digest.digest())
    except (InvalidSignature, ValueError):
        return _("The signature is not of this digest.")
    said = row.figures
    if (said["campaign"]["slug"], said["day"]) != (row.campaign.slug, row.day.isoformat()):
        return _("The document is of another campaign or another day.")
    if row.public_key not in {public_key(), *trusted}:
        return _(
            "It was signed with a key that is not this site’s key now: compare it with the one published then."
        )
    return ""


def public_key() -> str:
    return _hex(_key().public_key())


def public_pem() -> bytes:
    return _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def since(now: Figures) -> Since | None:
    """What moved since the figures were frozen, by cause; None where they were not."""
    campaign = now.campaign
    if not hasattr(campaign, "frozen"):
        return None
    row: Frozen = campaign.frozen
    nothing = Money(0, campaign.currency)
    moved = (now.received or nothing) - row.headline
    if now.is_monthly:
        return Since(row, moved, ())
    back = now.progress.taken_back - Money.of(row.figures["taken_back"], campaign.currency)
    rest = _("Totals stated or withdrawn since") if _stated(now) != row.figures["stated"] else _(
        "Payments booked or corrected since"
    )  # fmt: skip
    parts = Part(_("Refunds and chargebacks"), back), Part(rest, moved - back)
    return Since(row, moved, tuple(part for part in parts if part.moved))


def _document(made: Figures, day: date) -> str:
    """The campaign as the API describes it, in canonical JSON: keys in order, no spaces."""
    content = {
        "campaign": described(made).model_dump(mode="json", exclude={"frozen"}),
        "day": day.isoformat(),
        "frozen_at": timezone.now().isoformat(timespec="seconds"),
        "stated": _stated(made),
        "taken_back": str(made.progress.taken_back.decimal),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _stated(made: Figures) -> dict[str, str] | None:
    said = made.progress.statement
    return {"amount": str(said.amount.decimal), "as_of": said.as_of.isoformat()} if said else None


def _key() -> Ed25519PrivateKey:
    seed = HKDF(SHA256(), 32, salt=None, info=b"fundtracker frozen figures").derive(
        settings.SECRET_KEY.encode()
    )
    return Ed25519PrivateKey.from_private_bytes(seed)


def _hex(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
