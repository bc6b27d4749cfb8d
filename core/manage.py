"""Django's commands for the test openIMIS."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openIMIS.settings")

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
