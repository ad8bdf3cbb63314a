/**
 * A feature network for the projected discriminator, for those without an ImageNet file: EfficientNet-lite0, trained
 * from scratch to tell procedural people apart.
 *
 *     node --import ./scripts/register.mjs examples/10-efficientnet-features.ts
 *
 * By default a minute or so on a software adapter, with a narrow network: it only shows that it learns. For features
 * worth looking through (minutes on a GPU), and a swapper trained by SimSwap's code of 2022 against them:
 *
 *     node --import ./scripts/register.mjs examples/10-efficientnet-features.ts \
 *         --width 1 --size 128 --steps 6000 --batch 64 --people 2000 --out out/features.safetensors
 *     npm run visage -- train --preset small --recipe train-2022 --features out/features.safetensors
 *
 * Whoever has the published ImageNet weights imports them instead: `visage import FILE --as efficientnet-lite0`.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { faceSets } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { type Module, saveModule, seeded } from '@visage/nn';
import { saveFile } from '@visage/nn/node';
import {
  changeFaces,
  EfficientNetClassifier,
  embedPhotos,
  type FaceChanges,
  fromUnit,
  inPrecision,
  type LabelledPictures,
  type Precision,
  ProceduralLabels,
  type ReaderStage,
  type ReaderTask,
  ReaderTrainer,
} from '@visage/simswap';
import { crossEntropy, type Tensor } from '@visage/tensor';

const { values: options } = parseArgs({
  options: {
    width: { type: 'string', default: '0.25' },
    size: { type: 'string', default: '64' },
    steps: { type: 'string', default: '60' },
    batch: { type: 'string', default: '16' },
    people: { type: 'string', default: '6' },
    rate: { type: 'string', default: '0.05' },
    out: { type: 'string' },
  },
});
const [width, imageSize, steps, batchSize, people] = [
  options.width,
  options.size,
  options.steps,
  options.batch,
  options.people,
].map(Number) as [number, number, number, number, number];
// A short run sees frontal faces: pose and light take thousands of steps to see through.
const level = steps < 1000 ? 'L0' : 'L1';

const gpu = await startGpu({ robustness: false });
console.log(`Training on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);

// Sixteen blocks of depthwise and pointwise convolutions, then a classifier. The discriminator will look at the maps
// behind blocks 3, 5, 11 and 16, and only at those: what the classifier makes of them matters no more once it has
// taught them to see faces.
const config = { width, classes: people };
const network = seeded(1, () => new EfficientNetClassifier(config));
console.log(`EfficientNet-lite0 at width ${width}: ${network.parameterCount} parameters, ${people} people.`);

/**
 * What the network learns: which of the people a face shows. The library has tasks for identities, maps of classes and
 * points; anything else that is read off a face is a task of one's own, and the trainer does the rest.
 */
class PersonTask implements ReaderTask {
  readonly margins = false;
  readonly network = network;
  readonly modules: Readonly<Record<string, Module>> = { network };

  twin(): EfficientNetClassifier {
    return new EfficientNetClassifier(config);
  }

  changed({ images, labels }: LabelledPictures, changes: FaceChanges, rows: Tensor): LabelledPictures {
    return { images: changeFaces(images, changes, rows), labels };
  }

  loss({ images, labels }: LabelledPictures, _: ReaderStage, precision: Precision): Tensor {
    const logits = inPrecision(precision, () => network.forward(fromUnit(images, 'imagenet')));
    return crossEntropy(logits, labels);
  }

  // Nothing changes from step to step, and there is no state beside the network's.
  prepare(): void {}
  state(): Record<string, never> {
    return {};
  }
  dispose(): void {}
}

const trainer = new ReaderTrainer({
  task: new PersonTask(),
  stages: [{ steps, batchSize, learningRate: Number(options.rate), warmup: 0.05, floor: 0.02 }],
  data: () => new ProceduralLabels({ people, level, imageSize, batchSize, seed: 3 }),
});
const shownEvery = Math.max(1, Math.floor(steps / 10));
await trainer.run({
  until: steps,
  onStep({ step, loss }) {
    if (step % shownEvery === 0) console.log(`step ${step}: cross entropy ${loss.toFixed(3)}`);
  },
});

// New photos of the people it learned, in poses and lights that it did not see.
network.eval();
const { training: firstIdentity, heldOut: firstAttributes } = faceSets;
const photos = { people: Math.min(people, 100), photos: 4, firstIdentity, firstAttributes, level, imageSize } as const;
const { values, labels } = await embedPhotos(photos, (faces) => network.forward(fromUnit(faces, 'imagenet')));
const right = labels.filter((label, row) => {
  const logits = values.subarray(row * people, (row + 1) * people);
  return logits.indexOf(Math.max(...logits)) === label;
});
const share = ((100 * right.length) / labels.length).toFixed(1);
console.log(`Right about ${share} % of ${labels.length} photos; chance is ${(100 / people).toFixed(1)} %`);

if (options.out) {
  await mkdir(dirname(options.out), { recursive: true });
  await saveFile(
    options.out,
    await saveModule(network, { architecture: 'efficientnet-lite0', config, storage: 'f16' }),
  );
  console.log(`Weights (f16) written to ${options.out}`);
}
process.exit(); // Dawn keeps threads that would hold the process open
