"""What the command does from plan to pages, and what it keeps and shows meanwhile."""
