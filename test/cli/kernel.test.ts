/** @file `visage kernel` prints the text that is compiled, for every op that it knows, without a GPU. */
import { existsSync, readFileSync } from 'node:fs';
import { type Command, DESCRIBED, describedGpu, type Gpu, useGpu } from '@visage/gpu';
import * as kernels from '@visage/kernels';
import type { FloatType } from '@visage/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listing, MARK, markedText, workgroupOf } from '../../packages/cli/src/kernel/listing.ts';
import { KERNEL_OPS, type OpOptions } from '../../packages/cli/src/kernel/ops.ts';
import { fileNamed } from '../../packages/cli/src/kernel/source.ts';
import { type KernelPass, launchesOf } from '../../packages/cli/src/kernel/trace.ts';
import { visage } from './command.ts';

const MATRICES = [
  [64, 72],
  [72, 80],
];
/** Shapes of ops that want others than one image or two alike. */
const SHAPES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  conv2d: [[2, 14, 14, 64], [3, 3, 64, 32], [32]],
  convTranspose2d: [
    [2, 7, 7, 16],
    [4, 4, 8, 16],
  ],
  matmul: MATRICES,
  linear: [...MATRICES, [80]],
  prelu: [[2, 8, 8, 16], [16]],
  cosineSimilarity: [
    [4, 512],
    [4, 512],
  ],
};
const IMAGE = [2, 8, 8, 16];

function shapesOf(op: string): readonly (readonly number[])[] {
  const { tensors } = KERNEL_OPS[op] as { tensors: string };
  return SHAPES[op] ?? tensors.split(',').map(() => IMAGE);
}

/** Hears every text that the device is asked to compile. */
function heard(gpu: Gpu): ReadonlySet<string> {
  const texts = new Set<string>();
  gpu.device.createShaderModule = ({ code }) => {
    texts.add(code);
    return {} as GPUShaderModule;
  };
  return texts;
}

const unmarked = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith(MARK))
    .join('\n');

for (const [kind, description] of Object.entries(DESCRIBED))
  test(`every op on ${kind}: without its marks the listing is the text that is compiled`, async () => {
    const gpu = useGpu(describedGpu(description));
    const texts = heard(gpu);
    const types: FloatType[] = gpu.device.features.has('shader-f16') ? ['f32', 'f16'] : ['f32'];
    for (const op of Object.keys(KERNEL_OPS)) {
      // optimizers: of f32 parameters alone, and without a gradient
      const updates = KERNEL_OPS[op]?.differentiable === false;
      for (const dtype of updates ? types.slice(0, 1) : types) {
        const passes: KernelPass[] = updates ? ['forward'] : ['forward', 'inputGrad'];
        for (const pass of passes) {
          const commands = launchesOf(gpu, { op, shapes: shapesOf(op), dtype, pass, options: {} });
          if (pass === 'forward') assert.ok(commands.length > 0, op);
          for (const { pipeline, program } of commands) {
            await pipeline.prepare();
            const text = unmarked(markedText(program));
            assert.ok(texts.has(text), `${op}, ${program.name}`);
            assert.ok(workgroupOf(program).every(Number.isInteger), `${op}: ${workgroupOf(program)}`);
          }
        }
      }
    }
  });

test('every kernel text is found in its file', () => {
  for (const [name, text] of Object.entries(kernels)) {
    const path = `kernels/${fileNamed(name)}`;
    assert.ok(existsSync(path), `${name}: ${path}`);
    assert.is(readFileSync(path, 'utf8'), text, name);
  }
  const headers = Object.values(kernels).map((text) => text.split('\n', 1)[0]);
  assert.is(new Set(headers).size, headers.length, 'the first line of a file is its own');
});

const h200 = useGpu(describedGpu(DESCRIBED.h200));
const conv = (pass: KernelPass, variant?: string, options: OpOptions = { padding: 1 }, dtype: FloatType = 'f16') =>
  launchesOf(h200, {
    op: 'conv2d',
    shapes: [
      [4, 28, 28, 512],
      [3, 3, 512, 512],
    ],
    dtype,
    pass,
    variant,
    options,
  });

