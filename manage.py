#!/usr/bin/env python
"""Django's command line."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fundtracker.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from fundtracker import startup

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # Asked afterwards, so that `help` needs no settings and --settings may name others.
        if settings.configured:
            raise
        startup.refuse(str(error))
