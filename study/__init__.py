"""How a study runs: data, the model factory, training, Ray, and the command.

Importing this package loads neither Ray nor TensorFlow; the modules that need them do.
"""

__all__: list[str] = []
