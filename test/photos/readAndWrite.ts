/**
 * @file A process that reads a picture and writes it anew, then prints the largest resident memory that each took over
 * what the process had before, in bytes. One picture a process: the system remembers the largest value of all time.
 */
import { readPicture, sharpCodec, writePicture } from '@visage/photos/node';

const [from, to] = process.argv.slice(2) as [string, string];
const peak = (): number => process.resourceUsage().maxRSS * 1024;
await sharpCodec.encode({ width: 1, height: 1, data: new Uint8Array(4), opaque: false }, 'png'); // loads the libraries
const before = peak();
const picture = await readPicture(from);
const read = peak() - before;
await writePicture(to, picture);
console.log(JSON.stringify({ pixels: picture.width * picture.height, read, written: peak() - before }));
