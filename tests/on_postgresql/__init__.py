"""The whole suite with PostgreSQL under every home: `make test-postgresql`."""
