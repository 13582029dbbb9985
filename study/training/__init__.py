"""One trial, trained in this process: its epochs, its checkpoints, its model file."""
