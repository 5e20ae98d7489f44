"""Alerts: what is published goes to those who follow its country or topic, each change once.

`noticing` finds the change, `matching` who has not been told of it, `letters` writes to them,
`sending` does so at once, each morning and each Monday.
"""
