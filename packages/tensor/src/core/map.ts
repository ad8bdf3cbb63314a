/**
 * @file Elementwise expressions as kernels, without gradients: broadcasting, vector loads, and numbers inside an
 * expression.
 */
import { ArgumentError, f32Literal, type GpuBuffer } from '@visage/gpu';
import { pointwiseFunctions, pointwiseMap, pointwiseSine, pointwiseTanh } from '@visage/kernels';
import { DTYPES } from './dtype.ts';
import { planPass } from './passes.ts';
import { broadcastShapes, type Shape, showShape, sizeOf, stridesOf } from './shape.ts';
import {
  checkFloat,
  enablesOf,
  type FloatType,
  floatTypeOf,
  paddingOf,
  promoted,
  registerAliases,
  stored,
} from './storage.ts';
import { empty, type Tensor } from './tensor.ts';

/** What the inputs of an expression are called in it. */
export const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;

/** One axis of a broadcast index space after merging: its extent and, per input, its element stride (0 = broadcast). */
interface MergedAxis {
  extent: number;
  strides: number[];
}

/**
 * Merges neighbouring axes whose strides let every input treat them as one axis, so that indices need fewer divisions.
 */
function mergeAxes(out: Shape, inputs: readonly Shape[]): MergedAxis[] {
  const strides = inputs.map((shape) => {
    const own = stridesOf(shape);
    const pad = out.length - shape.length;
    return out.map((_, axis) => (axis < pad || shape[axis - pad] === 1 ? 0 : (own[axis - pad] as number)));
  });
  const merged: MergedAxis[] = [];
  out.forEach((extent, axis) => {
    if (extent === 1) return;
    const here = strides.map((s) => s[axis] as number);
    const last = merged.at(-1);
    if (last && here.every((stride, k) => last.strides[k] === stride * extent)) {
      last.extent *= extent;
      last.strides = here;
    } else {
      merged.push({ extent, strides: here });
    }
  });
  return merged;
}

/** WGSL for the offset of input `k` at output element `e`. */
function offsetExpression(axes: readonly MergedAxis[], k: number): string {
  const terms: string[] = [];
  let inner = 1;
  for (let at = axes.length - 1; at >= 0; at--) {
    const { extent, strides } = axes[at] as MergedAxis;
    const stride = strides[k] as number;
    const scaled = inner === 1 ? 'e' : `(e / ${inner}u)`;
    if (stride !== 0)
      terms.push(`${at === 0 ? scaled : `(${scaled} % ${extent}u)`}${stride === 1 ? '' : ` * ${stride}u`}`);
    inner *= extent;
  }
  return terms.join(' + ') || '0u';
}

/** Declares the inputs of the map kernel and their `load` functions. */
function inputDeclarations(out: Shape, inputs: readonly Tensor[], vector: boolean): string {
  const axes = mergeAxes(
    out,
    inputs.map((x) => x.shape),
  );
  const total = sizeOf(out);
  return inputs
    .map((x, k) => {
      const { size } = x;
      const declare = (vectorWidth: 1 | 4) =>
        `@group(0) @binding(${k + 1}) var<storage, read> in${k} : array<${stored(floatTypeOf(x), vectorWidth)}>;`;
      const load = (body: string) => `fn load${k}(i : u32) -> V { ${body} }`;
      if (size === total) return `${declare(vector ? 4 : 1)}\n${load(`return V(in${k}[i]);`)}`;
      if (size === 1) return `${declare(1)}\n${load(`return V(f32(in${k}[0]));`)}`;
      const element = `let e = i${vector ? ' * 4u' : ''};`;
      const offset = offsetExpression(axes, k);
      const splat = vector && axes.at(-1)?.strides[k] === 0;
      if (!vector || splat) return `${declare(1)}\n${load(`${element} return V(f32(in${k}[${offset}]));`)}`;
      return `${declare(4)}\n${load(`${element} return V(in${k}[(${offset}) / 4u]);`)}`;
    })
    .join('\n');
}

/** A pointwise expression as WGSL. */
export interface MapProgram {
  /**
   * Bindings 1, 2, … of the inputs, `fn map(i : u32) -> V`, and the functions that its expression calls. The kernel's
   * result must be a storage array `out`.
   */
  readonly code: string;
  /** Elements in a V. */
  readonly vectorWidth: 1 | 4;
}

