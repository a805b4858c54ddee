"""What a report's prose says: its figures with their meaning, and the rules that it is held to."""
