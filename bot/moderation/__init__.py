"""What moderation may touch in a lieu, and what it keeps: silences, ban lists."""
