"""Cases that any server of this API must agree with, and a second opinion on their numbers."""
