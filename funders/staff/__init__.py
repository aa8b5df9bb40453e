"""Staff pages about where money comes from, one module a job."""
