"""What the server says of its own state: health check and figures."""
