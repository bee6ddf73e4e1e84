"""How long what a lieu knows of people is kept: what goes at night, and what its register of processing says."""
