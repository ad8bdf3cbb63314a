/** @file Kernels' texts are taken apart, and linked into one kernel. */
import { writtenBindings } from '@visage/gpu';
import { test } from 'uvu';
import { equal, is, match, not, ok } from 'uvu/assert';
import { constantValue } from '../../packages/gpu/src/core/wgslConstants.ts';
import { readModule, type WgslModule } from '../../packages/gpu/src/core/wgslModule.ts';
import { type FusedPart, fuseProgram } from '../../packages/gpu/src/record/fusedProgram.ts';

const kernel = (factor: number, length = 'WG'): string => `
alias V = vec2<f32>; // two at a time
const WG : u32 = 32u;
const FACTOR : f32 = ${factor}.0;
@group(0) @binding(0) var<storage, read_write> out : array<V>;
@group(0) @binding(1) var<storage, read> x : array<V>;
var<workgroup> tile : array<V, ${length}>;
struct Pair { x : V, FACTOR : u32 }
/* both components */
fn scaled(pair : Pair) -> V { return pair.x * FACTOR; }
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group : vec3u, @builtin(local_invocation_index) thread : u32) {
  let at = group.x * WG + thread;
  tile[thread] = scaled(Pair(x[at], 1u));
  workgroupBarrier();
  out[at] = tile[WG - 1u - thread];
}`;

const read = (text: string): WgslModule => {
  const module = readModule(text);
  ok(module);
  return module;
};

const part = (text: string, slots: number[]): FusedPart => ({
  name: 'mirror',
  module: read(text),
  enables: [],
  grid: [3, 2, 1],
  slots,
});

test('a text is taken apart into declarations', () => {
  const { declarations, bindings, builtins, size } = read(kernel(2));
  equal([...declarations.keys()], ['V', 'WG', 'FACTOR', 'out', 'x', 'tile', 'Pair', 'scaled']);
  equal(
    bindings.map(({ name }) => name),
    ['out', 'x'],
  );
  equal(builtins, ['workgroup_id', 'local_invocation_index']);
  equal(size, [32, 1, 1]);
});

test('a text that could be mistaken is not taken apart', () => {
  const change = (from: string, to: string) => readModule(kernel(2).replace(from, to));
  ok(change('scaled', 'scaled'));
  is(change('const WG', 'override WG'), undefined);
  is(change('var<storage, read> x', 'var<uniform> x'), undefined);
  is(change('@binding(1)', '@binding(2)'), undefined, 'bindings with a gap');
  is(change('fn main', 'fn other'), undefined);
  is(change('@workgroup_size(WG)', '@workgroup_size(WG % 7u)'), undefined, 'a size that nobody knows');
  is(change('local_invocation_index', 'clip_distances'), undefined, 'a builtin that nobody knows');
  const shadow = 'fn one() { let two = 1; } fn two() { one(); }';
  is(readModule(`${kernel(2)} ${shadow}`), undefined, 'a local name that equals a function');
});

test('expressions of constants have values', () => {
  const { declarations } = read(kernel(2));
  const value = (text: string) => constantValue(text.match(/\w+|\S/g) ?? [], declarations);
  is(value('2u * (WG + 1u) - 4u / 3u'), 65);
  is(value('max(WG, 5u, 40u) + 1u'), 41);
  is(value('WG + nothing'), undefined);
  is(value('WG WG'), undefined);
  is(value('(WG'), undefined);
});

test('parts share what is alike and keep what differs', () => {
  const { name, parts } = fuseProgram([part(kernel(2), [0, 1]), part(kernel(3), [2, 1]), part(kernel(2), [3, 4])]);
  const text = parts.join('\n');
  const count = (pattern: RegExp) => (text.match(pattern) ?? []).length;
  is(name, '3 x mirror');
  is(count(/alias V/g), 1);
  is(count(/const FACTOR/g), 2, 'one of each value');
  is(count(/fn scaled/g), 2, 'one for each factor');
  is(count(/fn main/g), 4, 'one for each part, and the entry point');
  is(count(/@binding\(1\)/g), 1, 'the first two read the same buffer');
  match(text, /struct Pair \{ x : V, FACTOR : u32 \}/, 'members keep their names');
  match(text, 'pair.x');
  ok(readModule(text), 'the result is a kernel');
});

test('what parts share gets no name that is local in one of them', () => {
  const rename = (text: string) => text.replaceAll('tile', 'mirror').replace(/\bx\b/g, 'image');
  const local = rename(kernel(2)).replace('let at =', 'let tile = 1u; let x = tile; let at =');
  const { parts } = fuseProgram([part(kernel(2), [0, 1]), part(local, [2, 1])]);
  const text = parts.join('\n');
  match(text, 'bound_1[at]');
  match(text, 'pool_0[thread]');
  is((text.match(/\btile\b/g) ?? []).length, 2, 'the local variable');
});

test('a binding that a part does not use stays declared', () => {
  const unused = kernel(2).replace('Pair(x[at], 1u)', 'Pair(V(1.0), 1u)');
  const { parts } = fuseProgram([part(kernel(2), [0, 1]), part(unused, [2, 3])]);
  equal(writtenBindings(parts.join('\n')), [true, false, true, false]);
});

test('parts share workgroup memory as long as the longest needs it', () => {
  const other = kernel(2, '2u * WG').replaceAll('V', 'W');
  const { parts } = fuseProgram([part(kernel(2), [0, 1]), part(other, [2, 3])]);
  const text = parts.join('\n');
  match(text, 'array<vec2<f32>, max(u32(WG), u32(2u*WG))>');
  not.match(text, 'pool_1');
});

test.run();
