"""What is true of the report whatever the database or protocol: pure functions, standard library only."""
