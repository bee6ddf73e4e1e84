"""Who comes to a lieu, who is there, and who goes."""
