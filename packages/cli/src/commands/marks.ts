import { loadFile } from '@visage/nn/node';
import { formatName, SOURCE_TYPE } from '@visage/photos';
import { type C2paMark, filmTarget, hasFilmLibraries, type Marks, readFilmMarks, readMarks } from '@visage/photos/node';
import { NO_LIBRARIES } from '../photos/film.ts';
import { openDevice } from '../terminal/device.ts';
import { UsageError } from '../terminal/failure.ts';

const sourceOf = (type: string): string =>
  type === SOURCE_TYPE ? 'a composite with what a trained model made' : (type.split('/').at(-1) ?? type);

const by = (tool: string | undefined): string => (tool === undefined ? '' : `, by ${tool}`);

function credentials({ tool, sourceTypes, signer, intact }: C2paMark): string {
  if (!intact && signer === undefined) return 'there, and cannot be read';
  const sources = sourceTypes.length === 0 ? 'no source named' : sourceTypes.map(sourceOf).join('; ');
  const state = intact ? 'nothing was changed since' : 'THE FILE WAS CHANGED SINCE';
  return `${sources}${by(tool)}; signed by ${signer}, for whom nobody vouches here; ${state}`;
}

function print(file: string, { format, width, height, xmp, c2pa, label }: Marks): void {
  console.log(`${file}: ${formatName(format)}, ${width} x ${height}\n`);
  const source = xmp && `${xmp.sourceType === undefined ? 'no source named' : sourceOf(xmp.sourceType)}${by(xmp.tool)}`;
  console.log(`${'XMP'.padEnd(26)}${source ?? 'none'}`);
  console.log(`${'content credentials'.padEnd(26)}${c2pa ? credentials(c2pa) : 'none'}`);
  console.log(`${'visible label'.padEnd(26)}${label ? 'yes, in the lower right corner' : 'none that Visage drew'}`);
  const marked = [xmp?.sourceType, ...(c2pa?.sourceTypes ?? [])].includes(SOURCE_TYPE) || label;
  console.log(
    marked
      ? '\nThis picture says that faces in it were swapped.'
      : '\nNothing in this file says that it is synthetic. That proves nothing: marks are easily removed.',
  );
}

/** Shows where a file says that its picture comes from. */
export async function showMarks(file: string, json: boolean): Promise<void> {
  if ((await filmTarget(file)) === 'film') return showFilmMarks(file, json);
  const marks = await readMarks(await loadFile(file), file);
  if (json) console.log(JSON.stringify({ file, ...marks }, null, 2));
  else print(file, marks);
}

/** As {@link showMarks}, of a film. */
async function showFilmMarks(file: string, json: boolean): Promise<void> {
  if (!hasFilmLibraries()) throw new UsageError(NO_LIBRARIES);
  await openDevice(); // converts the frame that may have a label
  const { width, height, xmp, comment, label } = await readFilmMarks(file);
  if (json) {
    console.log(JSON.stringify({ file, format: 'film', width, height, xmp, comment, label }, null, 2));
    return;
  }
  console.log(`${file}: film, ${width} x ${height}\n`);
  const source = xmp && `${xmp.sourceType === undefined ? 'no source named' : sourceOf(xmp.sourceType)}${by(xmp.tool)}`;
  console.log(`${'XMP'.padEnd(26)}${source ?? 'none'}`);
  console.log(`${'comment'.padEnd(26)}${comment ?? 'none that names a source'}`);
  console.log(`${'visible label'.padEnd(26)}${label ? 'yes, in the lower right corner' : 'none that Visage drew'}`);
  const isMarked = xmp?.sourceType === SOURCE_TYPE || comment !== undefined || label;
  console.log(
    isMarked
      ? '\nThis film says that faces in it were swapped.'
      : '\nNothing in this file says that it is synthetic. That proves nothing: marks are easily removed.',
  );
}
