"""One trial in, tables out: the schema of a record, the store, and what `study.json` says."""
