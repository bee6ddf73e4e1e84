"""The public pages: what somebody sees who is not on Matrix yet."""
