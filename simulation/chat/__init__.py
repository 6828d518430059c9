"""A person talks with personas: the conversation itself, apart from any terminal or page."""
