"""The staff pages of where money goes, one module a job."""
