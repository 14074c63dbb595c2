"""What a drill replays: its world, its timeline, and how sure each line of it is."""
