"""
The rows a new openIMIS needs before anything can be told to it, and what the portal asks its operator for.

Reads one JSON document: ``{"products": {code: name}, "places": [{"code", "name", "places": […]}], "users": {name:
{"password", "rights": [numbers] or "all"}}}``.  Again: what is there stays as it is; users get their password and
their rights anew.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openIMIS.settings")
django.setup()

from core.models import InteractiveUser, Language, Officer, Role, RoleRight, User, UserRole  # noqa: E402
from django.db import transaction  # noqa: E402
from insuree.models import (  # noqa: E402
    ConfirmationType,
    Education,
    FamilyType,
    Gender,
    IdentificationType,
    Profession,
    Relation,
)
from location.models import Location, UserDistrict  # noqa: E402
from product.models import Product  # noqa: E402

AUDIT = {"audit_user_id": -1}
#: Everything hangs on these: new persons live in the village, policies are made by the officer.
PORTAL = "PORTAL"
LEVELS = "RDWV"  # region, district, ward, village
#: An administrator may all there is.
ADMINISTRATOR = 64


def code_lists():
    """What the dump of a full installation would have held."""
    for n, (code, name) in enumerate([("en", "English"), ("fr", "Français")]):
        Language.objects.get_or_create(code=code, defaults={"name": name, "sort_order": n})
    for code, name in [("M", "Male"), ("F", "Female"), ("O", "Other")]:
        Gender.objects.get_or_create(code=code, defaults={"gender": name})
    FamilyType.objects.get_or_create(code="H", defaults={"type": "Household"})
    ConfirmationType.objects.get_or_create(code="A", defaults={"confirmationtype": "Local council"})
    IdentificationType.objects.get_or_create(code="N", defaults={"identification_type": "National ID"})
    Relation.objects.get_or_create(id=1, defaults={"relation": "Spouse"})
    Profession.objects.get_or_create(id=4, defaults={"profession": "Other"})
    Education.objects.get_or_create(id=1, defaults={"education": "None"})


def place(code, name, level, parent):
    """A place of one of four levels."""
    found, _made = Location.objects.get_or_create(
        code=code, type=LEVELS[level], validity_to=None, defaults={"name": name[:50], "parent": parent, **AUDIT}
    )
    return found


def tree(places, level=0, parent=None):
    """The places, those inside them below; four levels at most."""
    for each in places:
        here = place(each["code"], each["name"], level, parent)
        if level + 1 < len(LEVELS):
            tree(each.get("places", ()), level + 1, here)


def village():
    """Where everybody lives whose village the portal does not know."""
    here = None
    for level, kind in enumerate(LEVELS):
        # FHIR finds a place by its code alone, whatever its level: the village's is nobody else's.
        here = place(PORTAL if kind == "V" else f"{PORTAL}-{kind}", "Employer and contribution portal", level, here)


def product(code, name):
    """A product of a month, of which the portal says what it costs."""
    values = {
        "name": name[:100],
        "date_from": "2000-01-01",
        "date_to": "2099-12-31",
        "insurance_period": 1,
        "lump_sum": 0,
        "max_members": 20,
        "premium_adult": 0,
        "premium_child": 0,
        "grace_period_enrolment": 0,
        "grace_period_payment": 0,
        "grace_period_renewal": 0,
        "age_minimal": 0,
        "age_maximal": 150,
    }
    Product.objects.get_or_create(code=code, validity_to=None, defaults={**values, **AUDIT})


def user(name, password, rights):
    """An account with a role of its own, which sees every district."""
    everything = rights == "all"
    system = ADMINISTRATOR if everything else 0
    role, _made = Role.objects.get_or_create(name=name, defaults={"is_system": system, "is_blocked": False, **AUDIT})
    role.rights.all().delete()
    RoleRight.objects.bulk_create(
        RoleRight(role=role, right_id=right, **AUDIT) for right in ([] if everything else rights)
    )
    person = InteractiveUser.objects.filter(login_name=name).first() or InteractiveUser(login_name=name)
    person.last_name, person.other_names, person.role_id = name, "Portal", role.id
    person.language_id = "en"
    person.set_password(password)
    person.save()
    UserRole.objects.get_or_create(user=person, role=role, defaults=AUDIT)
    if not User.objects.filter(username=name).exists():
        User(username=name, i_user=person).save()
    for district in Location.objects.filter(type="D", validity_to=None):
        UserDistrict.objects.get_or_create(user=person, location=district, defaults=AUDIT)


@transaction.atomic
def main():
    """All of it, or nothing."""
    told = json.load(sys.stdin)
    code_lists()
    tree(told["places"])
    village()
    Officer.objects.get_or_create(code=PORTAL, defaults={"last_name": "Portal", "other_names": "-", **AUDIT})
    for code, name in told["products"].items():
        product(code, name)
    for name, account in told["users"].items():
        user(name, account["password"], account["rights"])


main()
