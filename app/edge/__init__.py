"""The service's edges: what every request and every answer goes through, whatever it is about."""
