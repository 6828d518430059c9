"""Examination of one persona: arms side by side, figures with intervals, a report card."""
