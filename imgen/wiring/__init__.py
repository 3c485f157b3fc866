"""Settings → objects. The only place that chooses an implementation."""
