"""What callers can ask for: a function each, one transaction's worth of work; no HTTP."""
