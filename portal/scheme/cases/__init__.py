"""
Questions to a pack in the form of the published test vectors, and its answers in their vocabulary.

A pack's own tests have this form, and so has a file given to ``flask scheme run``: a category, inputs,
and results; amounts as decimal texts, dates as 2026-10-31.  ``run`` answers one; ``contribution``,
``late`` and ``time`` know the categories; ``inputs`` reads what was put in.
"""
