# Read by `flask` in this folder: its commands need no pages.
FLASK_APP=cli.application:create_app
