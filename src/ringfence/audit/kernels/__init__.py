"""The kernels: one question each, in SQL that every engine reads alike."""
