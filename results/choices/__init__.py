"""What people ask first: which choice matters most, which level, which cell, and what changed."""
