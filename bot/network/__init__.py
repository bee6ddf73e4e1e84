"""Between lieux: what travels through the shared rooms of a network, who may say it, and what becomes of it here.

`wire.md` is the format on the wire, `envelope.py` reads and writes it. What is heard comes in by three doors:
`doorway.py` (who comes and goes), `relay.py` (what is said about a request), `partners.py` (in the rooms of projects);
`strangers.py` keeps out who may not speak, by the table in `authority.py`; `allowances.py` bounds what anybody makes us
say, `labels.py` tells look-alikes apart, `common_rooms.py` knows which room is a project's. What is written, in one
transaction each, stands in a row of layers: `letters.py`, `board.py` (requests and cards), `exchange.py` (lines, in
order), `accord.py` (who agrees). Scripts are handed `networks.py`, `requests.py` and `projects.py`.
"""
