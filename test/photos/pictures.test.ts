/** @file Picture files that are written, and the marks of provenance in them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '@visage/gpu';
import {
  drawLabel,
  embedXmp,
  formatOfName,
  hasLabel,
  type PictureFormat,
  picture,
  pictureFormats,
  readXmp,
  SOURCE_TYPE,
  syntheticXmp,
} from '@visage/photos';
import { readMarks, readPicture, sharpCodec, writePicture } from '@visage/photos/node';
import sharp from 'sharp';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { visage } from '../cli/command.ts';

const test = suite('photos: picture files and marks');
const folder = mkdtempSync(join(tmpdir(), 'visage-pictures-'));
const at = (name: string): string => join(folder, name);
test.after(() => rmSync(folder, { recursive: true }));

const [WIDTH, HEIGHT] = [160, 96];
const FORMATS = Object.keys(pictureFormats) as PictureFormat[];

/** A smooth scene; with `clear`, its left half is half transparent. */
function scene(clear = false) {
  const data = new Uint8Array(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      data.set([40 + x, 30 + 2 * y, 200 - x, clear && x < WIDTH / 2 ? 128 : 255], 4 * (y * WIDTH + x));
  return picture(WIDTH, HEIGHT, data);
}

const farthest = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, value, k) => Math.max(most, Math.abs(value - (b[k] as number))), 0);

async function refused(work: () => Promise<unknown>, says: RegExp): Promise<void> {
  const error = await work().then(
    () => new Error('nothing was refused'),
    (cause: Error) => cause,
  );
  assert.match(error.message, says);
}

for (const format of FORMATS) {
  const { endings, alpha } = pictureFormats[format];
  test(`${format}: what is written is read again, with its marks`, async () => {
    const file = at(`plain${endings[0]}`);
    const written = await writePicture(file, scene());
    assert.is(written.format, format);
    assert.is(written.flattened, false);
    const back = await readPicture(file);
    assert.ok(farthest(back.data, scene().data) <= (format === 'png' || format === 'tiff' ? 0 : 8));
    const marks = await readMarks(readFileSync(file), file);
    assert.equal(marks.xmp, { sourceType: SOURCE_TYPE, tool: 'Visage' });
    assert.is(marks.c2pa?.intact, format === 'jpeg' || format === 'png' ? true : undefined);
    assert.is((await sharp(file).metadata()).xmpAsString, syntheticXmp, 'as another reader sees it');
  });

  test(`${format}: alpha is kept, or shown on white and said`, async () => {
    const file = at(`clear${endings[0]}`);
    const { flattened } = await writePicture(file, scene(true));
    assert.is(flattened, !alpha);
    const back = await readPicture(file);
    assert.is(back.opaque, !alpha);
    const [red = 0] = back.data.subarray(4 * 48 * WIDTH); // row 48, x = 0: 40, half transparent
    assert.ok(Math.abs(red - (alpha ? 40 : (40 * 128 + 255 * 127) / 255)) <= 8, String(red));
  });

  test(`${format}: without marks there is none, and nothing else is in the file`, async () => {
    const file = at(`bare${endings[0]}`);
    await writePicture(file, scene(), { marks: false });
    const { xmp, c2pa, label } = await readMarks(readFileSync(file), file);
    assert.equal([xmp, c2pa, label], [undefined, undefined, false]);
    const { exif, icc, iptc } = await sharp(file).metadata();
    assert.equal([exif, icc, iptc], [undefined, undefined, undefined]);
  });
}

test('a packet goes into every kind of WebP, whose size and alpha stay', async () => {
  for (const clear of [false, true]) {
    for (const lossless of [false, true]) {
      const { data } = scene(clear);
      const image = sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } });
      const bytes = await (clear ? image : image.removeAlpha()).webp({ lossless }).toBuffer();
      const marked = embedXmp(bytes, 'webp', syntheticXmp);
      const { width, height, hasAlpha, xmpAsString } = await sharp(marked).metadata();
      assert.equal([width, height, hasAlpha, xmpAsString], [WIDTH, HEIGHT, clear, syntheticXmp]);
      const [before, after] = [await sharpCodec.decode(bytes, 'a'), await sharpCodec.decode(marked, 'b')];
      assert.is(farthest(before.data, after.data), 0);
    }
  }
});

