"""What the logs say of the use of each way to the data: used, unused, or untold."""
