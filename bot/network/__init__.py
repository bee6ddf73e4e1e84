"""Between lieux: what travels through the shared rooms of a network, who may say it, and what becomes of it here.

`wire.md` is the format on the wire, `envelope.py` reads and writes it. `bot/routing.py` gives what happens in a
network's rooms to `admissions.py` (who comes and goes) and after it to `request_listener.py` (what is said about a
request, below a card too); what happens in projects' rooms to `project_listener.py`; and to `handover.py` where a lieu
has another bot now. `sender_check.py` keeps out who may not
speak, by the table in `authority.py`; `rate_limits.py` bounds what anybody makes us say; `lieu_labels.py` tells
look-alikes apart; `geography.py` knows which lieux are near; `project_rooms.py`, which room is a project's.

`envelope_queue.py` puts what a lieu says in order, and has the table from the kind of an envelope to whoever handles
it: `request_cards.py`, `discussion.py` (offers and lines), `agreements.py` (who does it together). Each writes in
one transaction; `outgoing.py` posts what leaves, `card_texts.py` words it. Scripts are handed `networks.py` (with what
is declared in a network, `declarations.py`, and what its keepers do, `administration.py`), `requests.py`,
`projects.py` and `handover.py`. All of them are built in `parts.py`.
"""
