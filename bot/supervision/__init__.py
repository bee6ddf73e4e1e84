"""What a supervisor is told: the log, health and metrics, systemd, and a loop that stands still."""
