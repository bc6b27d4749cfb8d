"""Every table of the portal: foreign keys across packages are resolved once all of them are imported."""

from __future__ import annotations

from portal import approvals, audit, audit_chain, breaker, files, outbox, restoring, series, taken, work
from portal.auth import models as auth
from portal.auth import on_behalf
from portal.bank import models as bank
from portal.bringing import models as bringing
from portal.cases import models as cases
from portal.colleagues import models as colleagues
from portal.contributions import models as contributions
from portal.contributions.reviewing import models as reviewing
from portal.coverage import models as coverage
from portal.db import Base
from portal.employees import models as employees
from portal.employers import models as employers
from portal.gateway import models as gateway
from portal.jobs import models as jobs
from portal.ledger import cashbook
from portal.ledger import models as ledger
from portal.moving import models as moving
from portal.notices import models as notices
from portal.officers.record import models as record
from portal.opening import models as opening
from portal.payments import models as payments
from portal.people import models as people
from portal.staff import reading

ALL = (
    approvals,
    audit,
    audit_chain,
    auth,
    bank,
    breaker,
    cases,
    colleagues,
    bringing,
    cashbook,
    contributions,
    coverage,
    employees,
    employers,
    files,
    gateway,
    jobs,
    ledger,
    moving,
    opening,
    notices,
    on_behalf,
    outbox,
    payments,
    people,
    reading,
    record,
    reviewing,
    restoring,
    series,
    taken,
    work,
)
metadata = Base.metadata
