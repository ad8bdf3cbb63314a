import type { SafetensorsFile } from '@visage/nn';
import { readCheckpointHeader, swapPipeline } from '@visage/simswap';
import { type TemplateName, templates } from '../align/templates.ts';

/**
 * The alignment of the faces that the generator of a weight file was trained on; `undefined` where the file does not
 * say.
 *
 * A published generator belongs to a pipeline: SimSwap's five poses, or FFHQ's alignment for the 512-pixel one. A
 * training checkpoint of `visage train` holds the template of its data set in its notes; without a data set it was
 * trained on rendered faces. A folder of plain pictures has no known alignment.
 *
 * @throws FileError when the file is no generator and no training checkpoint.
 */
export function trainedTemplate(file: SafetensorsFile): TemplateName | undefined {
  const pipeline = swapPipeline(file);
  if (pipeline) return pipeline.alignment === 'ffhq' ? 'ffhq' : 'simswap';
  const { template, folder } = (readCheckpointHeader(file).notes ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof template === 'string' && Object.hasOwn(templates, template)) return template as TemplateName;
  return folder === null && template === undefined ? 'rendered' : undefined;
}
