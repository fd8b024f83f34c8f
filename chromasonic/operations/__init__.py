"""What keeps a workspace well: a look at its health, a report of a problem, a backup."""
