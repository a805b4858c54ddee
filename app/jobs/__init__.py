"""What takes longer than a request should wait its turn for, and how turns are given."""
