"""Loads the plugin and the fixtures."""

pytest_plugins = ("conformance.pytest_plugin", "pytester")
