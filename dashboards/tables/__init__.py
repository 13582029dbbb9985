"""The numbers behind each figure, as plain tables and arrays."""
