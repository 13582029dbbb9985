"""A model in another form: with the same weights and results, by fewer and wider products.

Stock convolutions with a handful of filters leave most of a processor's vector unit idle. `banded`
runs units of parallel convolutions and a pooling as matrix products with banded kernels; `stock`
calls the layers as they are, and is the reference.
"""

from study.network.kernels.model import banded_model, written_out

__all__ = ["banded_model", "written_out"]
