"""What travels over the wire, as Pydantic models; those of a report are derived from its form."""
