import { readSafetensors, saveModule } from '@visage/nn';
import { trainedTemplate } from '@visage/photos';
import { Generator, type PipelineName, publishedGenerator } from '@visage/simswap';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { tinyTrainer } from '../helpers/tinySwapper.ts';

const { test } = await gpuSuite('the alignment of a weight file');

test('a published generator has the alignment of its pipeline', async () => {
  const generator = new Generator({ ...publishedGenerator, width: 1 / 64, blocks: 1 });
  const fileOf = async (pipeline: PipelineName) => {
    const { config } = generator;
    const options = { architecture: 'simswap-generator', config, metadata: { pipeline } };
    return readSafetensors(await saveModule(generator, options));
  };
  for (const [pipeline, template] of [
    ['released-224', 'simswap'],
    ['released-512', 'ffhq'],
    ['train-2022', 'simswap'],
  ] as const)
    assert.is(trainedTemplate(await fileOf(pipeline)), template);
  generator.dispose();
});

test('a training checkpoint has that of its data set, or of rendered faces; of other folders it is not known', async () => {
  const trainer = tinyTrainer();
  for (const [notes, template] of [
    [{ folder: null }, 'rendered'],
    [{ folder: '/set', template: 'ffhq' }, 'ffhq'],
    [{ folder: '/pictures' }, undefined],
    [{ folder: null, template: 'toString' }, undefined],
    [null, undefined],
  ] as const)
    assert.is(trainedTemplate(readSafetensors(await trainer.checkpoint(notes))), template);
});

test.run();
