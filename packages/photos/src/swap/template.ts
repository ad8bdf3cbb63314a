import { levelNames } from '@visage/faces';
import type { SafetensorsFile } from '@visage/nn';
import { readCheckpointHeader, swapPipeline } from '@visage/simswap';
import { type TemplateName, templateOfLevel, templates } from '../align/templates.ts';

/**
 * The alignment of the faces that the generator of a weight file was trained on; `undefined` where the file does not
 * say, or the data sets of the training differ.
 *
 * A published generator belongs to a pipeline: SimSwap's five poses, or FFHQ's alignment for the 512-pixel one. The
 * notes of a training checkpoint list the sources of faces, `data`, and for those on the disk `dataSets` with the
 * template of each; a source without a folder is rendered, at the level `level`. A folder of plain pictures has no
 * known alignment.
 *
 * @throws FileError when the file is no generator and no training checkpoint.
 */
export function trainedTemplate(file: SafetensorsFile): TemplateName | undefined {
  const pipeline = swapPipeline(file);
  if (pipeline) return pipeline.alignment === 'ffhq' ? 'ffhq' : 'simswap';
  const { data, dataSets, level } = (readCheckpointHeader(file).notes ?? {}) as Readonly<Record<string, unknown>>;
  const sources = recordsOf(data);
  const onDisk = recordsOf(dataSets);
  let next = 0;
  const used = new Set(
    sources.map(({ folder }) =>
      folder === null ? templateOfLevel(levelNames.find((name) => name === level)) : onDisk[next++]?.template,
    ),
  );
  const [template] = used;
  const known = used.size === 1 && typeof template === 'string' && Object.hasOwn(templates, template);
  return known ? (template as TemplateName) : undefined;
}

/** The objects of an untrusted list; none of what is no list. */
const recordsOf = (list: unknown): Readonly<Record<string, unknown>>[] =>
  Array.isArray(list) ? list.map((each) => (each ?? {}) as Readonly<Record<string, unknown>>) : [];
