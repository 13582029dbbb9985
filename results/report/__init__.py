"""What a study shows: findings told in sections of sentences and tables, in every format."""
