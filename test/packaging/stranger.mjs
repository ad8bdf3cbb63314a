// What somebody writes who installed the packages: run as JavaScript and compiled as TypeScript by pack.test.ts.
import { renderFaces } from '@visage/faces';
import { startGpu } from '@visage/gpu/node';
import { seeded } from '@visage/nn';
import { Generator, IResNet, publishedGenerator, Swapper } from '@visage/simswap';

await startGpu();

const networks = seeded(1, () => ({
  generator: new Generator({ ...publishedGenerator, width: 1 / 16, blocks: 1, latent: 16 }),
  identity: new IResNet({
    kind: 'iresnet',
    layers: [1, 1, 1, 1],
    width: 1 / 16,
    embedding: 16,
    inputSize: 48,
    squeeze: false,
  }),
}));

// Puts person 2 into the picture of person 1.
const attributes = new Uint32Array([7]);
const target = renderFaces({ identities: new Uint32Array([1]), attributes, size: 48 });
const source = renderFaces({ identities: new Uint32Array([2]), attributes, size: 48 });
const swapper = new Swapper(networks);
const result = swapper.swapImages(target, source);
const values = await result.floats();
if (result.shape.join() !== '1,48,48,3') throw new Error(`a swap of shape ${result.shape}`);
if (Math.min(...values) < 0 || Math.max(...values) > 1) throw new Error('a swap outside [0, 1]');
console.log('all right');