test('parts are marked with their files, launches with dispatch, variants and reasons', () => {
  const [product, merge] = conv('forward');
  const text = listing(product as Command, 1, 2, undefined);
  for (const file of ['gemm/load/im2col', 'gemm/walk/runs', 'gemm/load/rows', 'gemm/epilogue/store', 'gemm/matrix'])
    assert.match(text, new RegExp(`^//▸ kernels/${file}\\.wgsl`, 'm'));
  assert.match(text, /^\/\/▸ launch 1 of 2: gemm\/conv2d$/m);
  assert.match(text, /^\/\/▸ dispatch {3}\d+ x 1 x \d+ workgroups of 128 invocations$/m);
  assert.match(text, /variant {4}conv: implicit gemm for forward f16 4x28x28x512 by 3x3 to 512/);
  assert.match(text, /not winograd 4x4: too small a product to pay for the transforms in f16/);
  assert.match(text, /not direct: less preferred/);
  assert.match(text, /const CHANNELS : u32 = 512u;/);
  assert.is(merge?.pipeline.name, 'gemm/conv2dMerge');
});

test('a pass is the gradient alone, and a forced variant is what runs', () => {
  assert.ok(conv('weightGrad').every(({ pipeline }) => pipeline.name.startsWith('gemm/conv2dWeightGrad')));
  assert.ok(conv('inputGrad').every(({ pipeline }) => !/^gemm\/conv2d$/.test(pipeline.name)));
  const names = conv('forward', 'winograd 2x2', { padding: 1 }, 'f32').map(({ pipeline }) => pipeline.name);
  assert.equal(names, ['winograd/inputLine', 'winograd/weightTransform', 'gemm/winograd', 'winograd/outputTransform']);
});

test('what does not go together is refused by name', () => {
  const ask = (changes: object) =>
    launchesOf(h200, { op: 'relu', shapes: [IMAGE], dtype: 'f32', pass: 'forward', options: {}, ...changes });
  assert.throws(() => ask({ op: 'conv3d' }), /no op is called conv3d; there are conv2d, /);
  assert.throws(() => ask({ op: 'matmul' }), /matmul takes the shapes of a, b, 1 came/);
  assert.throws(() => ask({ options: { stride: 2 } }), /relu has no option stride; it takes none/);
  assert.throws(() => ask({ pass: 'weightGrad' }), /relu of one tensor has no weightGrad/);
  assert.throws(() => ask({ op: 'adam', pass: 'inputGrad' }), /adam has no gradient to print/);
  assert.throws(
    () => ask({ variant: 'telepathy' }),
    /no kernel family has a variant called telepathy; there are .*gemm: matrix/,
  );
  assert.throws(
    () => ask({ variant: 'direct' }),
    /no launch of relu is a choice that direct is part of; its families are pass/,
  );
  assert.throws(
    () => conv('forward', 'winograd 4x4', { stride: 2 }),
    /conv: winograd 4x4 cannot compute forward f16 .*for 3x3 kernels at stride 1/,
  );
});

test('the command prints it, and mistakes are one line', () => {
  const shape = ['--shape', '2x14x14x64,3x3x64,32'];
  const printed = visage('kernel', 'instanceNorm', '--shape', '4x28x28x512', '--adapter', 'default');
  assert.is(printed.status, 0, printed.stderr);
  assert.match(printed.stdout, /^\/\/▸ kernels\/norm\/registers\.wgsl, its loops written out$/m);
  assert.match(printed.stdout, /^fn main\(/m);
  const { status, stderr } = visage('kernel', 'conv2d', ...shape);
  assert.is(status, 1);
  assert.match(stderr, /^visage: conv2d: w is /);
  assert.is(stderr.split('\n').length, 1, stderr);
});

test.run();
