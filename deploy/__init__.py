"""What runs Energy Monitor on AWS or on a machine of one's own."""
