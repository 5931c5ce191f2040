"""The computational graph: a slow but general way to compute gradients, with every step visible.

`node.py` contains the nodes and the arithmetic, `operations.py` all other operations, each beside
its local gradient, and `walk.py` the forward and backward passes through a graph. These modules
work on arrays only: they know no words, read no files and print nothing.
"""

from window_ner.nn.graph.node import Constant, Node, Operation, Operations, Parameter
from window_ner.nn.graph.walk import Graph

__all__ = ["Constant", "Graph", "Node", "Operation", "Operations", "Parameter"]
