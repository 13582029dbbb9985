"""Ray Tune as its documentation shows it: a function per trial, one CPU each."""

import sys

from ray import tune

from benchmarks.peers.work import arrays, cells, read_work, train


def objective(config, *, data, epochs):
    """Trains one cell and reports its accuracy."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tune.report({"accuracy": train(config["cell"], data, epochs=epochs)})


if __name__ == "__main__":
    work = read_work(sys.argv[1:])
    trainable = tune.with_parameters(objective, data=arrays(work), epochs=work.epochs)
    tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        param_space={"cell": tune.grid_search(cells(work.cells))},
        run_config=tune.RunConfig(verbose=0),
    ).fit()
