"""Which modules of openIMIS are installed, in an order in which they can be loaded."""

MODULES = (
    "core",
    "location",
    "medical",
    "medical_pricelist",
    "product",
    "insuree",
    "policy",
    "payer",
    "contribution",
    "payment",
    "report",
    "claim",
    "claim_batch",
    "tools",
    "invoice",
    "calculation",
    "calcrule_contribution_legacy",
    "calcrule_contribution_income_percentage",
    "contribution_plan",
    "policyholder",
    "contract",
    "api_fhir_r4",
)


def openimis_apps():
    """The modules, as their own code asks for them."""
    return list(MODULES)
