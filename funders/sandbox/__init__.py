"""Providers for development: their APIs and files, and the ECB's rates, from generated data, over HTTP."""
