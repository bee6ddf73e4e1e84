"""Attacks as stories: who tries what, and why it must fail. Each file is one kind, with the cousins that were found."""
