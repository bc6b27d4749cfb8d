"""
Stands in for a package of this name, which needs a compiler to be installed.

openIMIS's tools import it to lock the master data they hand out with a password: this test server hands out none.
"""


def compress(*_arguments):
    """Not here."""
    raise NotImplementedError("The test openIMIS hands out no master data.")
