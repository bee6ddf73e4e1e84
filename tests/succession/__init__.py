"""Rooms that are upgraded, followed."""
