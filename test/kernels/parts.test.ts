/**
 * @file A reader can tell kernels from parts of kernels, and every part of a product keeps to the interface of its
 * kind.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const files = readdirSync('kernels', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.wgsl'));
const textOf = (path: string): string => readFileSync(join('kernels', path), 'utf8');

test('a file without an entry point says in its first line that it is a part, and no other does', () => {
  assert.ok(files.length > 100);
  const wrong = files.filter((path) => textOf(path).startsWith('// Part: ') === textOf(path).includes('@compute'));
  assert.equal(wrong, []);
});

/** What the files of a folder define, by kernels/gemm/README.md. */
const INTERFACES: readonly (readonly [files: RegExp, defined: readonly RegExp[]])[] = [
  [
    /^gemm\/load\/dense/,
    [
      /alias RowA =/,
      /alias StepA =/,
      /fn rowA\(m : u32\) -> RowA/,
      /fn stepA\(k : u32\) -> StepA/,
      /fn loadA\(row : RowA, step : StepA\)/,
    ],
  ],
  [
    /^gemm\/load\/im2col/,
    [/fn pixelOf\(index : u32\) -> Pixel/, /fn tapOf\(index : u32\) -> Tap/, /fn sample\(pixel : Pixel, tap : Tap\)/],
  ],
  [/^gemm\/load\/(rows|transposed)/, [/fn loadB\(k : u32, n : u32\)/]],
  [
    /^gemm\/walk\//,
    [
      /(alias|struct) WalkA/,
      /alias AddressA =/,
      /const RUN_A =/,
      /fn walkA\(m : u32\) -> WalkA/,
      /fn neighbourA\(row : WalkA, chunks : u32, m : u32\)/,
      /fn addressA\(row : WalkA, k : u32\) -> AddressA/,
      /fn eightOfA\(\w+ : AddressA, k : u32\) -> vec4u/,
    ],
  ],
  [/^gemm\/epilogue\//, [/fn store\(split : u32, m : u32, n : u32, sums : vec4f\)/]],
];

test('loaders, walks and epilogues define the whole interface of their kind', () => {
  const parts = files.filter((path) => /^gemm\/\w+\//.test(path));
  assert.ok(parts.length >= 16);
  for (const path of parts) {
    const found = INTERFACES.filter(([which]) => which.test(path));
    assert.is(found.length, 1, `${path}: kernels/gemm/README.md says what lies there`);
    for (const defined of found[0]?.[1] ?? []) assert.match(textOf(path), defined, path);
  }
});

test.run();
