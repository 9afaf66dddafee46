"""Sound: decoded by a process of its own, cut, and written as WAV."""
