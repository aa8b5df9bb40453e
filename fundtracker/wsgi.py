"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from fundtracker import startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fundtracker.settings")
startup.require_settings()
startup.require_database()
application = get_wsgi_application()
