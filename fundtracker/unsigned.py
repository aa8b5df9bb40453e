"""What forms for the public share, which carry no cookie, token or script: who sends, and what stops programs."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.http import HttpRequest
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext_lazy as _

# Without letters and digits that are read as one another.
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
TOO_MANY = _("Many messages have come in today, so this one was not taken. Send it tomorrow.")


class Trap(forms.BaseForm):
    """People do not see `website`; programs that fill in every field do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        box = forms.TextInput({"tabindex": "-1", "autocomplete": "off"})
        self.fields["website"] = forms.CharField(required=False, label=_("Leave this empty"), widget=box)


def new_reference() -> str:
    return get_random_string(8, LETTERS)


def who(request: HttpRequest) -> str:
    """A keyed hash of the address; of IPv6 the network, in which one household has more addresses than it can use."""
    address = ip_address(get_adapter(request).get_client_ip(request))
    if isinstance(address, IPv6Address):
        address = ip_network((address, 64), strict=False).network_address
    return salted_hmac("fundtracker.asked", str(address), algorithm="sha256").hexdigest()
