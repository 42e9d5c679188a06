"""The Replate tab, its operators, and where results are shown."""
