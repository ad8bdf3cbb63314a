"""Golden files, which `visage conformance` runs.

A safetensors file whose metadata entry "cases" is a JSON array of {"name", "op", "args", "in", "param", "out", "grad"}. Every tensor is stored as
"<case>/<tensor>": "g_<out>" is the gradient that flows into an output, "d_<x>" the expected gradient of an input or parameter. Everything is computed in
float64 and stored in float32; what float16 holds exactly may be stored so. Images are NCHW, weights as PyTorch has them.
"""
import json, os, struct
import numpy as np, torch

TYPES = {np.dtype(np.float32): 'F32', np.dtype(np.float16): 'F16', np.dtype(np.int32): 'I32'}


class GoldenFile:
    def __init__(self):
        self.tensors, self.cases = {}, []

    def put(self, case, tensors, half=False):
        for name, x in tensors.items():
            dtype = np.float16 if half else np.float32 if x.is_floating_point() else np.int32
            self.tensors[f'{case}/{name}'] = np.ascontiguousarray(x.detach().numpy().astype(dtype))

    def case(self, name, op, args, ins=(), param=(), out=(), grad=()):
        lists = {'in': list(ins), 'param': list(param), 'out': list(out), 'grad': list(grad)}
        self.cases.append(dict(name=name, op=op, args=args, **lists))

    def write(self, path):
        header, blobs, at = {'__metadata__': {'cases': json.dumps(self.cases)}}, [], 0
        for name, x in self.tensors.items():
            header[name] = {'dtype': TYPES[x.dtype], 'shape': list(x.shape), 'data_offsets': [at, at + x.nbytes]}
            blobs.append(x.tobytes())
            at += x.nbytes
        text = json.dumps(header).encode()
        text += b' ' * (-len(text) % 8)
        with open(path, 'wb') as file:
            file.write(struct.pack('<Q', len(text)) + text + b''.join(blobs))
        print(f'{path}: {len(self.cases)} cases, {os.path.getsize(path) / 1024:.0f} KiB')


def state(module):
    """Parameters and buffers, without the counters of batches."""
    return {key: value.clone() for key, value in module.state_dict().items() if value.dtype != torch.int64}
