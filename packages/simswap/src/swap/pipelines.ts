/**
 * @file The pipelines of weights that are given away: the published ones, and our own. Generators of the same form were
 * trained in different colour spaces, and nothing in their weights tells in which. In the wrong one they give strange
 * colours and no error. So a weight file names its pipeline, and is refused by another.
 */
import { ArgumentError } from '@visage/gpu';
import type { IdentityResize } from '../core/recipe.ts';
import type { ColorSpace } from '../networks/colorSpace.ts';
import { type GeneratorConfig, publishedGenerator } from '../networks/generator.ts';
import type { IdentityConfig } from '../networks/identity.ts';

export type PipelineName = 'released-224' | 'released-512' | 'train-2022' | 'visage-128';

/** How a generator is run. */
export interface Pipeline {
  readonly name: PipelineName;
  /** One line for tables and errors. */
  readonly about: string;
  /** Form of the generator, at its published sizes. */
  readonly generator: GeneratorConfig;
  /** Whether generators with one more level belong to it too. */
  readonly deepToo: boolean;
  /** What the generator takes and gives. */
  readonly colorSpace: ColorSpace;
  /** How source faces come to the side of the identity network. */
  readonly identityResize: IdentityResize;
  /**
   * Templates by which its faces are to be aligned: ArcFace's five poses, or that of FFHQ, which shows more around the
   * face. Users are told.
   */
  readonly alignment: 'arcface-poses' | 'ffhq';
  /** Side of the aligned faces that a generator of this form was trained on. */
  imageSize(config: GeneratorConfig): number;
}

/** The weights released in 2021 for 224 pixels. */
export const released224: Pipeline = {
  name: 'released-224',
  about: 'the 224-pixel weights of 2021: RGB in [0, 1] in and out',
  generator: publishedGenerator,
  deepToo: false,
  colorSpace: 'unit',
  identityResize: 'nearest',
  alignment: 'arcface-poses',
  imageSize: () => 224,
};

/** The beta weights for 512 pixels. */
export const released512: Pipeline = {
  name: 'released-512',
  about: 'the 512-pixel beta weights: RGB in [0, 1] in and out, FFHQ alignment',
  generator: { ...publishedGenerator, halfWidthStem: true },
  deepToo: false,
  colorSpace: 'unit',
  identityResize: 'nearest',
  alignment: 'ffhq',
  imageSize: () => 512,
};

/** What the training code of 2022 yields; its 512-pixel networks are the deep ones. */
export const trained2022: Pipeline = {
  name: 'train-2022',
  about: 'networks of the training code of 2022: ImageNet-normalised RGB in and out',
  generator: { ...publishedGenerator, head: 'linear' },
  deepToo: true,
  colorSpace: 'imagenet',
  identityResize: 'bicubic',
  alignment: 'arcface-poses',
  imageSize: ({ deep }) => (deep ? 512 : 224),
};

/** What Visage trains at 128 pixels, such as the generator that it ships. */
export const visage128: Pipeline = {
  name: 'visage-128',
  about: 'networks that Visage trained at 128 pixels: RGB in [0, 1] in and out',
  generator: publishedGenerator,
  deepToo: false,
  colorSpace: 'unit',
  identityResize: 'bicubic',
  alignment: 'arcface-poses',
  imageSize: () => 128,
};

export const pipelines: readonly Pipeline[] = [released224, released512, trained2022, visage128];

/**
 * The pipeline of a name, for instance of a file's metadata.
 *
 * @throws ArgumentError that lists the pipelines there are.
 */
export function pipelineOf(name: string): Pipeline {
  const named = pipelines.find((pipeline) => pipeline.name === name);
  if (named) return named;
  throw new ArgumentError('pipeline', 'name', `'${name}'`, pipelines.map((pipeline) => pipeline.name).join(', '));
}

/**
 * Checks that two networks are those that a pipeline runs.
 *
 * @throws ArgumentError that says what the generator was trained on and what the pipeline would feed it.
 */
export function checkPipeline(pipeline: Pipeline, generator: GeneratorConfig, identity?: IdentityConfig): void {
  const { head, halfWidthStem, deep } = pipeline.generator;
  const fits =
    generator.head === head &&
    generator.halfWidthStem === halfWidthStem &&
    (generator.deep === deep || pipeline.deepToo);
  if (!fits) {
    const got = `one with a ${generator.head} head${generator.halfWidthStem ? ', half-width stem' : ''}${generator.deep ? ', deep' : ''}`;
    const hint = `This pipeline is ${pipeline.about}; another form of generator gives wrong colours or none`;
    throw new ArgumentError(`pipeline ${pipeline.name}`, 'generator', got, `one with a ${head} head`, hint);
  }
  if (identity && (identity.kind !== 'arcface' || !identity.squeeze)) {
    const hint = 'A generator understands the latents of the network that it was trained with only';
    const expected = 'the ArcFace network with squeeze and excitation (imported as `arcface-se-ir`)';
    throw new ArgumentError(`pipeline ${pipeline.name}`, 'identity network', `an ${identity.kind}`, expected, hint);
  }
}
