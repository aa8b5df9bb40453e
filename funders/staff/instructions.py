"""How each provider is connected, for the page that connects it: one row a kind, and a contract test misses none."""

from dataclasses import dataclass

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _

from funders import connectors

Text = str | Lazy
NO_CONTACTS = _("E-mail addresses, postal addresses and messages of givers.")


@dataclass(frozen=True, slots=True)
class Guide:
    """What a kind needs, by the provider's own words for it; what has no label is not asked for.

    `zone`: its dates have none of their own. `token_optional`: it reads less, or slower, without one.
    """

    line: Text
    reads: Text
    never: Text
    steps: tuple[Text, ...]
    account: Text = ""
    address: Text = ""
    token: Text = ""
    token_optional: bool = False
    secret: Text = ""
    zone: bool = False


GUIDES: dict[str, Guide] = {
    "civicrm": Guide(
        line=_("Contributions and memberships of a CiviCRM site."),
        address=_("Address of the site"),
        token=_("API key"),
        zone=True,
        steps=(
            _("In CiviCRM make a user for this connection, with a contact of its own."),
            _(
                "Give its role these permissions: “authenticate with api key”, “access CiviContribute”, “access CiviMember” and “view all contacts”. No permission to edit or delete."
            ),
            _("On that contact, under “API Key”, make a key and put it in here."),
            _("Set the time zone to the site's own: CiviCRM writes none."),
        ),
        reads=_("Contributions with fees and refunds, and memberships with their types."),
        never=_("Contacts: every giver stays unnamed, since CiviCRM does not say who may be named."),
    ),
    "donorbox": Guide(
        line=_("Gifts and recurring plans of a Donorbox account."),
        account=_("E-mail address you sign in with"),
        token=_("API key"),
        steps=(
            _("Donorbox's API is an add-on that is paid for: switch it on under “Add-ons”."),
            _("Under “Account settings”, “API & Zapier integration”, set an API key and put it in here."),
            _("This key has no narrower permissions: it can read the whole account."),
        ),
        reads=_("Donations with fees and refunds, plans and campaigns."),
        never=NO_CONTACTS,
    ),
    "github": Guide(
        line=_(
            "Who sponsors an organisation or a user at GitHub. The money itself comes with GitHub's export."
        ),
        account=_("Organisation or user"),
        token=_("Personal access token (classic)"),
        steps=(
            _(
                "Sign in to GitHub as an owner of the account, and open “Settings”, “Developer settings”, “Personal access tokens”, “Tokens (classic)”."
            ),
            _(
                "Make a token with just “read:user” and “read:org”. Organisations may refuse the fine-grained kind."
            ),
            _("If the organisation has a single sign-on, authorise the token for it."),
        ),
        reads=_(
            "Sponsorships with their tiers and days, and each sponsor's total where you ask for it below."
        ),
        never=_("Code, issues and e-mail addresses. Private sponsors are counted and never named."),
    ),
    "kofi": Guide(
        line=_("Ko-fi tells of each payment by itself, from the day on which it is connected."),
        secret=_("Verification token"),
        steps=(
            _("In Ko-fi open “More”, “API” (ko-fi.com/manage/webhooks)."),
            _("Under “Advanced” copy the verification token and put it in here."),
            _("Then put the address that this source's page shows into Ko-fi's field “Webhook URL”."),
            _("What was paid before comes with Ko-fi's export, as a source of its own."),
        ),
        reads=_("Donations and memberships as they are paid."),
        never=NO_CONTACTS,
    ),
    "liberapay": Guide(
        line=_(
            "What a Liberapay account receives, as a promise by the month; its money is read at Stripe or PayPal."
        ),
        account=_("User name, or ~ and the account's number"),
        steps=(_("Nothing is needed but the name: the account's page is public."),),
        reads=_("The public page: the number of patrons, and what they give in a week."),
        never=_("Who gives."),
    ),
    "opencollective": Guide(
        line=_("Contributions, refunds, fees and subscriptions of a collective."),
        account=_("Short name, as in opencollective.com/short-name"),
        token=_("Personal token"),
        token_optional=True,
        steps=(
            _(
                "Sign in to Open Collective, open your own profile's settings, “For developers”, and make a personal token."
            ),
            _("It needs no scope: only what is public is read. Without a token it works ten times slower."),
        ),
        reads=_("Transactions and contributions of the collective, its events and its projects."),
        never=_(
            "E-mail addresses, expenses' details, and the names of guests and of those who give incognito."
        ),
    ),
    "patreon": Guide(
        line=_("Payments and pledges of the members of one Patreon campaign."),
        account=_("Campaign's number or name"),
        token=_("Creator's access token"),
        steps=(
            _(
                "Open patreon.com/portal/registration/register-clients as the creator, and make a client (API version 2)."
            ),
            _(
                "Copy “Creator's Access Token” and put it in here. It can read “campaigns” and “campaigns.members”."
            ),
            _("It lasts a month: Today tells you when it has to be put in anew."),
        ),
        reads=_("What members paid and pledge, and their tiers."),
        never=_("Names: Patreon does not say who may be named, so nobody's is even asked for."),
    ),
    "stripe": Guide(
        line=_("The balance of a Stripe account: charges, fees, refunds, disputes and subscriptions."),
        account=_("Name of the account, as you call it"),
        token=_("Restricted key"),
        secret=_("Signing secret of the webhook"),
        steps=(
            _("In Stripe's dashboard open “Developers”, “API keys”, and make a restricted key."),
            _(
                "Give it “Read” for balance transactions, charges, refunds, disputes, invoices and subscriptions, and “None” for all else. It starts with rk_live_."
            ),
            _(
                "For news within seconds add a webhook with the address that this source's page shows, and put its signing secret (whsec_…) in here. This can wait."
            ),
        ),
        reads=_("Each row of the balance with what it comes from, and subscriptions."),
        never=_("Card numbers, names and addresses: everybody is anonymous, since nobody said otherwise."),
    ),
    "github_export": Guide(
        line=_("Every payment of GitHub Sponsors, from the file that GitHub mails."),
        account=_("Organisation or user, as at the source of its API"),
        steps=(
            _(
                "In the Sponsors dashboard open “Your sponsors”, “Export”, and choose CSV or JSON; it comes by e-mail."
            ),
            _("A newer file may hold the same months again: nothing is counted twice."),
        ),
        reads=_("Payments, refunds, and whether a sponsorship is public."),
        never=_("E-mail addresses and where a sponsor lives."),
    ),
    "kofi_csv": Guide(
        line=_("Ko-fi's transaction export, for what no message told."),
        steps=(_("In Ko-fi open “Payments”, “Transactions”, and export them as CSV."),),
        reads=_("Donations and memberships; a payment that Ko-fi has told of already counts once."),
        never=NO_CONTACTS,
    ),
    "liberapay_csv": Guide(
        line=_("Each patron of a Liberapay account, as a promise."),
        account=_("User name"),
        steps=(
            _(
                "Download the public list (liberapay.com/name/patrons/public.csv), or, as the owner, the export of your patrons."
            ),
            _("What it says stands for a month: upload the next one then."),
        ),
        reads=_("What each patron gives in a week, and whether they may be named."),
        never=_("Money: it is charged by your own Stripe or PayPal account, and read there."),
    ),
    "opencollective_csv": Guide(
        line=_("The transaction export of Open Collective's dashboard."),
        account=_("Short name of the collective"),
        steps=(_("In the collective's dashboard open “Transactions”, “Export”, with all columns."),),
        reads=_("Contributions, refunds and fees."),
        never=_("E-mail addresses and expenses."),
    ),
    "givewp": Guide(
        line=_("Donations of a WordPress site with GiveWP."),
        zone=True,
        steps=(
            _("In WordPress open “Donations”, “Tools”, “Export”, “Donation history”."),
            _(
                "Tick “Payment Mode” and “Payment Gateway” too: without them a test gift would look like a real one."
            ),
        ),
        reads=_("Donations, renewals and refunds."),
        never=NO_CONTACTS,
    ),
    "camt053": Guide(
        line=_("What a bank booked: transfers that you call gifts, and charges."),
        steps=(
            _("In your online banking export the statement as XML; banks call the format camt.053."),
            _("Nothing in it is a gift unless the settings below say so."),
        ),
        reads=_("Booked lines, each statement checked against its own balances."),
        never=_("Names: a bank does not say who wants to be named. IBANs are kept as digests."),
    ),
    "360giving": Guide(
        line=_("Grants as published in the 360Giving standard."),
        steps=(_("Any file in the standard will do: JSON, CSV or XLSX."),),
        reads=_("Awards as promises, what was disbursed as money."),
        never=_("Grants to others than the recipients named below."),
    ),
    "table": Guide(
        line=_("Any other table, by saying which column is what."),
        zone=True,
        steps=(_("The first row names the columns. At least a date and an amount are needed."),),
        reads=_("The columns that you name, and no other."),
        never=_("A giver's name, unless a column says that the gift is public."),
    ),
    connectors.MANUAL: Guide(
        line=_("Money and promises that you type in yourself: cheques, memberships, grants."),
        steps=(_("Nothing is read: entries are typed in."),),
        reads=_("Nothing."),
        never=_("Anything."),
    ),
}


def is_file(kind: str) -> bool:
    """Whether a source of this kind is a series of uploaded files."""
    return kind != connectors.MANUAL and connectors.get(kind).ATOMIC
