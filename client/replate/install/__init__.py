"""Replate put into host applications, and taken out again so that everything is as it was before."""
