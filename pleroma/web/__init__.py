"""What every view stands on: the application, requests, parameters, pages of lists, responses."""
