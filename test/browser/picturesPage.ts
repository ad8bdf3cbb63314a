/** @file What runs inside the browser: pictures, decoded as a page decodes what a user chose. */
import { pictureOfBlob } from '@visage/photos';
import { fileOf } from './served.ts';

/** Decodes files of pictures that lie beside the page: their pixels as lists that leave it, or what the error says. */
const decoded = (names: readonly string[]) =>
  Promise.all(
    names.map(async (name) =>
      pictureOfBlob(await fileOf(name)).then(
        ({ width, height, data }) => ({ width, height, data: [...data] }),
        ({ name: error, message }: Error) => ({ error, message }),
      ),
    ),
  );

const checks = { decoded };

declare global {
  var visagePictures: typeof checks;
}
globalThis.visagePictures = checks;
