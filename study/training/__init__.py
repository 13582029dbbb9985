"""One trial, trained in this process: epochs, checkpoints, and the files of networks."""
