"""Guided conversations: what is asked, how answers are understood, and where each conversation stands."""
