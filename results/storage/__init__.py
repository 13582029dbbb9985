"""Files of a study directory: where they lie, here or in an object store, and who may write."""
