/** @file What the likeness loss is for: people of whom nothing was learned lie as far apart as their shapes do. */
import { rankCorrelation } from '@visage/faces';
import { seeded } from '@visage/nn';
import { ArcFace, IdentityTask, type LabelledData, type MarginStage, ReaderTrainer } from '@visage/simswap';
import { noGrad, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test } = await gpuSuite('learned likeness');

const [SIZE, BATCH, PEOPLE, UNSEEN, STEPS] = [32, 12, 48, 24, 50];
const traits = hostRandom(11).normals(6 * (PEOPLE + UNSEEN), 0.15, 0.5);
/** Six numbers of a person, of which the first three are the shape and the others as good a mark of the person. */
const traitsOf = (person: number): Float32Array => traits.subarray(6 * person, 6 * person + 6);
const shapesOf = (first: number, count: number): Float32Array =>
  Float32Array.from({ length: 3 * count }, (_, k) => traitsOf(first + Math.floor(k / 3))[k % 3] as number);

/** Pictures whose upper half has the colour of the shape and whose lower half that of the other mark, with noise. */
function picturesOf(people: readonly number[], random = hostRandom(people.length)): Float32Array {
  const each = SIZE * SIZE * 3;
  return Float32Array.from({ length: people.length * each }, (_, k) => {
    const half = k % each < each / 2 ? 0 : 3;
    return (
      (traitsOf(people[Math.floor(k / each)] as number)[half + (k % 3)] as number) + 0.1 * (random.uniform() - 0.5)
    );
  });
}

function source(): LabelledData {
  const images = tensor(new Float32Array(BATCH * SIZE * SIZE * 3), [BATCH, SIZE, SIZE, 3]);
  const labels = tensor(new Uint32Array(BATCH), [BATCH]);
  return {
    ...{ batchSize: BATCH, imageSize: SIZE },
    batch: () => ({ images, labels }),
    load(step) {
      const random = hostRandom(1000 + step);
      const people = Array.from({ length: BATCH }, () => Math.floor(PEOPLE * random.uniform()));
      images.write(picturesOf(people, random));
      labels.write(Uint32Array.from(people));
    },
    dispose() {
      images.dispose();
      labels.dispose();
    },
  };
}

/** Distances of all pairs of rows. */
function distances(rows: Float32Array, size: number): number[] {
  const count = rows.length / size;
  const between = (i: number, j: number): number =>
    Math.hypot(
      ...Array.from({ length: size }, (_, k) => (rows[i * size + k] as number) - (rows[j * size + k] as number)),
    );
  return Array.from({ length: count }, (_, i) => Array.from({ length: i }, (_, j) => between(i, j))).flat();
}

/** The rank correlation of embeddings' distances with shapes' distances over unseen people, after a training. */
async function agreementAfter(likeness: number): Promise<number> {
  const network = seeded(1, () => {
    const sizes = { width: 1 / 16, embedding: 16, inputSize: SIZE, squeeze: true };
    return new ArcFace({ kind: 'arcface', layers: [1, 1, 1, 1], ...sizes });
  });
  const task = new IdentityTask(network, PEOPLE, 1, 'angle', { values: shapesOf(0, PEOPLE), size: 3 });
  const stage: MarginStage = {
    ...{ steps: STEPS, batchSize: BATCH, learningRate: 0.05, warmup: 0.1, floor: 0.01 },
    ...{ margin: 0.1, scale: 8, attack: 0, attackGrowth: 0, blurs: 0, likeness },
  };
  const trainer = new ReaderTrainer({ task, stages: [stage], data: source, readEvery: STEPS });
  await trainer.run({ until: STEPS });
  network.eval();
  const unseen = Array.from({ length: UNSEEN }, (_, k) => PEOPLE + k);
  const images = tensor(picturesOf(unseen), [UNSEEN, SIZE, SIZE, 3]);
  const rows = await noGrad(() => network.latent(images)).floats();
  trainer.dispose();
  for (const module of Object.values(task.modules)) module.dispose();
  return rankCorrelation(distances(rows, 16), distances(shapesOf(PEOPLE, UNSEEN), 3));
}

test('with the likeness loss unseen people lie as far apart as their shapes do, without it less so', async () => {
  const [plain, taught] = [await agreementAfter(0), await agreementAfter(10)]; // 0.27 and 0.69
  assert.ok(taught > plain + 0.2, `${plain} without, ${taught} with it`);
});
test.run();
