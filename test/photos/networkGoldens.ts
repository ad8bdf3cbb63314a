/** @file Judges what the networks say of the made-up picture by the numbers of their own runtimes. */
import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import type { BothWays, Outputs, outputsOf } from './madeUp.ts';

/** Sums and 16 values of an output, computed by TensorFlow.js 4.22.0 (wasm). */
interface Golden {
  readonly sum: number;
  readonly sumAbs: number;
  readonly index: readonly number[];
  readonly value: readonly number[];
}

const goldens = (file: string): Readonly<Record<string, Golden>> =>
  JSON.parse(readFileSync(new URL(`../golden/media/${file}`, import.meta.url), 'utf8')).nets;
const faceApi = goldens('face-api-synthetic.json');
const human = goldens('human-facemesh-blazeface.json');

/** Compares an output with its golden numbers; `tolerance` is relative to the largest golden value, and to the sums. */
function compare(name: string, values: Float32Array | undefined, golden: Golden | undefined, tolerance: number): void {
  assert.ok(golden && values, `output and golden ${name}`);
  const largest = Math.max(...golden.value.map(Math.abs));
  for (const [k, at] of golden.index.entries()) {
    const [got, expected] = [values[at] as number, golden.value[k] as number];
    assert.ok(Math.abs(got - expected) <= tolerance * largest, `${name} at ${at}: ${got}, expected ${expected}`);
  }
  const sum = values.reduce((total, value) => total + value, 0);
  assert.ok(Math.abs(sum - golden.sum) <= tolerance * golden.sumAbs, `${name}: sum ${sum}, expected ${golden.sum}`);
}

/** The golden file has BlazeFace's logits, and offsets in pixels: x, y, width, height, and six points unread here. */
function compareBlazeFace(boxes: Float32Array, scores: Float32Array): void {
  const logits = human['blazeface scores 16x16'] as Golden;
  for (const [k, at] of logits.index.entries()) {
    const expected = 1 / (1 + Math.exp(-(logits.value[k] as number)));
    assert.ok(Math.abs((scores[at] as number) - expected) < 1e-4, `score ${at}: ${scores[at]}, expected ${expected}`);
  }
  const raw = human['blazeface boxes 16x16'] as Golden;
  for (const [k, at] of raw.index.entries()) {
    const [anchor, field] = [Math.floor(at / 16), at % 16];
    if (field !== 2 && field !== 3) continue;
    const [top, left, bottom, right] = boxes.slice(4 * anchor, 4 * anchor + 4) as unknown as number[];
    const extent = field === 2 ? (right as number) - (left as number) : (bottom as number) - (top as number);
    assert.ok(Math.abs(256 * extent - (raw.value[k] as number)) < 0.05, `extent of anchor ${anchor}`);
  }
}

const judges: Readonly<Record<keyof typeof outputsOf, (outputs: Outputs) => void>> = {
  detector({ boxes, scores }) {
    compare('boxes', boxes, faceApi['ssd_mobilenetv1 512 (decoded boxes ymin,xmin,ymax,xmax)'], 1e-4);
    compare('scores', scores, faceApi['ssd_mobilenetv1 512 (scores)'], 1e-4);
  },
  recogniser: ({ descriptors }) =>
    compare('descriptor', descriptors, faceApi['face_recognition 150 (descriptor)'], 1e-4),
  mesh({ mesh, flag }) {
    compare('mesh', mesh, human['facemesh mesh'], 1e-3);
    compare('flag', flag, human['facemesh flag'], 1e-3);
  },
  blazeFace: ({ boxes, scores }) => compareBlazeFace(boxes as Float32Array, scores as Float32Array),
};

/** Throws unless a network's outputs are the golden ones, and those of the replay the same bits. */
export function checkOutputs(network: keyof typeof outputsOf, { eager, replayed }: BothWays): void {
  for (const [name, values] of Object.entries(eager)) assert.equal(replayed[name], values, `${name} of a replay`);
  judges[network](replayed);
}
