"""Long work with progress: a table that outlives the process, a worker, and the midnight bell."""
