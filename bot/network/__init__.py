"""Between lieux: what travels through the shared rooms of a network, who may say it, and what becomes of it here.

`wire.md` is the format on the wire, `envelope.py` reads and writes it, `networks.py` knows who is in a network,
`requests.py` what is asked of us and by us, `relay.py` carries words from a lieu's rooms to the network and back.
"""
