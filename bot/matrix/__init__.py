"""The door to Matrix: the only place that speaks nio."""
