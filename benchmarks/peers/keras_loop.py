"""The notebook's way: one `fit` after another in one process, on all cores."""

import sys

from benchmarks.peers.work import arrays, cells, read_work, train

if __name__ == "__main__":
    work = read_work(sys.argv[1:])
    data = arrays(work)
    for cell in cells(work.cells):
        train(cell, data, epochs=work.epochs)
