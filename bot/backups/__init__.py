"""Copies of the bot's data that leave the machine every night, and the proof, every week, that one of them comes back.

`archive` makes one file of the data and puts it back; `sending` encrypts and sends it, `proving` fetches and restores
it. Both run in a process of their own (`worker`), for they take memory and time that the bot has not; `nightly` begins
them, writes down how they ended, and says so where it matters.
"""
