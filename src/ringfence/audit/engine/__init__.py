"""The engines that run the kernels: DuckDB here, Spark elsewhere."""
