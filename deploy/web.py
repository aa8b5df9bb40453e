"""Gunicorn's settings, for the demonstration and for a server alike."""

import os

wsgi_app = "fundtracker.wsgi"
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
# Loaded once, before the workers: a refusal to start is said once and ends the server.
preload_app = True
timeout = 30
graceful_timeout = 10
# nginx reuses its connections to us for up to 60 s; closing first would answer some visitors with 502.
keepalive = 75
# The proxy in front is the only one that can reach us, whatever its address in the network.
forwarded_allow_ips = os.environ.get("WEB_PROXIES", "127.0.0.1")
control_socket_disable = True
