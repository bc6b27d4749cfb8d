"""
Breaking things on purpose: the whole portal on servers of its own, a client that never gives up, and faults by lot.

``python -m tests.chaos --seeds 12`` starts PostgreSQL, broker, web, worker, timetable and a core that applies
whatever it receives, lets employers declare and cashiers record payments while everything is killed, stopped, emptied
or answered wrongly, then counts what was lost, doubled or out of order.  Each count must be 0.

Nothing of it is in the portal: `entry` starts the portal's own programs with their waiting times shortened, and with
the pauses (`failpoints`) and planted bugs (`mutants`) a run asks for.
"""
