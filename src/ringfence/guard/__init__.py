"""Guards: conditions on edges, evaluated on a request and solved over all requests."""
