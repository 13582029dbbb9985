"""Optuna's BruteForceSampler with one process per core, sharing a journal."""

import json
import multiprocessing
import os
import sys
import tempfile

import optuna
from optuna.storages.journal import JournalFileBackend

from benchmarks.peers.work import arrays, cells, read_work, train


def run(journal: str, words: list[str]) -> None:
    """One process: cells are asked for until none is left."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    work = read_work(words)
    data = arrays(work)
    names = [json.dumps(cell) for cell in cells(work.cells)]

    def objective(trial: optuna.Trial) -> float:
        cell = trial.suggest_categorical("cell", names)
        return train(json.loads(cell), data, epochs=work.epochs)

    study = optuna.load_study(
        study_name="cells",
        storage=optuna.storages.JournalStorage(JournalFileBackend(journal)),
        sampler=optuna.samplers.BruteForceSampler(seed=os.getpid(), avoid_premature_stop=False),
    )
    study.optimize(objective)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as directory:
        journal = f"{directory}/journal"
        storage = optuna.storages.JournalStorage(JournalFileBackend(journal))
        optuna.create_study(study_name="cells", direction="maximize", storage=storage)
        context = multiprocessing.get_context("spawn")
        cores = len(os.sched_getaffinity(0))
        processes = [
            context.Process(target=run, args=(journal, sys.argv[1:])) for _ in range(cores)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        codes = [process.exitcode for process in processes]
    sys.exit(max(abs(code or 0) for code in codes))
