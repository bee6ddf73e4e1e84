"""The only place that speaks to a homeserver, and the only one that speaks nio."""
