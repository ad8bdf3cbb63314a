/**
 * An identity network, trained from scratch to tell procedural people apart with ArcFace's margin, and tested on people it never saw.
 *
 *     node --import ./scripts/register.mjs examples/03-arcface-on-procedural-identities.ts
 *
 * Longer, for weights that a swapper can be trained against (minutes on a GPU):
 *
 *     node --import ./scripts/register.mjs examples/03-arcface-on-procedural-identities.ts \
 *         --size 48 --steps 20000 --batch 128 --people 20000 --out out/identity.safetensors
 *
 * A judge, which measures swaps, must share neither architecture nor people with it: add `--judge`.
 */
import { parseArgs } from 'node:util';
import { equalErrorRate, FaceSampler, faceSets, type Level, renderFaces } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { cosineSchedule, loadModule, type Module, Sgd, saveModule, seeded } from '@visage/nn';
import { loadSafetensors, saveFile } from '@visage/nn/node';
import { ArcFace, IResNet, MarginHead } from '@visage/simswap';
import { crossEntropy, grad, keep, noGrad, RandomState, record, scope, type Tensor, tensor } from '@visage/tensor';

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '100' },
    batch: { type: 'string', default: '32' },
    people: { type: 'string', default: '60' },
    size: { type: 'string', default: '48' },
    embedding: { type: 'string', default: '128' },
    judge: { type: 'boolean', default: false },
    pixels: { type: 'string', default: '0' },
    noise: { type: 'string', default: '0' },
    rate: { type: 'string', default: '0.1' },
    from: { type: 'string' },
    out: { type: 'string' },
  },
});
const [steps, batch, people, size, embedding] = [
  options.steps,
  options.batch,
  options.people,
  options.size,
  options.embedding,
].map(Number) as [number, number, number, number, number];

const noise = Number(options.noise);
// A short run sees frontal faces: pose and light take thousands of steps to see through.
const level: Level = steps < 1000 ? 'L0' : 'L1';
const pixels = Math.max(size, Number(options.pixels)); // faces are rendered at this size; the network resizes what it is given

const gpu = await startGpu({ robustness: false });
console.log(`Training on ${gpu.adapter.name}${gpu.adapter.software ? ', a software adapter' : ''}.`);

// The network maps a face to a vector; the head turns vectors into logits over the training people, by angles to their centres. The margin
// demands that a face be closer to its own person than it would need to be to win, so that people the network never saw separate as well.
const common = { width: 0.25, embedding, inputSize: size } as const;
const network = seeded(1, () =>
  options.judge
    ? new IResNet({ ...common, kind: 'iresnet', layers: [1, 1, 1, 1], squeeze: false })
    : new ArcFace({ ...common, kind: 'arcface', layers: [1, 1, 2, 1], squeeze: true }),
);
if (options.from) loadModule(network, await loadSafetensors(options.from));
const head = seeded(2, () => new MarginHead(people, embedding, { kind: 'angle', scale: 16, margin: 0.2 }));
console.log(
  `${network.constructor.name} with ${network.parameterCount} parameters, ${people} people, batches of ${batch}.`,
);

// Faces are rendered by the step itself. Only three lists of numbers go to the GPU: who, how (pose, light, hair, …), and the class.
const sampler = new FaceSampler({
  identities: people,
  firstIdentity: options.judge ? faceSets.judge : faceSets.training,
  seed: 3,
});
const random = new RandomState(4);
const numbers = () => keep(tensor(new Uint32Array(batch)));
const [identities, attributes, labels] = [numbers(), numbers(), numbers()];

const rate = cosineSchedule({ rate: Number(options.rate), warmup: Math.ceil(steps / 20), steps, floor: 1e-3 });
const parameters = [...named('network', network), ...named('head', head)];
const optimizer = new Sgd(parameters, { learningRate: rate(0), momentum: 0.9, weightDecay: 5e-4 });

function named(prefix: string, module: Module): [string, Tensor][] {
  const trained = [...module.namedParameters()].filter(([, parameter]) => parameter.requiresGrad);
  return trained.map(([name, parameter]) => [`${prefix}.${name}`, parameter]);
}

/**
 * Faces under pixel noise of a strength up to `most`, another one for each face.
 *
 * A swapper climbs the gradient of this network. Noise drowns the small patterns that fool an unprotected network, so what is left to climb
 * is what a person would call a face.
 */
function noisy(faces: Tensor, most: number): Tensor {
  const strength = random.uniform([faces.dim(0), 1, 1, 1], 0, most);
  return faces.add(random.normal(faces.shape).mul(strength));
}

// Traced once; each run() below replays its kernels on the numbers written before.
const step = record(() => {
  const clean = renderFaces({ identities, attributes, size: pixels, level });
  const faces = noise > 0 ? noisy(clean, noise) : clean;
  const loss = crossEntropy(head.forward(network.embed(faces), labels), labels);
  optimizer.step(grad(loss, optimizer.parameters));
  return loss;
});

/** Equal error rate on people that nobody trained on: how often two photos are wrongly said to show one person, or two. */
async function unseenErrorRate(): Promise<number> {
  const [count, photos] = [24, 4];
  const each = (value: (person: number, photo: number) => number) =>
    Uint32Array.from({ length: count * photos }, (_, k) => value(Math.floor(k / photos), k % photos));
  const who = each((person) => faceSets.heldOut + person);
  const how = each((person, photo) => faceSets.heldOut + person * photos + photo);
  network.eval();
  const vectors = scope(() =>
    noGrad(() => network.embed(renderFaces({ identities: who, attributes: how, size: pixels, level }))),
  );
  network.train();
  const values = await vectors.floats();
  vectors.dispose();
  return equalErrorRate({ values, size: embedding }, who).rate;
}

console.log(`Error rate on unseen people before training: ${(100 * (await unseenErrorRate())).toFixed(1)} %`);
const started = performance.now();
for (let k = 0; k < steps; k++) {
  const drawn = sampler.labelled(k, batch);
  identities.write(drawn.identities);
  attributes.write(drawn.attributes);
  labels.write(drawn.labels);
  optimizer.learningRate = rate(k);
  step.run();
  if ((k + 1) % Math.max(1, Math.floor(steps / 10)) > 0) continue;
  const loss = (await step.result.item()).toFixed(3);
  const perSecond = ((k + 1) / (performance.now() - started)) * 1000;
  const unseen = (100 * (await unseenErrorRate())).toFixed(1);
  console.log(`step ${k + 1}: loss ${loss}, error rate on unseen people ${unseen} %, ${perSecond.toFixed(1)} steps/s`);
}

if (options.out) {
  const wanted = process.argv.slice(2).filter((word, k, all) => word !== '--out' && all[k - 1] !== '--out');
  const command = `examples/03-arcface-on-procedural-identities.ts ${wanted.join(' ')}`;
  const config = network.config;
  await saveFile(
    options.out,
    await saveModule(network, { architecture: 'identity', config, storage: 'f16', metadata: { command } }),
  );
  console.log(`Weights (f16) written to ${options.out}`);
}
process.exit(); // Dawn keeps threads that would hold the process open
