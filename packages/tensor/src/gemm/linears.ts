/** @file Several fully connected layers of one input in few launches. */
import { ArgumentError, checkList, checkOptions, Family, linearGrid, type Variant } from '@visage/gpu';
import { vectorAffineGrad, vectorAffines } from '@visage/kernels';
import { composedGradient, fused } from '../core/fused.ts';
import { WORKGROUP } from '../core/passes.ts';
import { checkShape } from '../core/shape.ts';
import { checkFloat, computed } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { linear } from './matmul.ts';

// WGSL that loads four values of a row one by one, 0 past its end.
const SINGLY = [
  'var q = vec4f();',
  'for (var j = 0u; j < min(4u, K - k); j++) { q[j] = x[r * K + k + j]; }',
  'return q;',
].join(' ');
const MOST_ROWS = 16; // that a thread computes: each holds one vector of sums in registers

/** A fully connected layer: weight [in, out], bias [out]. */
export interface LinearParameters {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/**
 * Several fully connected layers of one input: yₗ = x · weightₗ + biasₗ, in f32 whatever the types.
 *
 * x [n, in], weights [in, out] and biases [out] of one size for all layers → one [n, out] for each layer. A launch
 * computes as many layers as the device has bindings for; the gradients of a layer's weight and bias take one launch.
 * Made for few rows: each weight is read once for 16 rows.
 *
 * @throws ArgumentError if the list is empty, if a layer lacks a part, or if a tensor is no float or has another shape.
 */
export function linears(x: Tensor, given: readonly LinearParameters[]): Tensor[] {
  checkLayers(x, given);
  const input = cast(x, 'f32');
  const layers = given.map(({ weight, bias }) => ({ weight: cast(weight, 'f32'), bias: cast(bias, 'f32') }));
  return launchForward(input, layers).map((out, k) => asNode(out, input, layers[k] as LinearParameters));
}

function checkLayers(x: Tensor, layers: readonly LinearParameters[]): void {
  checkFloat('linears', 'x', x);
  checkList('linears', 'layers', layers, 'layers');
  if (layers.length === 0) throw new ArgumentError('linears', 'layers', 'an empty list', 'at least one layer');
  for (const layer of layers) {
    checkOptions('linears', layer, { weight: true, bias: true });
    for (const name of ['weight', 'bias'] as const) checkFloat('linears', name, layer[name]);
  }
  const { weight: first } = layers[0] as LinearParameters;
  checkShape('linears', 'weight', first.shape, [null, null], 'The layout is [in, out]');
  checkShape('linears', 'x', x.shape, [null, first.dim(0)], 'reshape() to [N, in]');
  for (const { weight, bias } of layers) {
    checkShape('linears', 'weight', weight.shape, first.shape, 'All layers are of one size');
    checkShape('linears', 'bias', bias.shape, [weight.dim(1)]);
  }
}

/** The result of one layer as a node of the graph, with a gradient of its own. */
function asNode(out: Tensor, x: Tensor, { weight, bias }: LinearParameters): Tensor {
  const inputs = [x, weight, bias];
  const composed = (...all: readonly Tensor[]) => linear(all[0] as Tensor, all[1] as Tensor, all[2]);
  return fused({
    name: 'linears',
    inputs,
    forward: () => out,
    backward: (g, needs) =>
      needs[0] ? composedGradient(inputs, composed, g, needs) : [undefined, ...parameterGradients(x, weight, g)],
    composed,
  });
}

interface LinearsProblem {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

interface LinearsVariant extends Variant<LinearsProblem> {
  /** Vectors of columns that a workgroup computes. */
  readonly columns: number;
  /** Threads that split each sum among them. */
  readonly threadsPerSum: number;
}

const split: LinearsVariant = {
  name: '16 threads per sum',
  columns: 16,
  threadsPerSum: 16,
  supports: (_, { device }) =>
    device.limits.maxComputeInvocationsPerWorkgroup >= 256 || 'needs 256 threads per workgroup',
  admits: (_, { adapter }) => !adapter.software || 'workgroup memory is slow on a software adapter',
};

/** Ways to compute them: sums over thousands of terms keep a GPU busy only if several threads split each. */
export const linearsFamily = new Family<LinearsProblem, LinearsVariant>({
  name: 'linears',
  variants: [split, { name: 'one thread per sum', columns: 8, threadsPerSum: 1 }],
  describe: ({ rows, inner, columns }) => `${rows} x ${inner} by ${inner} x ${columns}`,
});

const vectorWidth = (columns: number): 1 | 4 => (columns % 4 === 0 ? 4 : 1);

function launchForward(x: Tensor, layers: readonly LinearParameters[]): Tensor[] {
  const { gpu } = x;
  const [rows, inner] = [x.dim(0), x.dim(1)];
  const columns = (layers[0] as LinearParameters).weight.dim(1);
  const vector = vectorWidth(columns);
  const width = columns / vector;
  const choice = linearsFamily.choose(gpu, { rows, inner, columns });
  const { columns: perWorkgroup, threadsPerSum } = choice.variant;
  const outs = layers.map(() => empty(gpu, [rows, columns]));
  const perLaunch = Math.floor((gpu.device.limits.maxStorageBuffersPerShaderStage - 1) / 3);
  const blockRows = Math.min(rows, MOST_ROWS);
  for (let k = 0; k < layers.length; k += perLaunch) {
    const sets = layers.slice(k, k + perLaunch).map((layer, s) => ({ ...layer, out: outs[k + s] as Tensor }));
    gpu.dispatch({
      program: {
        name: 'vector/affines',
        aliases: { V: computed(vector) },
        constants: {
          ...{ K: inner, WIDTH: width, ROWS: rows, BLOCK_ROWS: blockRows },
          ...{ COLUMNS: perWorkgroup, THREADS_PER_SUM: threadsPerSum, WG: perWorkgroup * threadsPerSum },
        },
        parts: [setCode(sets.length, inner % 4 === 0), vectorAffines],
      },
      buffers: [x, ...sets.flatMap(({ out, weight, bias }) => [out, weight, bias])].map((t) => t.buffer),
      grid: [Math.ceil(width / perWorkgroup), Math.ceil(rows / blockRows), sets.length],
      flops: 2 * rows * inner * columns * sets.length,
      choice,
    });
  }
  return outs;
}

/**
 * WGSL with the bindings of `count` layers (result, weight and bias of each) after that of x, and the functions that
 * index them by layer.
 */
function setCode(count: number, quads: boolean): string {
  const sets = Array.from({ length: count }, (_, s) => s);
  const declare = (at: number, access: string, name: string, type: string) =>
    `@group(0) @binding(${at}) var<storage, ${access}> ${name} : array<${type}>;`;
  const choose = (body: (s: number) => string) =>
    `switch (s) { ${sets.map((s) => `case ${s}u: { ${body(s)} }`).join(' ')} default: {} }`;
  return [
    declare(0, 'read', 'x', quads ? 'vec4f' : 'f32'),
    `fn quad(r : u32, k : u32) -> vec4f { ${quads ? 'return x[(r * K + k) / 4u];' : SINGLY} }`,
    ...sets.flatMap((s) => [
      declare(3 * s + 1, 'read_write', `y${s}`, 'V'),
      declare(3 * s + 2, 'read', `w${s}`, 'V'),
      declare(3 * s + 3, 'read', `b${s}`, 'V'),
    ]),
    `fn weight(s : u32, i : u32) -> V { ${choose((s) => `return w${s}[i];`)} return V(0.0); }`,
    `fn bias(s : u32, i : u32) -> V { ${choose((s) => `return b${s}[i];`)} return V(0.0); }`,
    `fn put(s : u32, i : u32, value : V) { ${choose((s) => `y${s}[i] = value;`)} }`,
  ].join('\n');
}

/** Gradients of weight, xᵀ · g, and bias, the sum of g over rows. */
function parameterGradients(x: Tensor, weight: Tensor, g: Tensor): [Tensor, Tensor] {
  const [inner, columns] = [weight.dim(0), weight.dim(1)];
  const vector = vectorWidth(columns);
  const [dWeight, dBias] = [empty(x.gpu, weight.shape), empty(x.gpu, [columns])];
  x.gpu.dispatch({
    program: {
      name: 'vector/affineGrad',
      aliases: { V: computed(vector) },
      constants: { WG: WORKGROUP, K: inner, WIDTH: columns / vector },
      parts: [vectorAffineGrad],
    },
    buffers: [dWeight, dBias, x, g].map((t) => t.buffer),
    grid: linearGrid(Math.ceil(weight.size / vector / WORKGROUP)),
    flops: 2 * x.dim(0) * weight.size,
  });
  return [dWeight, dBias];
}
