"""The picture of who hears whom: where each agent stands, and how it is drawn."""
