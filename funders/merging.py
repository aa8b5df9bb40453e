"""Two funders that are one: everything of the one becomes the other's, and history says so."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from pghistory.models import Event

from funders import consents
from funders.models import Funder
from fundtracker.middleware import forget_copies
from fundtracker.models import User


@transaction.atomic
def merge(gone: Funder, into: Funder, user: User, *, on: date) -> None:
    """`gone` gives its identities to `into`, with their promises and gifts, its programmes and consents, and is deleted.

    `into` decides what is named: a consent of `gone` is kept on record and names nobody by itself.
    """
    # As they are now, and not as a form read them: a consent may have been withdrawn since.
    rows = Funder.objects.filter(pk__in=[gone.pk, into.pk]).order_by("pk").select_for_update()
    locked = {row.pk: row for row in rows}
    gone, into = locked[gone.pk], locked[into.pk]
    if into.consents.in_force().exists():
        why = _("Merged: the consent of %(funder)s holds.") % {"funder": into}
        gone.consents.in_force().update(withdrawn_on=on, withdrawn_by=user, withdrawn_why=why)
    for relation in Funder._meta.related_objects:  # those of the floors above too
        model, field = relation.related_model, relation.field.name
        if not issubclass(model, Event):  # history stays what it was
            model._default_manager.filter(**{field: gone}).update(**{field: into})
    for field in ("url", "summary", "contact", "logo"):
        setattr(into, field, getattr(into, field) or getattr(gone, field))
    if into.kind == Funder.Kind.UNKNOWN:
        into.kind = gone.kind
    into.save()
    gone.delete()
    consents.follow(into)
    transaction.on_commit(forget_copies)
