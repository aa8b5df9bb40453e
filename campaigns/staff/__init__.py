"""Staff pages about what is asked for, a module for each job."""