test('quality makes smaller and larger files; a lossless format refuses it', async () => {
  for (const format of FORMATS) {
    const size = async (quality: number) => (await sharpCodec.encode(scene(), format, { quality })).length;
    if (pictureFormats[format].quality === undefined) await refused(() => size(50), /`quality`.*lossless/);
    else assert.ok((await size(20)) < (await size(95)), format);
  }
  await refused(() => sharpCodec.encode(scene(), 'jpeg', { quality: 0 }), /from 1 to 100/);
  await refused(() => sharpCodec.encode(picture(16_400, 1), 'webp'), /16383, all that WebP can hold/);
});

test('the ending of a name says the format, and nothing is written under another', async () => {
  assert.equal(['a.JPG', 'b.jfif', 'c.TIF'].map(formatOfName), ['jpeg', 'jpeg', 'tiff']);
  await refused(() => writePicture(at('out.bmp'), scene()), /the ending of a file says what it holds.*\.jpg/);
  await refused(() => readPicture(at('absent.jpg')), /absent\.jpg: no such file/);
});

test('content credentials notice a changed byte, and foreign bytes are no crash', async () => {
  for (const name of ['a.jpg', 'a.png']) {
    await writePicture(at(name), scene());
    const bytes = readFileSync(at(name));
    const changed = Buffer.from(bytes);
    const text = changed.indexOf('CreatorTool="Visage"') + 13;
    changed.write('Someon', text); // in the XMP packet, which the record covers; PNG's checksum is not critical there
    assert.is((await readMarks(changed, name)).c2pa?.intact, false);
    const torn = Buffer.from(bytes);
    torn.fill(0xff, torn.indexOf('jumd') + 8, torn.indexOf('jumd') + 60);
    if (name.endsWith('.jpg')) assert.is((await readMarks(torn, name)).c2pa?.intact, false);
  }
});

test('XMP is understood as attributes and as elements, and endless packets are cut short', () => {
  const asElement = `<rdf:Description><Iptc4xmpExt:DigitalSourceType> ${SOURCE_TYPE} </Iptc4xmpExt:DigitalSourceType>`;
  assert.equal(readXmp(asElement), { sourceType: SOURCE_TYPE });
  assert.equal(readXmp("<x xmp:CreatorTool='Some Program'/>"), { tool: 'Some Program' });
  assert.is(readXmp('<x/>'), undefined);
  assert.is(readXmp(`Iptc4xmpExt:DigitalSourceType>${' '.repeat(1e6)}`), undefined);
});

test('the label is found where it was drawn, after losses too, and nowhere else', async () => {
  for (const [width, height] of [
    [64, 64],
    [224, 224],
    [640, 480],
    [1500, 2000],
  ] as const) {
    const data = Uint8Array.from({ length: width * height * 4 }, (_, k) =>
      k % 4 === 3 ? 128 : (k * 2654435761) >>> 24,
    );
    const noise = picture(width, height, data);
    assert.is(hasLabel(noise), false, `${width} x ${height}`);
    drawLabel(noise);
    assert.is(hasLabel(noise), true, `${width} x ${height}`);
    assert.is(noise.data[4 * width * height - 1], 255, 'the box is opaque');
    const lossy = await sharpCodec.encode(noise, 'jpeg', { quality: 60 });
    assert.is(hasLabel(await sharpCodec.decode(lossy, 'lossy.jpg')), true, `${width} x ${height} as JPEG`);
  }
  for (const shade of [0, 255]) assert.is(hasLabel(picture(300, 200, new Uint8Array(240_000).fill(shade))), false);
});

test('`visage doctor` of a file reads its marks back, and says when there are none', async () => {
  const labelled = scene();
  drawLabel(labelled);
  await writePicture(at('marked.jpg'), labelled);
  const { stdout } = visage('doctor', at('marked.jpg'));
  assert.match(stdout, /JPEG, 160 x 96/);
  assert.match(stdout, /XMP +a composite.*by Visage/);
  assert.match(stdout, /content credentials +a composite.*nothing was changed since/);
  assert.match(stdout, /visible label +yes/);
  await writePicture(at('unmarked.webp'), scene(), { marks: false });
  const json = JSON.parse(visage('doctor', at('unmarked.webp'), '--json').stdout);
  assert.equal(json, { file: at('unmarked.webp'), format: 'webp', width: WIDTH, height: HEIGHT, label: false });
  writeFileSync(at('text.jpg'), 'no picture');
  const { status, stderr } = visage('doctor', at('text.jpg'));
  assert.is(status, 1);
  assert.match(stderr, /text\.jpg: is a text, not a picture/);
});

test('errors of files are FileErrors', async () => {
  const error = await readPicture(folder).catch((cause: Error) => cause);
  assert.instance(error, FileError);
});

test.run();
