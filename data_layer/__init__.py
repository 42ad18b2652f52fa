"""Everything Meterbook knows and does, without a web page: imports no dash, flask or plotly."""
