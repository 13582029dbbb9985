"""One trial in, tables out: records, their schema and files, and what `study.json` says."""
