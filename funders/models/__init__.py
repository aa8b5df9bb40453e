"""Where money comes from: the people, their promises, the sources that report them, and the ledger."""

from funders.models.agreement import Alone, Limit
from funders.models.deliveries import Delivery
from funders.models.ledger import DailyTotal, Entry, Rate, Standing
from funders.models.people import Funder, Giver, Tier
from funders.models.programmes import Programme
from funders.models.promises import Commitment, Instalment
from funders.models.runs import SyncRun
from funders.models.sources import Source, Upload
from funders.models.take_backs import TakeBack

__all__ = [
    "Alone",
    "Commitment",
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
    "TakeBack",
    "Tier",
    "Upload",
]
