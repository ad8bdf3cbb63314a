/** @file The versions of the product, slowest idea first, and what it takes to run and to check one. */
import { bind, buffer, kernel, type Launch, nameOf, read, submit } from '../device.ts';
import naive from './1-naive.wgsl';
import registers from './2-registers.wgsl';
import tile from './3-tile.wgsl';
import tileAndRegisters from './4-tile-and-registers.wgsl';
import staged from './5-staged.wgsl';
import matrices from './6-matrices.wgsl';
import matricesStaged from './7-matrices-staged.wgsl';

/** One version. */
export interface Rung {
  readonly name: string;
  readonly code: string;
  /** Rows and columns of C that one workgroup computes. */
  readonly tile: readonly [number, number];
  /** What M, N and K must be multiples of, so that this version needs no edges. */
  readonly multiple: number;
  /** Operands in f16 on subgroup matrices. */
  readonly half: boolean;
  /** Operations (a multiplication and an addition are two) for each byte that a workgroup reads from memory. */
  readonly intensity: number;
}

export const rungs: readonly Rung[] = [
  { name: 'naive', code: naive, tile: [16, 16], multiple: 16, half: false, intensity: 0.25 },
  { name: 'registers', code: registers, tile: [16, 64], multiple: 64, half: false, intensity: 1 },
  { name: 'tile', code: tile, tile: [16, 16], multiple: 16, half: false, intensity: 4 },
  {
    name: 'tile and registers',
    code: tileAndRegisters,
    tile: [64, 128],
    multiple: 128,
    half: false,
    intensity: 64 / 3,
  },
  { name: 'staged', code: staged, tile: [64, 128], multiple: 128, half: false, intensity: 64 / 3 },
  { name: 'matrices', code: matrices, tile: [64, 64], multiple: 64, half: true, intensity: 16 },
  { name: 'matrices, staged', code: matricesStaged, tile: [128, 128], multiple: 128, half: true, intensity: 64 },
];

/** Can a device run a version? `true`, or the reason why not. */
export function supports({ half }: Rung, device: GPUDevice): true | string {
  if (!half) return true;
  const missing = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'].find(
    (name) => !device.features.has(name),
  );
  if (missing) return `needs the feature ${missing}`;
  if (nameOf(device).software) return 'needs matrix units, which a software adapter does not have';
  const { subgroupMinSize, subgroupMaxSize } = device.adapterInfo;
  return (subgroupMinSize === 32 && subgroupMaxSize === 32) || 'needs subgroups of 32 threads';
}

/** The value of an operand at a place: a multiple of 1/8 between −1 and 1, which f16 has exactly. */
const valueAt = (at: number, seed: number): number => (((at * 7919 + seed) % 977) % 17) / 8 - 1;

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of a number that f16 has exactly. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  single[0] = value;
  const bits = singleBits[0] as number;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15; // the two types differ in the offset of the exponent
  return ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

function operand(device: GPUDevice, size: number, seed: number, half: boolean): GPUBuffer {
  const values = half ? new Uint16Array(size) : new Float32Array(size);
  for (let at = 0; at < size; at++) values[at] = half ? halfBits(valueAt(at, seed)) : valueAt(at, seed);
  return buffer(device, values);
}

/** A version ready to run on a square product. */
export interface Prepared {
  readonly launch: Launch;
  /** Runs it, and returns the largest error of some values of C, compared with sums in float64. */
  check(): Promise<number>;
  destroy(): void;
}

/** Prepares the product of two matrices of `side` x `side`. */
export async function prepare(device: GPUDevice, rung: Rung, side: number): Promise<Prepared> {
  if (side % rung.multiple !== 0)
    throw new Error(`${rung.name}: expected a side that is a multiple of ${rung.multiple}, got ${side}`);
  const [a, b] = [1, 2].map((seed) => operand(device, side ** 2, seed, rung.half)) as [GPUBuffer, GPUBuffer];
  const c = buffer(device, 4 * side ** 2);
  const pipeline = await kernel(device, rung.code, { M: side, N: side, K: side });
  const [rows, columns] = rung.tile;
  const launch = bind(device, pipeline, [c, a, b], side / columns, side / rows);
  return {
    launch,
    async check() {
      submit(device, [launch]);
      const found = await read(device, c);
      let worst = 0;
      for (let at = 0; at < side ** 2; at += 1 + Math.floor(side ** 2 / 997)) {
        const [row, column] = [Math.floor(at / side), at % side];
        let exact = 0;
        for (let k = 0; k < side; k++) exact += valueAt(row * side + k, 1) * valueAt(k * side + column, 2);
        worst = Math.max(worst, Math.abs((found[at] as number) - exact));
      }
      return worst;
    },
    destroy: () => [a, b, c].forEach((each) => void each.destroy()),
  };
}
