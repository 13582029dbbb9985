"""How people train many small networks today: the same cells, data and epochs in other ways."""
