"""What concierges read of what happened: who did what, and the week of their lieu."""
