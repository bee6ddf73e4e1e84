"""What a host runs: the process and its log, its health, setup, doctor, backup, a lieu carried to another bot."""
