"""The report: one document value, then renderers that compute nothing."""
