"""The computational graph: the slow, general and visible way to the gradients.

`node.py` is a node and the arithmetic, `operations.py` all other operations, each beside its local
gradient, and `walk.py` the way through a graph. This room knows arrays only: no words, no files,
no screen.
"""

from window_ner.nn.graph.node import Constant, Node, Operation, Operations, Parameter
from window_ner.nn.graph.walk import Graph

__all__ = ["Constant", "Graph", "Node", "Operation", "Operations", "Parameter"]
