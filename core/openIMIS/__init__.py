"""
A test openIMIS, put together from its published packages, which run unmodified.

The packages expect a project of this name around them: settings, addresses, one GraphQL schema of all modules, and a
registry of handlers of errors.  See docs/decisions/0014-a-test-openimis-from-packages.md.
"""
