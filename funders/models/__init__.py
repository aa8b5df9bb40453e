"""Where money comes from: the people, their promises, the sources that report them, and the ledger."""

from funders.models.agreement import Alone, Limit
from funders.models.corrections import Correction
from funders.models.deliveries import Delivery
from funders.models.ledger import DailyTotal, Entry, Rate, Standing
from funders.models.people import Funder, Giver, Programme, Tier
from funders.models.promises import Commitment, Instalment
from funders.models.runs import SyncRun
from funders.models.sources import Source, Upload

__all__ = [
    "Alone",
    "Commitment",
    "Correction",
    "DailyTotal",
    "Delivery",
    "Entry",
    "Funder",
    "Giver",
    "Instalment",
    "Limit",
    "Programme",
    "Rate",
    "Source",
    "Standing",
    "SyncRun",
    "Tier",
    "Upload",
]
