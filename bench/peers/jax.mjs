/**
 * @file jax-js on WebGPU as an engine of engine.ts. Bundled by install.ts; `navigator.gpu` must exist before it is
 * loaded.
 */
import { blockUntilReady, defaultDevice, getWebGPUDevice, grad, init, jit, lax, nn, numpy as np } from '@jax-js/jax';

const EPSILON = 1e-8;

const toNCHW = [0, 3, 1, 2];
const toNHWC = [0, 2, 3, 1];
const toOIHW = [3, 2, 0, 1];
const toHWIO = [2, 3, 1, 0];

const conv = (x, w, stride = 1) => {
  const padding = (w.shape[2] - 1) / 2;
  return lax.conv(
    x,
    w,
    [stride, stride],
    [
      [padding, padding],
      [padding, padding],
    ],
  );
};
const normalized = (x) => nn.standardize(x, [2, 3], { epsilon: EPSILON });
const twice = (x) => np.repeat(np.repeat(x, 2, 2), 2, 3);

/** The network of generator.ts, on NCHW. */
function generator(x, style, w) {
  const act = (y) => nn.relu(normalized(y));
  const styled = (y, k) => {
    const channels = y.shape[1];
    const both = np.matmul(style.ref, w[`style${k}`]).reshape([x.shape[0], 2, channels, 1, 1]);
    const [scale, shift] = [both.ref.slice([], 0), both.slice([], 1)];
    return normalized(y).mul(scale.add(1)).add(shift);
  };
  let y = act(conv(x.ref, w.first));
  for (const name of ['down1', 'down2']) y = act(conv(y, w[name], 2));
  for (const k of [1, 2]) {
    const inside = nn.relu(styled(conv(y.ref, w[`block${k}a`]), `${k}a`));
    y = styled(conv(inside, w[`block${k}b`]), `${k}b`).add(y);
  }
  for (const name of ['up1', 'up2']) y = act(conv(twice(y), w[name]));
  x.dispose();
  style.dispose();
  return np.tanh(conv(y, w.last));
}

/** Opens WebGPU; jax-js asks `navigator.gpu` for its device itself. */
export async function createEngine() {
  const devices = await init();
  if (!devices.includes('webgpu')) throw new Error(`jax-js offers ${devices.join(', ')}`);
  defaultDevice('webgpu');
  const { queue } = getWebGPUDevice();
  const load = ({ data, shape }, axes) => {
    const array = np.array(data, { shape });
    return axes ? np.transpose(array, axes) : array;
  };
  const release = (arrays) => {
    for (const each of arrays) each.dispose();
  };

  /**
   * jax-js is lazy, so each result is asked for. That submits the work, but in Dawn it does not wait for it: what is
   * awaited is a copy of no bytes, which depends on nothing. Hence the queue. `back` are the axes that bring the
   * results to the common layout.
   */
  const task = (inputs, fn, back) => {
    let results = [];
    return {
      async run(times) {
        for (let k = 0; k < times; k++) {
          release(results);
          results = fn(...inputs.map((x) => x.ref)).flat();
          await blockUntilReady(results);
        }
        await queue.onSubmittedWorkDone();
      },
      results: () => Promise.all(results.map((y, k) => np.transpose(y.ref, back[k]).data())),
      dispose: () => release([...inputs, ...results]),
    };
  };

  return {
    convForward({ x, w }) {
      const forward = jit((a, b) => conv(a, b));
      return task([load(x, toNCHW), load(w, toOIHW)], (a, b) => [forward(a, b)], [toNHWC]);
    },
    convGradients({ x, w, dy }) {
      const inner = (a, b, g) => conv(a, b).mul(g).sum();
      const gradients = jit(grad(inner, { argnums: [0, 1] }));
      const inputs = [load(x, toNCHW), load(w, toOIHW), load(dy, toNCHW)];
      return task(inputs, (a, b, g) => gradients(a, b, g), [toNHWC, toHWIO]);
    },
    generator({ image, style, weights }) {
      const names = Object.keys(weights);
      const arrays = names.map((name) => load(weights[name], weights[name].shape.length === 4 ? toOIHW : undefined));
      const forward = jit((x, z, ...w) => generator(x, z, Object.fromEntries(names.map((name, k) => [name, w[k]]))));
      return task([load(image, toNCHW), load(style), ...arrays], (...all) => [forward(...all)], [toNHWC]);
    },
  };
}
