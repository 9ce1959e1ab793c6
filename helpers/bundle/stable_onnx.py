"""ONNX files that repeat: the same model gives the same bytes in every run.

The converter walks through Python sets, so names, the order of independent nodes and which of two
equal nodes survives differ from process to process. Here a tensor gets a name that follows from
what it is, and the nodes an order that follows from those names.
"""

from pathlib import Path

import onnx


def make_stable(path: Path, *outputs: str, dimension: str = "batch") -> None:
    """Rewrite an ONNX file in place: stable names and order, equal constants and nodes merged.

    The outputs are called `outputs`, in their order, an open dimension `dimension`; inputs keep
    their names. Graphs inside nodes (loops, branches) and random operations are not provided for:
    the models of this package have none.
    """
    model = onnx.load(path)
    graph = model.graph
    fixed = {tensor.name for tensor in graph.initializer}  # some are listed as inputs, too
    inputs = [value for value in graph.input if value.name not in fixed]
    graph.ClearField("input")
    graph.input.extend(inputs)
    names = {"": ""} | {value.name: value.name for value in graph.input}
    constants = _name_constants(graph, names)
    nodes = _order_nodes(graph, names)
    results = {names[value.name]: name for value, name in zip(graph.output, outputs, strict=True)}
    for node in nodes:
        node.input[:] = [results.get(name, name) for name in node.input]
        node.output[:] = [results.get(name, name) for name in node.output]
    for value, name in zip(graph.output, outputs, strict=True):
        value.name = name
    graph.doc_string = ""
    for value in (*graph.input, *graph.output):
        for axis in value.type.tensor_type.shape.dim:
            if axis.HasField("dim_param"):
                axis.dim_param = dimension
    for field, content in (("initializer", constants), ("node", nodes), ("value_info", [])):
        graph.ClearField(field)
        getattr(graph, field).extend(content)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _name_constants(graph: onnx.GraphProto, names: dict[str, str]) -> list[onnx.TensorProto]:
    """Return one constant for each content, named and sorted by it; add their names to `names`."""
    by_content: dict[bytes, list[str]] = {}
    for tensor in graph.initializer:
        old, tensor.name = tensor.name, ""
        by_content.setdefault(tensor.SerializeToString(deterministic=True), []).append(old)
    constants = []
    for content in sorted(by_content):
        constants.append(onnx.TensorProto.FromString(content))
        constants[-1].name = f"w{len(constants)}"
        names.update(dict.fromkeys(by_content[content], constants[-1].name))
    return constants


def _order_nodes(graph: onnx.GraphProto, names: dict[str, str]) -> list[onnx.NodeProto]:
    """Return the nodes, sources first and ties by what they compute, with their new names."""
    waiting = list(graph.node)
    nodes: dict[tuple, onnx.NodeProto] = {}
    while waiting:
        ready = [node for node in waiting if all(name in names for name in node.input)]
        waiting = [node for node in waiting if not all(name in names for name in node.input)]
        for node in ready:
            node.input[:] = [names[name] for name in node.input]
        for node in sorted(ready, key=_meaning):
            twin = nodes.setdefault(_meaning(node), node)
            old, node.name = list(node.output), ""
            if twin is node:
                node.output[:] = [f"x{len(nodes)}_{i}" for i in range(len(old))]
            names.update(zip(old, twin.output, strict=True))
    return list(nodes.values())


def _meaning(node: onnx.NodeProto) -> tuple:
    attributes = sorted(a.SerializeToString(deterministic=True) for a in node.attribute)
    return (node.op_type, node.domain, tuple(node.input), tuple(attributes))
