"""Adding one company by hand: a dialog on the list (domain document, g.2)."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from hunter.errors import HunterError
from hunter.ops.acts import Act, Chosen, Place, Told, places
from hunter.ops.showing import page_url
from leads.company_wish import CompanyWish
from leads.services.adding import add_company


class NewCompanyForm(forms.Form):
    """How somebody names a company; the tick is asked for only after the warning."""

    website = forms.CharField(
        label="Website", max_length=2000, required=False, widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Like www.firm.com. Where several are given, it counts first, then the e-mail address.",
    )  # fmt: skip
    email = forms.CharField(
        label="E-mail address", max_length=320, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Of somebody there. It is kept as a contact.",
    )  # fmt: skip
    domain = forms.CharField(label="Domain", max_length=255, required=False, widget=UnfoldAdminTextInputWidget)
    name = forms.CharField(
        label="Company name", max_length=255, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Optional. No referral and no list changes it afterwards.",
    )  # fmt: skip
    accept_consumer_domain = forms.BooleanField(
        label="Add it although it is a mail domain of private persons", required=False, widget=forms.HiddenInput
    )

    def add_error(self, field: str | None, error: Any) -> None:
        """The warning brings its tick with it."""
        if field == "accept_consumer_domain":
            self.fields[field].widget = UnfoldBooleanWidget()
        super().add_error(field, error)


def add(chosen: Chosen) -> Told:
    given = dict(chosen.answers)
    accepts = bool(given.pop("accept_consumer_domain", False))
    by: Any = chosen.by
    if not any(value.strip() for value in given.values()):
        raise HunterError("Give a website, an e-mail address or a domain.", field="website")
    result = add_company(CompanyWish(**given), by=by, accepts_consumer_domain=accepts)
    return Told(result.sentence(), lead_to=page_url("leads_company", result.company.pk))


ADD_COMPANY = Act(
    "add_company", "Add a company", "leads.add_company", add, places(Place.PAGE), icon="add_business", form=NewCompanyForm,
    question="A website, an e-mail address or a domain is enough. It is scanned at once; a known one is left as it is.",
)  # fmt: skip
