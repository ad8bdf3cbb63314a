import { linearGrid } from '@visage/gpu';
import { pointwiseSumLists } from '@visage/kernels';
import { WORKGROUP } from '../core/passes.ts';
import { computed } from '../core/storage.ts';
import { empty, type Tensor } from '../core/tensor.ts';
import { addAll } from './arithmetic.ts';

/**
 * The sum of each list of tensors of one shape, from left to right, without a graph. A list of one tensor gives that
 * tensor.
 *
 * A network that is run several times has several gradients for each parameter. As many lists as the device has
 * bindings for share a launch.
 */
export function addLists(lists: readonly (readonly Tensor[])[]): Tensor[] {
  const sums = lists.map(([first]) => first as Tensor);
  const groups = new Map<string, number[]>();
  for (const [k, terms] of lists.entries()) {
    const [first] = terms as [Tensor];
    const most = first.gpu.device.limits.maxStorageBuffersPerShaderStage;
    if (terms.length === 1) continue;
    if (terms.length >= most || first.dtype !== 'f32') sums[k] = addAll(terms);
    else {
      const key = `${terms.length} ${first.size % 4 === 0}`;
      groups.set(key, [...(groups.get(key) ?? []), k]);
    }
  }
  for (const indices of groups.values()) {
    const [first] = lists[indices[0] as number] as [Tensor];
    const count = (lists[indices[0] as number] as readonly Tensor[]).length;
    const perLaunch = Math.floor(first.gpu.device.limits.maxStorageBuffersPerShaderStage / (count + 1));
    for (let k = 0; k < indices.length; k += perLaunch) {
      const some = indices.slice(k, k + perLaunch);
      const outs = launch(some.map((index) => lists[index] as readonly Tensor[]));
      for (const [s, index] of some.entries()) sums[index] = outs[s] as Tensor;
    }
  }
  return sums;
}

/** Launches lists of one length whose sizes all divide by 4, or all do not. */
function launch(lists: readonly (readonly Tensor[])[]): Tensor[] {
  const [[first]] = lists as [[Tensor]];
  const count = (lists[0] as readonly Tensor[]).length;
  const vectorWidth = first.size % 4 === 0 ? 4 : 1;
  const outs = lists.map(([x]) => empty(first.gpu, (x as Tensor).shape));
  const declare = (at: number, access: string, name: string) =>
    `@group(0) @binding(${at}) var<storage, ${access}> ${name} : array<V>;`;
  const terms = Array.from({ length: count }, (_, t) => t);
  const code = [
    ...lists.flatMap((_, s) => [
      declare(s * (count + 1), 'read_write', `out${s}`),
      ...terms.map((t) => declare(s * (count + 1) + 1 + t, 'read', `x${s}_${t}`)),
    ]),
    'fn put(s : u32, i : u32) {\n  switch (s) {',
    ...lists.map((_, s) => {
      const sum = terms.map((t) => `x${s}_${t}[i]`).join(' + ');
      return `    case ${s}u: { if (i < arrayLength(&out${s})) { out${s}[i] = ${sum}; } }`;
    }),
    '    default: {}\n  }\n}',
  ].join('\n');
  const longest = Math.max(...outs.map(({ size }) => size)) / vectorWidth;
  const [x, y] = linearGrid(Math.ceil(longest / WORKGROUP));
  first.gpu.dispatch({
    program: {
      name: 'pointwise/sumLists',
      aliases: { V: computed(vectorWidth) },
      constants: { WG: WORKGROUP },
      parts: [code, pointwiseSumLists],
    },
    buffers: lists.flatMap((list, s) => [outs[s] as Tensor, ...list]).map((t) => t.buffer),
    grid: [x, y, lists.length],
  });
  return outs;
}
