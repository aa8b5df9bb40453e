"""What is asked for, what staff state about it, and what they tell the public."""

from campaigns.models.campaigns import Campaign, Counted, Level
from campaigns.models.frozen import Frozen
from campaigns.models.statements import EvidenceFile, Statement, Withdrawal
from campaigns.models.updates import Update

__all__ = ["Campaign", "Counted", "EvidenceFile", "Frozen", "Level", "Statement", "Update", "Withdrawal"]

from campaigns import outbox, questions  # noqa: F401  # models too, which point to the ones above
