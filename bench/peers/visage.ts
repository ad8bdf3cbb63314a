import type { Gpu, RecordedStep } from '@visage/gpu';
import { conv2d, grad, keep, noGrad, record, type Tensor, tensor } from '@visage/tensor';
import type { Engine, HostTensor, Task } from './engine.ts';
import { generator } from './generator.ts';

/** Visage as an engine: each task is recorded once and replayed. */
export function visageEngine(gpu: Gpu): Engine {
  const load = ({ data, shape }: HostTensor, requiresGrad = false): Tensor =>
    keep(tensor(data, shape, { requiresGrad }));
  const task = (inputs: readonly Tensor[], step: RecordedStep<Tensor[]>): Task => ({
    async run(times) {
      for (let k = 0; k < times; k++) step.run();
      await gpu.sync();
    },
    results: () => Promise.all(step.result.map((y) => y.floats())),
    dispose() {
      step.dispose();
      for (const x of inputs) x.dispose();
    },
  });
  const same = (w: Tensor) => ({ padding: (w.dim(0) - 1) / 2 });
  return {
    convForward({ x, w }) {
      const [a, b] = [load(x), load(w)];
      return task(
        [a, b],
        record(() => noGrad(() => [conv2d(a, b, undefined, same(b))])),
      );
    },
    convGradients({ x, w, dy }) {
      const [a, b, g] = [load(x, true), load(w, true), load(dy)];
      const y = keep(conv2d(a, b, undefined, same(b))); // our gradients do without the result
      return task(
        [a, b, g, y],
        record(() => grad(y, [a, b], { gradOutputs: [g] }) as Tensor[]),
      );
    },
    generator({ image, style, weights }) {
      const [x, z] = [load(image), load(style)];
      const w = Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, load(array)]));
      return task(
        [x, z, ...Object.values(w)],
        record(() => noGrad(() => [generator(x, z, w)])),
      );
    },
  };
}
