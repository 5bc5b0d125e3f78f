"""What dashboards and rules are made of; dashboards/generate.py writes them."""
