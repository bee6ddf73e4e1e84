"""What a host runs: the process, setup, doctor, backup, a lieu carried to another bot."""
