"""What the service does by itself, beside answering."""
