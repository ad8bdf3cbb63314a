/**
 * @file TensorFlow.js on its WebGPU backend as an engine of engine.ts. Bundled by install.ts; `navigator.gpu` must
 * exist before it is loaded.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

const EPSILON = 1e-8;

const normalized = (x) => {
  const { mean, variance } = tf.moments(x, [1, 2], true);
  return x.sub(mean).div(variance.add(EPSILON).sqrt());
};
const conv = (x, w, stride = 1) => tf.conv2d(x, w, stride, (w.shape[0] - 1) / 2, 'NHWC', [1, 1], 'floor');
const twice = (x) => tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]);

/** The network of generator.ts. */
function generator(x, style, w) {
  const act = (y) => normalized(y).relu();
  const styled = (y, k) => {
    const [scale, shift] = tf.split(style.matMul(w[`style${k}`]), 2, 1);
    const channels = [x.shape[0], 1, 1, scale.shape[1]];
    return normalized(y).mul(scale.add(1).reshape(channels)).add(shift.reshape(channels));
  };
  let y = act(conv(x, w.first));
  for (const name of ['down1', 'down2']) y = act(conv(y, w[name], 2));
  for (const k of [1, 2]) {
    const inside = styled(conv(y, w[`block${k}a`]), `${k}a`).relu();
    y = styled(conv(inside, w[`block${k}b`]), `${k}b`).add(y);
  }
  for (const name of ['up1', 'up2']) y = act(conv(twice(y), w[name]));
  return conv(y, w.last).tanh();
}

/** Opens the backend, which asks `navigator.gpu` for its device itself. */
export async function createEngine() {
  await tf.setBackend('webgpu');
  await tf.ready();
  const backend = tf.backend();
  const load = ({ data, shape }) => tf.tensor(data, shape);

  /** Runs `fn` in a scope and returns what it made; what earlier runs made is freed. */
  const task = (inputs, fn) => {
    let results = [];
    return {
      async run(times) {
        for (let k = 0; k < times; k++) {
          tf.dispose(results);
          results = tf.tidy(() => fn().flat());
        }
        // What `data()` does before it copies, without the copy.
        backend.endComputePassEncoder();
        if (backend.commandEncoder) backend.submitQueue();
        await backend.device.queue.onSubmittedWorkDone();
      },
      results: () => Promise.all(results.map((y) => y.data())),
      dispose: () => tf.dispose([...inputs, ...results]),
    };
  };

  return {
    convForward({ x, w }) {
      const [a, b] = [load(x), load(w)];
      return task([a, b], () => [conv(a, b)]);
    },
    convGradients({ x, w, dy }) {
      const [a, b, g] = [load(x), load(w), load(dy)];
      const gradients = tf.grads((p, q) => conv(p, q));
      return task([a, b, g], () => gradients([a, b], g));
    },
    generator({ image, style, weights }) {
      const [x, z] = [load(image), load(style)];
      const w = Object.fromEntries(Object.entries(weights).map(([name, array]) => [name, load(array)]));
      return task([x, z, ...Object.values(w)], () => [generator(x, z, w)]);
    },
  };
}
