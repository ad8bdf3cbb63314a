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
  const [rendered, set] = [
    { folder: null, weight: 1 },
    { folder: '/set', weight: 1 },
  ];
  for (const [notes, template] of [
    [{ data: [rendered] }, 'rendered'],
    [{ data: [set], dataSets: [{ template: 'ffhq' }] }, 'ffhq'],
    [{ data: [set, set], dataSets: [{ template: 'ffhq' }, { template: 'ffhq' }] }, 'ffhq'],
    [{ data: [rendered, set], dataSets: [{ template: 'rendered' }] }, 'rendered'],
    [{ data: [rendered, set], dataSets: [{ template: 'ffhq' }] }, undefined],
    [{ data: [set], dataSets: [{}] }, undefined],
    [{ data: [set], dataSets: [{ template: 'toString' }] }, undefined],
    [{ data: [null], dataSets: 3 }, undefined],
    [null, undefined],
  ] as const)
    assert.is(trainedTemplate(readSafetensors(await trainer.checkpoint(notes))), template);
});

test.run();
