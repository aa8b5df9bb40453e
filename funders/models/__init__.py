"""Where money comes from: the people, their promises, the sources that report them, and the ledger."""

from funders.models.agreement import Alone, Limit
from funders.models.asked import Asked
from funders.models.bookings import Booking, TakeBack
from funders.models.consents import Consent
from funders.models.corrections import Correction
from funders.models.deliveries import Delivery
from funders.models.ledger import DailyTotal, Entry, Rate, Standing
from funders.models.memberships import Membership
from funders.models.people import Funder, Giver, Tier, TierPrice
from funders.models.programmes import Programme
from funders.models.promises import Commitment, Instalment
from funders.models.runs import SyncRun
from funders.models.sources import Source, Upload

__all__ = [
    "Alone",
    "Asked",
    "Booking",
    "Commitment",
    "Consent",
    "Correction",
    "DailyTotal",
    "Delivery",
    "Entry",
    "Funder",
    "Giver",
    "Instalment",
    "Limit",
    "Membership",
    "Programme",
    "Rate",
    "Source",
    "Standing",
    "SyncRun",
    "TakeBack",
    "Tier",
    "TierPrice",
    "Upload",
]