/** Kernel parts with functions for expressions, each with a pattern that matches expressions which call one of them. */
const FUNCTIONS = [pointwiseFunctions, pointwiseSine, pointwiseTanh].map((text) => {
  const names = [...text.matchAll(/^fn (\w+)/gm)].map((match) => match[1]);
  return { text, calls: new RegExp(`\\b(${names.join('|')})\\(`) };
});

/** The parts of kernels/pointwise/ that an expression calls functions of. */
export const functionsFor = (expression: string): string =>
  FUNCTIONS.filter(({ calls }) => calls.test(expression))
    .map(({ text }) => text)
    .join('\n');

/**
 * The WGSL of `expression` over inputs that broadcast to `shape`.
 *
 * If vectors must not reach from one run of elements into the next, `run` is the length of a run.
 */
export function mapProgram(shape: Shape, inputs: readonly Tensor[], expression: string, run = 4): MapProgram {
  // Vectors run along the merged last axis: it must divide by 4, whole or broadcast for each input.
  const axes = mergeAxes(
    shape,
    inputs.map((x) => x.shape),
  );
  const vectorWidth = (axes.at(-1)?.extent ?? 1) % 4 === 0 && run % 4 === 0 ? 4 : 1;
  const code = [
    functionsFor(expression),
    inputDeclarations(shape, inputs, vectorWidth === 4),
    `fn map(i : u32) -> V {`,
    ...NAMES.slice(0, inputs.length).map((arg, k) => `  let ${arg} = load${k}(i);`),
    `  return ${expression};\n}`,
  ].join('\n');
  return { code, vectorWidth };
}

/**
 * Launches `out = expression(a, b, …)` with broadcasting and no gradient.
 *
 * `expression` is WGSL over `a`, `b`, … of type `V`, which is f32 or vec4f, so constants are written `V(…)`; `U` is u32
 * or vec4u. It may call the functions of kernels/pointwise/, such as `larger` and `smaller`: WGSL's own `max`, `min`
 * and `clamp` may turn NaN into a number.
 *
 * `target`, an existing tensor, takes the result if it is given. It may be one of the inputs, unless that input is
 * broadcast. Arithmetic is f32 whatever the tensors hold. A new result has the type `result`, by default the one to
 * which the inputs promote.
 *
 * @throws ArgumentError unless inputs and target are tensors of f32 or f16 whose shapes broadcast.
 */
export function launchMap(
  name: string,
  expression: string,
  inputs: readonly Tensor[],
  target?: Tensor,
  result?: FloatType,
): Tensor {
  const first = inputs[0] as Tensor;
  for (const [k, x] of inputs.entries()) checkFloat(name, inputs.length === 1 ? 'x' : (NAMES[k] as string), x);
  const shapes = inputs.map((x) => x.shape);
  const shape = broadcastShapes(name, shapes);
  const out = target ?? empty(first.gpu, shape, result ?? promoted(inputs));
  checkFloat(name, 'target', out);
  if (sizeOf(out.shape) !== sizeOf(shape))
    throw new ArgumentError(name, 'target', showShape(out.shape), showShape(shape));
  const { code, vectorWidth } = mapProgram(shape, inputs, expression);
  const bytes = vectorWidth * DTYPES[out.dtype].bytes;
  const { constants, grid, choice } = planPass(first.gpu, { count: sizeOf(shape) / vectorWidth, bytes });
  first.gpu.dispatch({
    program: {
      name: `pointwise/${name}`,
      enables: enablesOf(out.dtype, ...inputs.map((x) => x.dtype)),
      aliases: {
        ...registerAliases(vectorWidth),
        S: stored(floatTypeOf(out), vectorWidth),
      },
      constants: { ...constants, PADDING: vectorWidth === 4 ? 0 : paddingOf(out) },
      parts: [code, pointwiseMap],
    },
    buffers: [out.buffer, ...inputs.map((x): GpuBuffer => x.buffer)],
    grid,
    choice,
    replaces: true,
  });
  return out;
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/**
 * A number inside a pointwise expression, where it means what the same number in a tensor means.
 *
 * Zero is written through its bits, because a compiler may replace `v * 0.0` by 0 and `v + 0.0` by v. So are infinities
 * and NaN, which have no literal.
 */
export function V(value: number): string {
  float[0] = value;
  const rounded = float[0] as number;
  if (rounded !== 0 && Number.isFinite(rounded)) return `V(${f32Literal(rounded)})`;
  return `unusual(0x${(word[0] as number).toString(16)}u)`;
}
