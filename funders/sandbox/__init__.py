"""A provider for development: Open Collective's API and the ECB's rate files, from generated data, over HTTP."""
