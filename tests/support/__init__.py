"""What the tests share: servers, processes, worlds in simulated time, and documents to read."""
