"""What operators run beside the server: backup, restore, doctor, stats."""
