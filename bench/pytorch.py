"""PyTorch's times for the same networks, for `npm run bench -- tables` to put beside Visage's.

    python3 bench/pytorch.py --nets FILE.py --json torch.json [--only train infer conv] [--batch 4 16]

FILE.py holds the networks in PyTorch: `Generator()(images, latents)`, `PatchD()(images)` -> list of feature maps with the logits last, and
`ArcFace()(faces at 112 pixels)` -> embeddings, all NCHW at the published sizes. Visage has none of its own: bring what you compare with.

The training step is SimSwap's without the gradient penalty, which Visage's step includes: both players' hinge losses on two scales, weak feature
matching, identity and reconstruction, two Adams. Every precision runs in both memory formats; the faster one counts.
"""
import argparse
import importlib.util
import json
import statistics
import time

import torch
import torch.nn.functional as F

CAST = {'fp32': None, 'tf32': None, 'fp16': torch.float16, 'bf16': torch.bfloat16}
FORMATS = (torch.contiguous_format, torch.channels_last)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--nets', required=True, help='Python file with the networks')
    parser.add_argument('--json', required=True, help='where the result goes')
    parser.add_argument('--only', nargs='+', default=['train', 'infer', 'conv'], choices=['train', 'infer', 'conv'])
    parser.add_argument('--batch', nargs='+', type=int, default=[1, 4, 16])
    parser.add_argument('--precision', nargs='+', default=['fp32', 'tf32', 'fp16'], choices=list(CAST))
    parser.add_argument('--size', type=int, default=224)
    parser.add_argument('--repeat', type=int, default=10)
    parser.add_argument('--device', default='cuda')
    return parser.parse_args()


