"""What must survive a crash: the only place that speaks SQLite. One file here for one family of tables.

Every query is a plain function of a transaction, `f(tx, …)`, handed to `Database.write` or `Database.read`:
it runs whole, in order, in one thread, and cannot wait for the network in the middle.
"""
