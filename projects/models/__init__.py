"""Projects: where the money goes, what they need, who works on them and who depends on them."""

from projects.models.costs import Cost, Reserve, Scenario
from projects.models.manifests import Channel, Manifest, Year
from projects.models.offers import Offer
from projects.models.people import Maintainer, Role
from projects.models.projects import Project, Stream
from projects.models.reliance import Reliance
from projects.models.work import WorkItem

__all__ = [
    "Channel",
    "Cost",
    "Maintainer",
    "Manifest",
    "Offer",
    "Project",
    "Reliance",
    "Reserve",
    "Role",
    "Scenario",
    "Stream",
    "WorkItem",
    "Year",
]