def load(path):
    spec = importlib.util.spec_from_file_location('nets', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def use(precision):
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision != 'fp32'


def sync(device):
    if device == 'cuda':
        torch.cuda.synchronize()


def median_ms(fn, repeat, device, warm=3, warm_seconds=0.4):
    """Median over `repeat` of the mean of a few calls each, so that a short call is not drowned by the wait for it.

    A GPU that paused has a low clock, so it works for a while first, as in Visage's own benchmarks (packages/gpu/src/timing/warm.ts).
    """
    for _ in range(warm):
        fn()
    sync(device)
    start = time.perf_counter()
    while device == 'cuda' and time.perf_counter() - start < warm_seconds:
        fn()
        sync(device)
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        for _ in range(3):
            fn()
        sync(device)
        times.append((time.perf_counter() - start) / 3 * 1000)
    return statistics.median(times)


class Training:
    def __init__(self, nets, precision, batch, size, memory, device):
        self.cast, self.device = CAST[precision], device
        place = lambda network: network.to(device).to(memory_format=memory)
        self.generator = place(nets.Generator())
        self.judges = torch.nn.ModuleList([place(nets.PatchD()) for _ in range(2)])
        self.identity = place(nets.ArcFace()).eval().requires_grad_(False)
        self.optimizers = [torch.optim.Adam(m.parameters(), 4e-4, (0.0, 0.999)) for m in (self.generator, self.judges)]
        images = lambda: torch.rand(batch, 3, size, size, device=device).contiguous(memory_format=memory)
        self.target, self.source = images(), images()
        self.scaler = torch.cuda.amp.GradScaler(enabled=self.cast is torch.float16 and device == 'cuda')

    def embed(self, images):
        return self.identity(F.interpolate(images, (112, 112), mode='bicubic', align_corners=False))

    def judge(self, images):
        half = F.avg_pool2d(images, 3, 2, 1, count_include_pad=False)
        return [judge(x) for judge, x in zip(self.judges, (images, half))]

    def update(self, optimizer, loss):
        optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(optimizer)
        return loss.detach()

    def __call__(self):
        autocast = lambda: torch.autocast(self.device, self.cast or torch.bfloat16, enabled=self.cast is not None)
        players, judges = self.optimizers
        with autocast():
            with torch.no_grad():
                latent = F.normalize(self.embed(self.source).float())
                real = self.judge(self.target)
            swapped = self.generator(self.target, latent)
            fake = self.judge(swapped)
            identity = 1 - F.cosine_similarity(self.embed(swapped).float(), latent).mean()
            matching = sum(F.l1_loss(f[k], r[k]) for f, r in zip(fake, real) for k in (3, 4))
            adversarial = -sum(f[-1].mean() for f in fake)
            loss = adversarial + 10 * matching + 10 * identity + 10 * F.l1_loss(swapped.float(), self.target)
        first = self.update(players, loss)
        with autocast():
            hinge = sum(F.relu(1 + f[-1]).mean() for f in self.judge(swapped.detach()))
            hinge = hinge + sum(F.relu(1 - r[-1]).mean() for r in self.judge(self.target))
        second = self.update(judges, hinge)
        self.scaler.update()
        return first, second


def training(nets, args):
    for precision in args.precision:
        for batch in (b for b in args.batch if b > 1 or args.device == 'cpu'):
            use(precision)
            best = None
            for memory in FORMATS:
                if args.device == 'cuda':
                    torch.cuda.empty_cache()
                    torch.cuda.reset_peak_memory_stats()
                step = Training(nets, precision, batch, args.size, memory, args.device)
                ms = median_ms(step, args.repeat, args.device)
                if not all(torch.isfinite(loss) for loss in step()):
                    raise SystemExit(f'training, {precision}, batch {batch}: a loss is not finite')
                peak = torch.cuda.max_memory_allocated() / 2**30 if args.device == 'cuda' else 0
                if best is None or ms < best['ms']:
                    best = {'precision': precision, 'batch': batch, 'ms': ms, 'peakGiB': peak}
                del step
            yield best
            print(f"train {precision} batch {batch}: {best['ms']:.2f} ms, peak {best['peakGiB']:.2f} GiB", flush=True)


def inference(nets, args):
    for precision in args.precision:
        for batch in args.batch:
            use(precision)
            dtype = CAST[precision] or torch.float32
            network = nets.Generator().to(args.device, dtype).eval().to(memory_format=torch.channels_last)
            images = torch.rand(batch, 3, args.size, args.size, device=args.device, dtype=dtype)
            images = images.contiguous(memory_format=torch.channels_last)
            latent = F.normalize(torch.randn(batch, 512, device=args.device, dtype=dtype))
            with torch.no_grad():
                run, graph = (lambda: network(images, latent)), args.device == 'cuda'
                if graph:
                    run = captured(run)
                ms = median_ms(run, args.repeat, args.device)
            yield {'precision': precision, 'batch': batch, 'ms': ms, 'graph': graph}
            print(f"infer {precision} batch {batch}: {ms:.3f} ms{' (CUDA graph)' if graph else ''}", flush=True)


def captured(run):
    """The same work as a CUDA graph: PyTorch at its best, without the host."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def convolutions(_, args):
    for precision in args.precision:
        for batch in args.batch:
            use(precision)
            dtype, size, channels = CAST[precision] or torch.float32, 28, 512
            make = lambda *shape: torch.randn(*shape, device=args.device, dtype=dtype)
            x = make(batch, channels, size, size).contiguous(memory_format=torch.channels_last)
            w = make(channels, channels, 3, 3).contiguous(memory_format=torch.channels_last)
            y = F.conv2d(x, w, padding=1)
            dy = torch.randn_like(y)
            back = lambda mask: torch.ops.aten.convolution_backward(
                dy, x, w, None, (1, 1), (1, 1), (1, 1), False, (0, 0), 1, mask)
            flops = 2 * batch * size**2 * channels**2 * 9
            passes = {
                'forward': lambda: F.conv2d(x, w, padding=1),
                'inputGradient': lambda: back((True, False, False)),
                'weightGradient': lambda: back((False, True, False)),
            }
            ms = {name: median_ms(fn, args.repeat, args.device) for name, fn in passes.items()}
            tflops = {name: flops / value / 1e9 for name, value in ms.items()}
            yield {'precision': precision, 'batch': batch, 'ms': ms, 'tflops': tflops}
            print(f'conv {precision} batch {batch}:', {name: round(value, 1) for name, value in tflops.items()}, flush=True)


def main():
    args = parse()
    nets = load(args.nets)
    torch.manual_seed(0)
    parts = {'train': ('training', training), 'infer': ('inference', inference), 'conv': ('convolutions', convolutions)}
    measured = {name: [] for name, _ in parts.values()}
    for name, measure in (parts[chosen] for chosen in args.only):
        for row in measure(nets, args):
            measured[name].append(row)
            save(measured, args)  # a run that is stopped keeps what it has


def save(measured, args):
    cuda = args.device == 'cuda'
    result = {
        'bench': 'pytorch',
        'adapter': torch.cuda.get_device_name() if cuda else 'cpu',
        'driver': f'CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}' if cuda else '',
        'versions': f'PyTorch {torch.__version__}',
        'software': not cuda,
        'when': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
        'tuned': 0,
        'sizes': {'size': args.size, 'width': 1, 'blocks': 9},
        'measured': measured,
    }
    with open(args.json, 'w') as file:
        json.dump(result, file, indent=1)


if __name__ == '__main__':
    main()
