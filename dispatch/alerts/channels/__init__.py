"""The ways out: web push, a carrier's text messages and calls, chat, and one that only records."""
